//! The simulated herd: scenarios, determinism, time travel, and checks that go red.

mod chaos;
mod determinism;
mod scenarios;
