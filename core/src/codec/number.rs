//! Decimal numbers as integers. Nothing here rounds silently: what does not fit is said.

/// Nano-units in a unit.
const NANO: u64 = 1_000_000_000;
/// Digits kept behind the point.
const DECIMALS: usize = 9;
/// So many digits always fit 64 bits.
const SAFE_DIGITS: usize = 19;
/// What the last of so many decimals counts, in nano-units.
const SCALES: [u64; DECIMALS + 1] =
    [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];

/// Decimal degrees as an integer of nano-degrees, cut (not rounded) after nine decimals.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Degrees(pub i64);

/// An unsigned decimal number: `1*DIGIT [ "." 1*DIGIT ]`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Decimal {
    /// The number times 10^9, cut after nine decimals.
    pub(super) nano: u64,
    /// Whether no more than nine decimals were given.
    pub(super) exact: bool,
    /// Whether a digit other than zero was cut off.
    pub(super) cut: bool,
}

impl Decimal {
    /// Reads a whole field; `None` if it is anything else or its nano-units do not fit 64 bits.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        Self::first(text).and_then(|(number, rest)| rest.is_empty().then_some(number))
    }

    /// Reads the number that `text` begins with; the rest of it.
    pub(super) fn first(text: &[u8]) -> Option<(Self, &[u8])> {
        let (whole, rest) = digits(text);
        let length = text.len() - rest.len();
        if length == 0 {
            return None;
        }
        let whole = if length <= SAFE_DIGITS { whole } else { integer(&text[..length])? };
        let Some((b'.', fraction)) = rest.split_first() else {
            let nano = whole.checked_mul(NANO)?;
            return Some((Self { nano, exact: true, cut: false }, rest));
        };
        let (below, rest) = digits(fraction);
        let decimals = fraction.len() - rest.len();
        if decimals == 0 {
            return None;
        }
        let (below, cut) = match fraction[..decimals].split_at_checked(DECIMALS) {
            Some((kept, lost)) => (digits(kept).0, lost.iter().any(|byte| *byte != b'0')),
            None => (below * SCALES[decimals], false),
        };
        let nano = whole.checked_mul(NANO)?.checked_add(below)?;
        Some((Self { nano, exact: decimals <= DECIMALS, cut }, rest))
    }

    /// Whether it is at most `whole`, exactly.
    pub(super) const fn is_at_most(self, whole: u64) -> bool {
        let bound = whole * NANO;
        self.nano < bound || (self.nano == bound && !self.cut)
    }

    /// Whether it is zero, exactly.
    pub(super) const fn is_zero(self) -> bool {
        self.nano == 0 && !self.cut
    }
}

/// A whole field of digits.
pub(super) fn integer(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 { None } else { sum.checked_mul(10)?.checked_add(u64::from(digit)) }
    })
}

/// The digits that `text` begins with, and the rest of it. Right for [`SAFE_DIGITS`]; more wrap.
fn digits(text: &[u8]) -> (u64, &[u8]) {
    let mut sum = 0_u64;
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        sum = sum.wrapping_mul(10).wrapping_add(u64::from(digit));
        rest = after;
    }
    (sum, rest)
}
