//! The door to JavaScript: converts, calls, converts back.

use wasm_bindgen::prelude::*;

/// Runs a script to its end and gives the digest of the run, as 16 hexadecimal digits.
///
/// # Errors
/// What is wrong with the script, and where.
#[wasm_bindgen]
pub fn run(script: &str) -> Result<String, JsError> {
    crate::digest_of(script)
        .map(|digest| format!("{digest:016x}"))
        .map_err(|error| JsError::new(&error))
}
