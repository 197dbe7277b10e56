//! What a process has used.

use std::fs;
use std::time::Duration;

use crate::tcp::Process;

/// So many to the second are what Linux counts processor time in, whatever else it is set to.
const TICKS: u64 = 100;

impl Process {
    /// Bytes it has in memory.
    ///
    /// # Panics
    /// If the system does not say.
    #[must_use]
    pub fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()));
        let status = status.expect("the system tells of its processes");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        1024 * kilobytes.expect("a number of kB")
    }

    /// Processor time that all its threads have used, its own and the system's for it.
    ///
    /// # Panics
    /// If the system does not say.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id()));
        let stat = stat.expect("the system tells of its processes");
        // Its name may have spaces, and stands in brackets.
        let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
        let ticks = fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>());
        let ticks: u64 = ticks.map(|ticks| ticks.expect("a number")).sum();
        Duration::from_millis(1_000 / TICKS * ticks)
    }
}
