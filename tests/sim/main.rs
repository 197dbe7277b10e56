//! The simulated herd: scenarios, determinism, time travel, and checks that go red.

mod builder;
mod chaos;
mod checks;
mod costs;
mod determinism;
mod faults;
mod gallery;
mod history;
mod joining;
mod keyed;
mod links;
mod lives;
mod maelstrom;
mod meddling;
mod packed;
mod planned;
mod provenance;
mod repair;
mod scale;
mod scenarios;
mod scripts;
mod shrinking;
mod snapshots;
mod text;
mod travel;
mod watching;
