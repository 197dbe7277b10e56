//! The house rules that a command can judge.

mod figures;
mod house;
mod leftovers;
mod map;
mod threats;
