//! Instants, durations and bytes in text, and a reader that knows its column.

use std::fmt::Write as _;

use herd_core::time::SECOND;

/// What stands where something else was expected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wrong {
    /// Where, counted in characters from 1.
    pub column: u32,
    /// What was expected there, as a phrase.
    pub expected: String,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "column {}: expected {}", self.column, self.expected)
    }
}

impl std::error::Error for Wrong {}

/// Reads a line word by word.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(line: &'a str) -> Self {
        Self { line, at: 0 }
    }

    /// The next word, or `None` at the end.
    pub(crate) fn word(&mut self) -> Option<&'a str> {
        let rest = &self.line[self.at..];
        let start = self.at + (rest.len() - rest.trim_start_matches(' ').len());
        self.at = start;
        let word = self.line[start..].split(' ').next().unwrap_or("");
        self.at += word.len();
        (!word.is_empty()).then_some(word)
    }

    /// The next word, which has to be there and to make sense.
    pub(crate) fn parse<T>(
        &mut self,
        expected: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, Wrong> {
        let word = self.word();
        let start = self.at - word.map_or(0, str::len);
        word.and_then(read).ok_or_else(|| self.wrong(start, expected))
    }

    /// Takes the next word if it is this one.
    pub(crate) fn take(&mut self, word: &str) -> bool {
        let before = self.at;
        let taken = self.word() == Some(word);
        if !taken {
            self.at = before;
        }
        taken
    }

    /// All behind the next space, as it stands.
    pub(crate) fn rest(&mut self) -> &'a str {
        let rest = &self.line[self.at..];
        self.at = self.line.len();
        rest.strip_prefix(' ').unwrap_or(rest)
    }

    /// Whether nothing but spaces is left.
    pub(crate) fn end(&mut self, expected: &str) -> Result<(), Wrong> {
        match self.word() {
            None => Ok(()),
            Some(word) => Err(self.wrong(self.at - word.len(), expected)),
        }
    }

    /// What is wrong with the word before.
    pub(crate) fn wrong_word(&self, word: &str, expected: &str) -> Wrong {
        self.wrong(self.at - word.len(), expected)
    }

    fn wrong(&self, at: usize, expected: &str) -> Wrong {
        let column = self.line[..at].chars().count() + 1;
        Wrong { column: u32::try_from(column).unwrap_or(u32::MAX), expected: expected.to_owned() }
    }
}

/// `1.25` (seconds) as nanoseconds.
#[must_use]
pub fn parse_seconds(text: &str) -> Option<u64> {
    let (whole, nano) = decimal(text)?;
    whole.checked_mul(SECOND)?.checked_add(nano)
}

/// The whole part and the nano-units of a decimal number with at most nine decimals.
fn decimal(text: &str) -> Option<(u64, u64)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let scale = 10_u64.pow(9 - u32::try_from(fraction.len()).ok()?);
    Some((whole.parse().ok()?, fraction.parse::<u64>().ok()? * scale))
}

/// Nanoseconds as seconds, without needless zeros: `1.25`.
#[must_use]
pub fn show_seconds(ns: u64) -> String {
    let fraction = format!("{:09}", ns % SECOND);
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{}{dot}{fraction}", ns / SECOND)
}

/// `+1.5` or `-0.25` (seconds; the sign is required) as nanoseconds.
#[must_use]
pub fn parse_offset(text: &str) -> Option<i64> {
    let ns = i64::try_from(parse_seconds(text.get(1..)?)?).ok()?;
    match text.as_bytes()[0] {
        b'+' => Some(ns),
        b'-' => Some(-ns),
        _ => None,
    }
}

/// Nanoseconds as seconds with a sign.
#[must_use]
pub fn show_offset(ns: i64) -> String {
    format!("{}{}", if ns < 0 { '-' } else { '+' }, show_seconds(ns.unsigned_abs()))
}

const UNITS: [(&str, u64); 4] = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", SECOND)];

