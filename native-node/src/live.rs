//! What happens at a server, for those who watch it live: sampled, bounded, and never waited for.
//!
//! The server's task notes what happens in a ring that forgets. Who watches reads on from where it was,
//! as often as it likes, and is told how much it has missed: a slow one costs the server nothing. While
//! nobody watches, something that happens costs one look at a number.
//!
//! - [`sample`]: which updates are noted. The same ones on all servers, so that one can be followed.
//! - [`Sight`]: how a server stands, for those who ask.

mod sample;
mod sight;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use herd_core::outbox::LinkEnd;
use herd_core::{Event, Now, Outbox, PeerId, Wall};

use self::sample::{Sampler, draw};
pub use self::sight::Cut;
pub(crate) use self::sight::{Feeder, Feeds, LinkNow, LinkSight, Look, Sight};

/// Notes that are kept for who reads late: three seconds of the most that is noted.
const NOTES_MAX: usize = 1024;
/// Updates that the servers of a process note together in a tenth of a second: more than an eye can
/// follow, and what a page can draw.
const NOTED_TOGETHER: u32 = 160;
/// Updates that one server notes in a tenth of a second, at least and at most.
const NOTED: (u32, u32) = (4, 32);

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Note {
    /// When, by the server's wall clock.
    pub(crate) at: Wall,
    /// What.
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum What {
    /// A client's update was taken: its `AT` line.
    Taken(Box<[u8]>),
    /// A neighbour's record was news.
    Learned {
        /// From whom, where that is known.
        peer: Option<PeerId>,
        /// Whether it was sent as repair.
        repair: bool,
        /// Its `AT` line.
        line: Box<[u8]>,
    },
    /// A neighbour's record was known already.
    Again(Option<PeerId>),
    /// A neighbour can be spoken to.
    Up(PeerId),
    /// A neighbour cannot be spoken to any more.
    Down(PeerId, LinkEnd),
}

/// What is noted of one life of a server.
#[derive(Debug)]
pub(crate) struct Feed {
    watchers: AtomicUsize,
    notes: Mutex<Notes>,
}

#[derive(Debug)]
struct Notes {
    kept: VecDeque<Arc<Note>>,
    /// The number of the next one, from 0.
    next: u64,
    /// Updates that were news: which of them are noted.
    news: Sampler,
    /// Those that were known already.
    again: Sampler,
}

/// What a watcher has not seen yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The oldest first.
    pub(crate) notes: Vec<Arc<Note>>,
    /// How many came between, and are forgotten.
    pub(crate) missed: u64,
    /// Updates that were news since anybody watches, and how many of them were noted.
    pub(crate) news: (u64, u64),
    /// The same of those that were known already.
    pub(crate) again: (u64, u64),
}

/// News and what was known already: how many there were, and how many of them were noted.
pub(crate) type Counted = ((u64, u64), (u64, u64));

impl Told {
    /// What there was, and what was noted of it.
    pub(crate) const fn counted(&self) -> Counted {
        (self.news, self.again)
    }
}

impl Feed {
    /// That of one of so many servers in a process.
    pub(crate) fn among(servers: usize) -> Self {
        let servers = u32::try_from(servers).unwrap_or(u32::MAX).max(1);
        let most = (NOTED_TOGETHER / servers).clamp(NOTED.0, NOTED.1);
        let notes = Notes {
            kept: VecDeque::new(),
            next: 0,
            news: Sampler::new(most),
            again: Sampler::new(most),
        };
        Self { watchers: AtomicUsize::new(0), notes: Mutex::new(notes) }
    }

    /// Begins to watch: what happens from now on.
    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        self.watchers.fetch_add(1, Ordering::Relaxed);
        let next = self.lock().next;
        Watch { feed: Arc::clone(self), next }
    }

    /// Notes what the node tells, if anybody watches; spans lie in `out`.
    pub(crate) fn event(&self, now: Now, event: &Event, out: &Outbox) {
        if self.watchers.load(Ordering::Relaxed) == 0 {
            return;
        }
        let what = match *event {
            Event::Accepted { line, .. } => return self.news(now, out.bytes(line), What::Taken),
            Event::Learned { peer, repair, line, .. } => {
                let learned = |line| What::Learned { peer, repair, line };
                return self.news(now, out.bytes(line), learned);
            }
            Event::Known { peer, .. } => {
                let mut notes = self.lock();
                let drawn = draw(&notes.again.seen().to_le_bytes());
                if notes.again.keeps(now.mono, drawn) {
                    notes.add(now, What::Again(peer));
                }
                return;
            }
            Event::LinkUp { peer, .. } => What::Up(peer),
            Event::LinkDown { peer, why } => What::Down(peer, why),
            Event::Adopted { .. }
            | Event::CaughtUp { .. }
            | Event::Confirmed { .. }
            | Event::Deferred { .. }
            | Event::Damaged { .. }
            | Event::Diverged { .. }
            | Event::Dropped { .. }
            | Event::Expired { .. }
            | Event::Forgotten { .. }
            | Event::Full { .. }
            | Event::GreetingRefused { .. }
            | Event::Lagging { .. }
            | Event::LookupEnded { .. }
            | Event::Orphaned { .. }
            | Event::Outdated { .. }
            | Event::Poisoned { .. }
            | Event::Pruned { .. }
            | Event::Refused { .. }
            | Event::Renewed { .. }
            | Event::Repaired { .. }
            | Event::RepairSent { .. }
            | Event::Unconfirmed { .. } => return,
        };
        self.lock().add(now, what);
    }

    fn news(&self, now: Now, line: &[u8], what: impl FnOnce(Box<[u8]>) -> What) {
        let drawn = draw(line);
        let mut notes = self.lock();
        if notes.news.keeps(now.mono, drawn) {
            notes.add(now, what(line.into()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        // Nothing is half done under the lock.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    fn add(&mut self, now: Now, what: What) {
        if self.kept.len() == NOTES_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(Arc::new(Note { at: now.wall, what }));
        self.next += 1;
    }
}

/// Somebody who watches a server, until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    feed: Arc<Feed>,
    next: u64,
}

impl Watch {
    /// Whether it is this that is watched.
    pub(crate) fn is_of(&self, feed: &Arc<Feed>) -> bool {
        Arc::ptr_eq(&self.feed, feed)
    }

    /// What was noted since this was last asked.
    pub(crate) fn take(&mut self) -> Told {
        let notes = self.feed.lock();
        let oldest = notes.next - notes.kept.len() as u64;
        let from = self.next.max(oldest);
        let skipped = usize::try_from(from - oldest).unwrap_or(usize::MAX);
        let told = Told {
            notes: notes.kept.iter().skip(skipped).cloned().collect(),
            missed: from - self.next,
            news: notes.news.counted(),
            again: notes.again.counted(),
        };
        self.next = notes.next;
        told
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.feed.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}
