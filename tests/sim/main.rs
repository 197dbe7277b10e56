//! The simulated herd: scenarios, determinism, time travel, and checks that go red.

mod chaos;
mod checks;
mod determinism;
mod faults;
mod history;
mod links;
mod scenarios;
mod scripts;
mod text;
