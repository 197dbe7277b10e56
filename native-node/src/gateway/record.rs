//! A record as JSON.

use herd_core::codec::{At, Degrees, What};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde::Serialize;
use serde_json::value::RawValue;

/// Everything but what RFC 3986 leaves alone in every part of an address.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a server holds of a client: an `AT` line, taken apart. Numbers that a floating-point reader
/// would round are there as text, too, as they were sent.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    /// The client's id, as far as it is text.
    client: String,
    /// The client's id as it stands in an address: percent-encoded, whatever bytes it is of.
    id: String,
    /// The server that the client talked to.
    server: String,
    /// That server's clock minus the client's, seconds.
    skew: String,
    /// Latitude and longitude as sent.
    location: String,
    latitude: Box<RawValue>,
    longitude: Box<RawValue>,
    /// Since when, POSIX seconds as sent.
    stamp: String,
    /// The record as servers write it.
    line: String,
    #[serde(skip)]
    tag: String,
}

impl Record {
    /// The record that an `AT` line is, if it is one.
    pub(crate) fn of(line: &[u8]) -> Option<Self> {
        let at = At::canonical(line).ok()?;
        let What::Place(place) = at.what else { return None };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        // Two servers may each have taken one with the same stamp.
        let tag = format!("\"{}@{}\"", text(at.stamp_text), escaped(at.server));
        Some(Self {
            client: text(at.client),
            id: escaped(at.client),
            server: text(at.server),
            skew: text(at.skew),
            location: text(place.text),
            latitude: number(place.lat)?,
            longitude: number(place.lon)?,
            stamp: text(at.stamp_text),
            line: text(line),
            tag,
        })
    }

    /// What tells this version of the record from others, as an entity tag.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// Whether it is the place and the stamp that were sent.
    pub(super) fn is_of(&self, place: &[u8], stamp: &[u8]) -> bool {
        self.location.as_bytes() == place && self.stamp.as_bytes() == stamp
    }
}

/// Degrees as a JSON number, exact.
fn number(degrees: Degrees) -> Option<Box<RawValue>> {
    let sign = if degrees.0 < 0 { "-" } else { "" };
    let nano = degrees.0.unsigned_abs();
    let text = format!("{sign}{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
    RawValue::from_string(text).ok()
}

/// Bytes as they stand in an address.
pub(super) fn escaped(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

/// The bytes of a part of an address; `+` is a plus.
pub(super) fn unescaped(text: &str) -> Vec<u8> {
    percent_decode_str(text).collect()
}

#[cfg(test)]
mod tests {
    use super::{Record, escaped, unescaped};

    #[test]
    fn a_record_is_an_object_and_its_digits_are_as_sent() {
        let line = b"AT Alford +0.263873386 a/\xff\" +04.50-018.445127 1520023934.918963997";
        let record = Record::of(line).expect("a record");
        assert_eq!(
            serde_json::to_string(&record).expect("JSON"),
            r#"{"client":"a/�\"","id":"a%2F%FF%22","server":"Alford","skew":"+0.263873386","location":"+04.50-018.445127","latitude":4.500000000,"longitude":-18.445127000,"stamp":"1520023934.918963997","line":"AT Alford +0.263873386 a/�\" +04.50-018.445127 1520023934.918963997"}"#
        );
        assert_eq!(record.tag(), "\"1520023934.918963997@Alford\"");
        assert!(record.is_of(b"+04.50-018.445127", b"1520023934.918963997"));
        assert!(!record.is_of(b"+4.5-18.445127", b"1520023934.918963997"));
        assert!(Record::of(b"? AT").is_none());
    }

    #[test]
    fn every_byte_goes_through_an_address_and_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unescaped(&escaped(&all)), all);
        assert_eq!(unescaped("a+b%2f"), b"a+b/");
    }
}
