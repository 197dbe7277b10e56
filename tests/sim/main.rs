//! The simulated herd: scenarios, determinism, time travel, and checks that go red.

mod scenarios;
