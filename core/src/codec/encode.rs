//! Values into bytes, appended to a caller's buffer.

use alloc::vec::Vec;

use super::data::{DATA, KEPT};
use super::parse::{At, Said, What};
use crate::time::{SECOND, Wall};

/// Appends the record of what a client says, as `server` writes it, without LF at its end; how many bytes
/// its skew has.
pub(crate) fn record(out: &mut Vec<u8>, server: &str, now: Wall, said: &Said<'_>) -> usize {
    out.extend_from_slice(match said.what {
        What::Place(_) => b"AT ",
        What::Data(_) => DATA,
    });
    out.extend_from_slice(server.as_bytes());
    out.push(b' ');
    let start = out.len();
    skew_text(out, i128::from(now.0) - i128::from(said.stamp.0));
    let skew = out.len() - start;
    match said.what {
        What::Place(place) => {
            for field in [said.client, place.text, said.stamp_text] {
                out.push(b' ');
                out.extend_from_slice(field);
            }
        }
        What::Data(data) => {
            // The key has its space.
            out.extend_from_slice(said.client);
            out.push(b' ');
            out.extend_from_slice(said.stamp_text);
            out.extend_from_slice(alloc::format!(" {}\n", data.len()).as_bytes());
            out.extend_from_slice(data);
        }
    }
    skew
}

/// Appends the line that tells of a record, with its LF: an `AT` line, or what stands before the data.
pub(crate) fn put_told(out: &mut Vec<u8>, record: &[u8]) {
    let head = At::head_of(record);
    match head.strip_prefix(DATA) {
        Some(rest) => out.extend_from_slice(&[KEPT, rest].concat()),
        None => out.extend_from_slice(head),
    }
    out.push(b'\n');
}

/// Appends a difference of clocks of `ns` nanoseconds: sign always, nine decimals, no exponent.
pub fn skew_text(out: &mut Vec<u8>, ns: i128) {
    const POINT: usize = 20;
    // Both clocks are 64-bit nanoseconds, so the difference has at most 11 whole digits.
    let mut text = [b'0'; POINT + 10];
    text[POINT] = b'.';
    let ns_abs = u64::try_from(ns.unsigned_abs()).unwrap_or(u64::MAX);
    let mut below = ns_abs % SECOND;
    for digit in text[POINT + 1..].iter_mut().rev() {
        *digit = b'0' + (below % 10) as u8;
        below /= 10;
    }
    let mut whole = ns_abs / SECOND;
    let mut start = POINT;
    loop {
        start -= 1;
        text[start] = b'0' + (whole % 10) as u8;
        whole /= 10;
        if whole == 0 {
            break;
        }
    }
    out.push(if ns < 0 { b'-' } else { b'+' });
    out.extend_from_slice(&text[start..]);
}

/// Appends what stands in for a Places answer when there is none, in the same form. Both texts are
/// free of quotes and backslashes.
pub(crate) fn places_failed(out: &mut Vec<u8>, status: &str, why: &str) {
    for part in [
        "{\n   \"error_message\" : \"",
        why,
        "\",\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : \"",
        status,
        "\"\n}",
    ] {
        out.extend_from_slice(part.as_bytes());
    }
}
