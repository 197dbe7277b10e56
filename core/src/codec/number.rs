//! Decimal numbers as integers. Nothing here rounds silently: what does not fit is said.

/// Nano-units in a unit.
const NANO: u64 = 1_000_000_000;
/// Digits kept behind the point.
const DECIMALS: usize = 9;

/// Decimal degrees as an integer of nano-degrees, cut (not rounded) after nine decimals.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Degrees(pub i64);

/// An unsigned decimal number: `1*DIGIT [ "." 1*DIGIT ]`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Decimal {
    /// The number times 10^9, cut after nine decimals.
    pub(super) nano: u64,
    /// How many decimals were given.
    pub(super) decimals: usize,
    /// Whether a digit other than zero was cut off.
    pub(super) cut: bool,
}

impl Decimal {
    /// Reads a whole field; `None` if it is anything else or its nano-units do not fit 64 bits.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut nano = 0_u64;
        let mut whole_digits = 0_usize;
        let mut rest = text;
        while let [digit @ b'0'..=b'9', tail @ ..] = rest {
            nano = nano.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
            whole_digits += 1;
            rest = tail;
        }
        if whole_digits == 0 {
            return None;
        }
        let fraction = match rest {
            [] => rest,
            [b'.', fraction @ ..] if !fraction.is_empty() => fraction,
            _ => return None,
        };
        let mut scale = NANO;
        let mut below = 0_u64;
        let mut cut = false;
        for digit in fraction {
            let value = u64::from(digit.wrapping_sub(b'0'));
            if value > 9 {
                return None;
            }
            if scale > 1 {
                scale /= 10;
                below += value * scale;
            } else {
                cut |= value != 0;
            }
        }
        nano = nano.checked_mul(NANO)?.checked_add(below)?;
        Some(Self { nano, decimals: fraction.len(), cut })
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

    /// Whether all that was given is kept.
    pub(super) const fn is_exact(self) -> bool {
        self.decimals <= DECIMALS
    }
}

/// A whole field of digits.
pub(super) fn integer(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        let digit = u64::from(byte.wrapping_sub(b'0'));
        if digit > 9 { None } else { sum.checked_mul(10)?.checked_add(digit) }
    })
}