/// `50ms`, `1.5s`, `20us`, `7ns` as nanoseconds; at most 10,000 s.
#[must_use]
pub fn parse_duration(text: &str) -> Option<u64> {
    let (unit, scale) = UNITS.into_iter().find(|(unit, _)| {
        text.strip_suffix(unit).is_some_and(|number| number.ends_with(|c: char| c.is_ascii_digit()))
    })?;
    let (whole, nano) = decimal(text.strip_suffix(unit)?)?;
    let part = nano * scale;
    let ns = whole.checked_mul(scale)?.checked_add(part / SECOND)?;
    (part.is_multiple_of(SECOND) && ns <= 10_000 * SECOND).then_some(ns)
}

/// Nanoseconds in the largest unit that needs no decimals.
#[must_use]
pub fn show_duration(ns: u64) -> String {
    let (unit, scale) =
        UNITS.into_iter().rev().find(|(_, scale)| ns.is_multiple_of(*scale)).unwrap_or(("ns", 1));
    format!("{}{unit}", ns / scale)
}

/// Bytes as one line of text: printable text as it is, the rest as `\n`, `\t`, `\r`, `\\`, `\xNN`.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    // Most text is plain as far as it goes.
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'\\';
    let plain = bytes.iter().position(|byte| !is_plain(byte)).unwrap_or(bytes.len());
    let (plain, bytes) = bytes.split_at(plain);
    text.push_str(str::from_utf8(plain).unwrap_or_default());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                ' ' => text.push(' '),
                c if c.is_control() || c.is_whitespace() => {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        push_hex(&mut text, byte);
                    }
                }
                c => text.push(c),
            }
        }
        for &byte in chunk.invalid() {
            push_hex(&mut text, byte);
        }
    }
    // A space at the end would be lost on the way through an editor.
    if text.ends_with(' ') {
        text.pop();
        push_hex(&mut text, b' ');
    }
    text
}

/// The bytes that [`escape`] wrote; `None` if a backslash stands before something else.
#[must_use]
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        if first != b'\\' {
            bytes.push(first);
            continue;
        }
        let (&kind, behind) = rest.split_first()?;
        rest = behind;
        match kind {
            b'\\' => bytes.push(b'\\'),
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'x' => {
                let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
                if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return None;
                }
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[2..];
            }
            _ => return None,
        }
    }
    Some(bytes)
}

fn push_hex(text: &mut String, byte: u8) {
    write!(text, "\\x{byte:02x}").expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ns) in [
            ("50ms", 50_000_000),
            ("1500ms", 1_500_000_000),
            ("7ns", 7),
            ("2s", 2_000_000_000),
            ("18446744074ns", 18_446_744_074),
        ] {
            assert_eq!(parse_duration(text), Some(ns), "{text}");
            assert_eq!(show_duration(ns), text);
        }
        assert_eq!(parse_duration("1.5s"), Some(1_500_000_000));
        assert_eq!(parse_duration("0.5us"), Some(500));
        assert_eq!(show_duration(0), "0s");
        for bad in ["", "5", "ms", "-5ms", "0.5ns", "1e3ms", "5 ms", "1.ms", "99999s", ".5s"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn seconds() {
        for (text, ns) in [("0", 0), ("1.25", 1_250_000_000), ("0.000000001", 1)] {
            assert_eq!(parse_seconds(text), Some(ns));
            assert_eq!(show_seconds(ns), text);
        }
        for bad in ["", ".", "1.", ".1", "1.0000000001", "-1", "+1", "1e9", "99999999999999999999"]
        {
            assert_eq!(parse_seconds(bad), None, "{bad}");
        }
        assert_eq!(parse_offset("-0.25"), Some(-250_000_000));
        assert_eq!(show_offset(-250_000_000), "-0.25");
        assert_eq!(parse_offset("é1"), None);
    }

    #[test]
    fn any_bytes_survive_text() {
        let all: Vec<u8> = (0..=255).chain("å\u{a0}x ".bytes()).collect();
        let text = escape(&all);
        assert!(!text.contains(['\n', '\r', '\u{a0}']) && !text.ends_with(' '));
        assert_eq!(unescape(&text), Some(all));
        for bad in ["\\", "\\q", "\\x", "\\x1", "\\xg1", "\\x+1"] {
            assert_eq!(unescape(bad), None, "{bad}");
        }
    }
}
