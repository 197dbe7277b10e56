//! The only file that reads clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use herd_core::{Now, Wall, time};

/// Both clocks of this machine. The monotonic one counts from when the clock was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    zero: Instant,
    /// How far the wall clock is made to be ahead, ns.
    ahead: i64,
}

impl Clock {
    /// A clock whose monotonic side is at 0.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the file that may")]
    pub fn start() -> Self {
        Self { zero: Instant::now(), ahead: 0 }
    }

    /// The same with a wall clock that is so many nanoseconds ahead: what a server makes of a wrong
    /// clock can be seen without setting the machine's.
    #[must_use]
    pub const fn off_by(self, ahead: i64) -> Self {
        Self { ahead, ..self }
    }

    /// Both readings.
    #[must_use]
    pub fn now(self) -> Now {
        let mono = u64::try_from(self.zero.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Now { mono: time::Instant(mono), wall: wall().plus(self.ahead) }
    }

    /// The moment for timers of the runtime at which the monotonic side reads `at`.
    #[must_use]
    pub fn moment(self, at: time::Instant) -> tokio::time::Instant {
        // A deadline of centuries is none; a day is long enough to look again.
        let far = Duration::from_secs(24 * 3600);
        let after = Duration::from_nanos(at.0).min(self.zero.elapsed() + far);
        tokio::time::Instant::from_std(self.zero + after)
    }

    /// Time since the clock was made.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.zero.elapsed()
    }
}

/// Nanoseconds since the epoch, now.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the file that may")]
pub fn wall() -> Wall {
    let ns = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    };
    Wall(ns)
}

/// A wall clock reading as text: `2026-11-21T03:20:35.123456Z`.
#[must_use]
pub fn stamp_text(wall: Wall) -> String {
    let since = Duration::from_nanos(u64::try_from(wall.0).unwrap_or(0));
    humantime::format_rfc3339_micros(UNIX_EPOCH + since).to_string()
}

/// Processor time that all threads of this process have used, where the system says.
#[must_use]
pub fn process_cpu() -> Option<Duration> {
    #[cfg(unix)]
    return Some(cpu(rustix::time::ClockId::ProcessCPUTime));
    #[cfg(not(unix))]
    None
}

/// Processor time that this thread has used, where the system says.
#[must_use]
pub fn thread_cpu() -> Option<Duration> {
    #[cfg(unix)]
    return Some(cpu(rustix::time::ClockId::ThreadCPUTime));
    #[cfg(not(unix))]
    None
}

#[cfg(unix)]
fn cpu(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
