//! The simulated herd: scenarios, determinism, time travel, and checks that go red.

mod chaos;
mod checks;
mod determinism;
mod history;
mod scenarios;
mod scripts;
mod text;
