//! Any bytes as a line, a frame, a record and a Places answer: never a panic, and what is read as
//! a record is its own text.
#![no_main]

use herd_core::codec::{At, Frame, parse, places};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse(bytes);
    let _ = Frame::parse(bytes);
    if let Ok(at) = At::canonical(bytes) {
        let fields = [b"AT", at.server, at.skew, at.client, at.place.text, at.stamp_text];
        assert_eq!(fields.join(&b' '), bytes);
    }
    let mut out = Vec::new();
    if places::put_first_results(&mut out, bytes, 3).is_ok() {
        // What was cut is still a Places answer, and cutting it again changes nothing.
        let mut again = Vec::new();
        assert!(places::put_first_results(&mut again, &out, 3).is_ok());
        assert_eq!(again, out);
    }
});
