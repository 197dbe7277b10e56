//! Lines into fields.

/// Whether a byte separates fields: the six white-space characters of the field's specification.
/// (LF ends the line before it comes here, but a frame may hold one.)
pub(super) const fn is_space(byte: u8) -> bool {
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
        let start = self.rest.iter().position(|byte| !is_space(*byte))?;
        let rest = &self.rest[start..];
        let end = rest.iter().position(|byte| is_space(*byte)).unwrap_or(rest.len());
        let (field, rest) = rest.split_at(end);
        self.rest = rest;
        Some(field)
    }
}
