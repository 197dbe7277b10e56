//! The simulated herd: scenarios, determinism, time travel, and checks that go red.

mod chaos;
mod checks;
mod determinism;
mod faults;
mod gallery;
mod history;
mod links;
mod packed;
mod scenarios;
mod scripts;
mod shrinking;
mod text;
