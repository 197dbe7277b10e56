//! The house rules that a command can judge.

mod house;
mod leftovers;
mod map;
mod threats;
