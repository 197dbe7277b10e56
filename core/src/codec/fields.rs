//! Lines into fields.

/// Whether a byte separates fields: the six white-space characters of the field's specification.
/// (LF ends the line before it comes here, but a frame may hold one.)
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The line without white space at either end.
pub(crate) fn trimmed(mut line: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = line
        && is_space(*first)
    {
        line = rest;
    }
    while let [rest @ .., last] = line
        && is_space(*last)
    {
        line = rest;
    }
    line
}

/// The fields of a line: its maximal runs of bytes that are not white space.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) const fn of(line: &'a [u8]) -> Self {
        Self { rest: line }
    }

    /// What was not looked at yet.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Exactly the next `N` fields and nothing after them.
    pub(super) fn exactly<const N: usize>(mut self) -> Option<[&'a [u8]; N]> {
        let mut fields = [&[][..]; N];
        for field in &mut fields {
            *field = self.next()?;
        }
        self.next().is_none().then_some(fields)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut rest = self.rest;
        while let [first, after @ ..] = rest
            && is_space(*first)
        {
            rest = after;
        }
        if rest.is_empty() {
            return None;
        }
        let (field, rest) = rest.split_at(field_len(rest));
        self.rest = rest;
        Some(field)
    }
}

/// The first field of what has single spaces and begins with a field, and what follows its space;
/// `None` if there is no field or no space.
pub(super) fn first_field(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match text.split_at(field_len(text)) {
        (field, [b' ', rest @ ..]) if !field.is_empty() => Some((field, rest)),
        _ => None,
    }
}

/// How many bytes come before the first white space.
///
/// Eight at a time: a byte of `word` is below 0x21 (white space and the other controls) exactly
/// where the first high bit of `low` stands (Warren, "Hacker's Delight", 2nd ed., §6-1).
fn field_len(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = 0x80 * ONES;
    let mut len = 0;
    while let Some((chunk, _)) = bytes[len..].split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let low = word.wrapping_sub(0x21 * ONES) & !word & HIGHS;
        if low == 0 {
            len += 8;
            continue;
        }
        len += (low.trailing_zeros() / 8) as usize;
        if is_space(bytes[len]) {
            return len;
        }
        len += 1;
    }
    len + bytes[len..].iter().position(|byte| is_space(*byte)).unwrap_or(bytes.len() - len)
}
