//! What a server does by itself, and when.

use super::{Node, Timer};
use crate::id::PeerId;
use crate::link::Dial;
use crate::time::Instant;

impl Node {
    /// When [`Input::Wake`](super::Input::Wake) is to be said, and what for.
    #[must_use]
    pub fn next_deadline(&self) -> Option<(Instant, Timer)> {
        // Asked after everything that happens: no iterator here.
        let mut next = self.deadline;
        for (at, timer) in self.timers() {
            if let Some(at) = at
                && next.is_none_or(|(before, _)| at < before)
            {
                next = Some((at, timer));
            }
        }
        next
    }

    /// All that it will do by itself, when, and what for: of lookups the first to be given up. In no
    /// order.
    pub fn deadlines(&self) -> impl Iterator<Item = (Instant, Timer)> {
        let timers = self.timers().into_iter().filter_map(|(at, timer)| Some((at?, timer)));
        timers.chain(self.waits())
    }

    const fn timers(&self) -> [(Option<Instant>, Timer); 4] {
        [
            (self.spreading.batch_at, Timer::Batch),
            (self.digests.at, Timer::Digest),
            (self.pull_at, Timer::Pull),
            (self.spreading.at, Timer::Spread),
        ]
    }

    pub(super) fn earliest(&self) -> Option<(Instant, Timer)> {
        self.waits().min_by_key(|(at, _)| *at)
    }

    /// When links and lookups have waited long enough.
    fn waits(&self) -> impl Iterator<Item = (Instant, Timer)> {
        let links =
            (0_u16..).map(PeerId).zip(&self.links).filter_map(|(peer, link)| match link.dial() {
                Dial::Connecting | Dial::Idle => None,
                Dial::Greeting(_, at) => Some((at, Timer::Greeting(peer))),
                Dial::Waiting(at) => Some((at, Timer::Redial(peer))),
            });
        let lookup = self.lookups.next_deadline().map(|(at, id)| (at, Timer::Lookup(id)));
        links.chain(lookup)
    }
}
