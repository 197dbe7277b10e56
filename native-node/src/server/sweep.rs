//! Looking over the connections now and then: who takes nothing, says nothing, or lingers.

use std::time::Duration;

use herd_core::Instant;
use herd_core::time::{MILLISECOND, SECOND};

use super::Server;
use super::conn::Stage;
use super::gate::Refusal;

/// How often stuck and lingering connections are looked for.
const SWEEP: u64 = 250 * MILLISECOND;
/// After how long a link over which nothing passes one way is lost, as TCP gives it up.
const BARRED: Duration = Duration::from_secs(5);
/// How often those that say nothing are.
const SWEEP_QUIET: u64 = SECOND;

impl Server {
    pub(super) fn sweep_soon(&mut self) {
        self.sweep_at_latest(SWEEP);
    }

    /// For those that may say nothing for long, but not for ever.
    pub(super) fn sweep_later(&mut self) {
        self.sweep_at_latest(SWEEP_QUIET);
    }

    fn sweep_at_latest(&mut self, within: u64) {
        let at = self.now.mono.plus(within);
        self.sweep_at = Some(self.sweep_at.map_or(at, |before| before.min(at)));
    }

    /// Closes what lingers too long, and hangs up on whom nothing can be written to and who says
    /// nothing.
    pub(super) fn sweep(&mut self) {
        let now = self.now.mono;
        let limits = self.settings.limits;
        let over = |since: Instant, patience: Duration| {
            let ns = u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX);
            ns > 0 && since.plus(ns) <= now
        };
        let (mut gone, mut stuck, mut quiet) = (Vec::new(), Vec::new(), Vec::new());
        let mut barred = Vec::new();
        let (mut again, mut later) = (false, false);
        for (id, conn) in self.conns.iter_mut() {
            later |= conn.guest.is_some();
            if let Some((_, since)) = conn.bar {
                again = true;
                if over(since, BARRED) {
                    barred.push(id);
                    continue;
                }
            }
            match (conn.stage, conn.stuck_since) {
                (Stage::Lingering(until), _) if until <= now => gone.push(id),
                (_, Some(since)) if over(since, limits.stuck) => stuck.push(id),
                (Stage::Lingering(_), _) | (_, Some(_)) => again = true,
                (Stage::Open, None) if conn.guest.is_some() && conn.link.is_none() => {
                    // What the node has not answered yet is not the client's fault.
                    if conn.paused || conn.is_held() {
                        continue;
                    }
                    if conn.half_since.is_some_and(|since| over(since, limits.half_line)) {
                        quiet.push((id, Refusal::HalfLine));
                    } else if over(conn.active, limits.idle) {
                        quiet.push((id, Refusal::Idle));
                    }
                }
                (Stage::Open | Stage::Leaving, None) => {}
            }
        }
        for id in gone {
            self.close(id, "closed");
        }
        for id in barred {
            self.close(id, "lost: it is cut by hand one way");
        }
        for id in stuck {
            self.close(id, "hung up on: it takes nothing of what is written to it");
        }
        for (id, why) in quiet {
            self.refuse(id, why);
        }
        self.catch_up();
        if again {
            self.sweep_soon();
        } else if later {
            self.sweep_later();
        }
    }

    /// So much waits for clients that memory could run out: whoever has the most waiting is hung
    /// up on, until it is little enough.
    pub(super) fn relieve(&mut self) {
        while self.waiting > self.settings.limits.waiting {
            let most = self.conns.iter_mut().max_by_key(|(_, conn)| conn.counted);
            let Some((id, _)) = most.filter(|(_, conn)| conn.counted > 0) else { return };
            self.close(id, "hung up on: too much waits for clients, and most of it for this one");
        }
    }
}
