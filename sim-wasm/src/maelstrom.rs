//! The broadcast workload of Maelstrom (the Gossip Glomers) over a simulated herd: what a message
//! costs, how long it takes, and whether any is lost, counted exactly as Maelstrom counts.
//!
//! Maelstrom is a workbench for distributed systems (<https://github.com/jepsen-io/maelstrom>); its
//! clients broadcast numbers at any server and read all numbers at any other. Here a number is a
//! client's name, a broadcast its `IAMAT`, and a read the names a server holds.
//!
//! - [`checker`]: figures from a history of operations; the same for real processes.
//! - [`load`]: which client does what, when; and who is parted from whom meanwhile.
//! - [`trial`]: a load played on a herd in virtual time.

pub mod checker;
pub mod load;
pub mod trial;

pub use checker::{Op, Report, Validity, What, check};
pub use load::{Cuts, Does, Load, Parting, Request};
pub use trial::{Figures, HEAD, Trial};
