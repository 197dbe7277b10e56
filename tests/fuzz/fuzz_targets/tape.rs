//! A tape on which anything stands.
#![no_main]

#[path = "../../support/fuzz.rs"]
#[allow(dead_code, reason = "each target takes one of them")]
mod fuzz;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::tape(bytes));
