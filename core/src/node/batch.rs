//! Gathering: what goes to a neighbour soon after the last message to it waits, and goes in one.

use super::{Conn, Node};
use crate::link::Held;
use crate::outbox::{Outbox, Output};
use crate::time::{Instant, Now};

/// What a greeting begins with: it opens the link, and goes alone.
const GREETING: &[u8] = b"HERD ";

impl Node {
    /// Takes what was written to neighbours since `start` out again, and lets go what has waited long
    /// enough.
    pub(super) fn gather(&mut self, now: Now, start: usize, out: &mut Outbox) {
        let wait = self.policy.batch;
        if wait == 0 {
            return;
        }
        let Self { conns, links, .. } = self;
        let mut written = false;
        out.retain_from(start, |output, bytes| {
            let Output::Write { conn, bytes: span } = *output else { return true };
            let entry = conns.get(conn.index()).copied().flatten();
            let Some(Conn::Live { peer, .. }) = entry else { return true };
            let message = &bytes[span.range()];
            let Some(session) = links[peer.index()].live_mut() else { return true };
            if message.starts_with(GREETING) {
                return true;
            }
            written = true;
            session.held.get_or_insert_default().bytes.extend_from_slice(message);
            false
        });
        if written || self.spreading.batch_at.is_some_and(|at| at <= now.mono) {
            self.let_go(now.mono, wait, out);
        }
    }

    fn let_go(&mut self, now: Instant, wait: u64, out: &mut Outbox) {
        let mut next: Option<Instant> = None;
        for link in &mut self.links {
            let Some(session) = link.live_mut() else { continue };
            let conn = session.conn;
            let Some(held) = session.held.as_deref_mut() else { continue };
            let Held { bytes, last } = held;
            if bytes.is_empty() {
                continue;
            }
            let due = last.map_or(now, |last| last.plus(wait));
            if due <= now {
                let message = out.put(|all| all.append(bytes));
                out.write(conn, message);
                *last = Some(now);
            } else {
                next = Some(next.map_or(due, |before| before.min(due)));
            }
        }
        self.spreading.batch_at = next;
    }
}
