//! How fast and how large the simulator is here: [`crate::bench`], by the browser's clock.

use wasm_bindgen::prelude::*;

use super::refusal::{Outcome, refuse};
use crate::bench::{self, Meter};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn now_ms() -> f64;
}

/// A herd of so many servers that is told so many updates: what that took, as a line. Memory is the
/// module's, which never shrinks: it is told rightly once, by a module that has done nothing else.
///
/// # Errors
/// If there is no such herd.
#[wasm_bindgen(js_name = measureSpeed)]
pub fn measure_speed(servers: u32, updates: u32) -> Outcome<String> {
    let speed = bench::speed(&METER, servers, updates).map_err(|why| refuse(&why))?;
    Ok(speed.to_string())
}

/// Seeks in a run of 200,000 events: what they took, as a line.
///
/// # Errors
/// None.
#[wasm_bindgen(js_name = measureSeek)]
pub fn measure_seek() -> Outcome<String> {
    Ok(bench::seek(&METER).map_err(|why| refuse(&why))?.to_string())
}

const METER: Meter = Meter { now_ms, bytes };

/// Bytes of the module's memory.
fn bytes() -> usize {
    const PAGE: usize = 64 << 10;
    core::arch::wasm32::memory_size(0) * PAGE
}
