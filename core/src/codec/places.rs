//! A Places answer, cut to its first results in its own format.
//!
//! Both forms are known: Nearby Search (`results`) and Places API (New) (`places`). The answer is
//! checked to be one JSON object (RFC 8259) but never printed anew: what is kept is kept byte for
//! byte, but for white space between tokens, where runs of newlines become one.

use alloc::vec::Vec;

use crate::limits::PLACES_DEPTH;

/// Appends `body` with at most `bound` results, no empty lines, and no newline at its end.
///
/// # Errors
/// The answer is not one JSON object, or nests deeper than [`PLACES_DEPTH`]; `out` is then as
/// before.
pub fn put_first_results(out: &mut Vec<u8>, body: &[u8], bound: u8) -> Result<(), NotPlaces> {
    let cut = Scanner::new(body, usize::from(bound)).object()?;
    let start = out.len();
    match cut {
        Some((from, to)) => {
            fold_newlines(out, &body[..from]);
            fold_newlines(out, &body[to..]);
        }
        None => fold_newlines(out, body),
    }
    let text = &out[start..];
    let lead = text.iter().take_while(|byte| is_json_space(**byte)).count();
    out.drain(start..start + lead);
    while out.len() > start && out.last().is_some_and(|byte| is_json_space(*byte)) {
        out.pop();
    }
    Ok(())
}

/// The body is no Places answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct NotPlaces;

/// Newlines stand only between tokens in JSON, so this cannot change a value.
fn fold_newlines(out: &mut Vec<u8>, body: &[u8]) {
    for byte in body {
        match byte {
            b'\r' => {}
            b'\n' if out.last() == Some(&b'\n') => {}
            _ => out.push(*byte),
        }
    }
}

const fn is_json_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Walks a JSON text once, without recursion: one bit per open bracket.
struct Scanner<'a> {
    body: &'a [u8],
    at: usize,
    /// Bit 0 is the innermost open bracket: 1 an object, 0 an array.
    open: u64,
    depth: u32,
    bound: usize,
    list: List,
}

/// The list of results, as far as it was met.
#[derive(Clone, Copy)]
enum List {
    Unmet,
    /// The value that comes next is it.
    Next,
    /// Inside: elements so far, the end of the last one that is kept, and of the last one.
    Inside {
        elements: usize,
        kept: usize,
        last: usize,
    },
    Over {
        kept: usize,
        last: usize,
    },
}

impl<'a> Scanner<'a> {
    const fn new(body: &'a [u8], bound: usize) -> Self {
        Self { body, at: 0, open: 0, depth: 0, bound, list: List::Unmet }
    }

    /// Checks the text; the bytes to leave out, if there are any.
    fn object(mut self) -> Result<Option<(usize, usize)>, NotPlaces> {
        self.skip_space();
        if self.peek()? != b'{' {
            return Err(NotPlaces);
        }
        loop {
            self.value()?;
            // After a value: close what ends here, then go on to the next one.
            loop {
                self.skip_space();
                if self.depth == 0 {
                    let whole = self.at == self.body.len();
                    return if whole { Ok(self.left_out()) } else { Err(NotPlaces) };
                }
                match self.next()? {
                    b',' => break,
                    b'}' if self.in_object() => self.close(),
                    b']' if !self.in_object() => self.close(),
                    _ => return Err(NotPlaces),
                }
            }
            self.skip_space();
            if self.in_object() {
                self.key()?;
            }
        }
    }

    /// One scalar or empty bracket, or the way down to the first one inside.
    fn value(&mut self) -> Result<(), NotPlaces> {
        loop {
            self.skip_space();
            let first = self.next()?;
            match first {
                b'{' | b'[' => {
                    self.open_bracket(first == b'{')?;
                    self.skip_space();
                    match (first, self.peek()?) {
                        (b'{', b'}') | (b'[', b']') => {
                            self.at += 1;
                            self.close();
                            return Ok(());
                        }
                        (b'{', _) => self.key()?,
                        _ => {}
                    }
                    continue;
                }
                b'"' => self.string()?,
                b't' => self.word(b"rue")?,
                b'f' => self.word(b"alse")?,
                b'n' => self.word(b"ull")?,
                b'-' | b'0'..=b'9' => self.number(first)?,
                _ => return Err(NotPlaces),
            }
            self.ended();
            return Ok(());
        }
    }

    fn open_bracket(&mut self, is_object: bool) -> Result<(), NotPlaces> {
        if self.depth == PLACES_DEPTH {
            return Err(NotPlaces);
        }
        self.open = self.open << 1 | u64::from(is_object);
        self.depth += 1;
        if matches!(self.list, List::Next) {
            self.list = if !is_object && self.depth == 2 {
                List::Inside { elements: 0, kept: self.at, last: self.at }
            } else {
                List::Unmet
            };
        }
        Ok(())
    }

    fn close(&mut self) {
        if let List::Inside { kept, last, .. } = self.list
            && self.depth == 2
        {
            self.list = List::Over { kept, last };
        }
        self.open >>= 1;
        self.depth -= 1;
        self.ended();
    }

    /// A value has just ended: is it an element of the list?
    fn ended(&mut self) {
        let at = self.at;
        match &mut self.list {
            List::Inside { elements, kept, last } if self.depth == 2 => {
                *elements += 1;
                *last = at;
                if *elements <= self.bound {
                    *kept = at;
                }
            }
            List::Next => self.list = List::Unmet,
            List::Inside { .. } | List::Over { .. } | List::Unmet => {}
        }
    }

    const fn left_out(&self) -> Option<(usize, usize)> {
        match self.list {
            List::Over { kept, last } if kept < last => Some((kept, last)),
            List::Inside { .. } | List::Next | List::Over { .. } | List::Unmet => None,
        }
    }

    /// A name and its colon.
    fn key(&mut self) -> Result<(), NotPlaces> {
        if self.next()? != b'"' {
            return Err(NotPlaces);
        }
        let start = self.at;
        self.string()?;
        let name = &self.body[start..self.at - 1];
        if self.depth == 1
            && matches!(self.list, List::Unmet)
            && matches!(name, b"results" | b"places")
        {
            self.list = List::Next;
        }
        self.skip_space();
        if self.next()? == b':' { Ok(()) } else { Err(NotPlaces) }
    }

    /// The rest of a string, after its opening quote.
    fn string(&mut self) -> Result<(), NotPlaces> {
        let start = self.at;
        loop {
            match self.next()? {
                b'"' => break,
                b'\\' => match self.next()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        for _ in 0..4 {
                            if !self.next()?.is_ascii_hexdigit() {
                                return Err(NotPlaces);
                            }
                        }
                    }
                    _ => return Err(NotPlaces),
                },
                byte if byte < b' ' => return Err(NotPlaces),
                _ => {}
            }
        }
        core::str::from_utf8(&self.body[start..self.at]).map(drop).map_err(|_| NotPlaces)
    }

    fn word(&mut self, rest: &[u8]) -> Result<(), NotPlaces> {
        let found = self.body[self.at..].starts_with(rest);
        self.at += rest.len();
        if found { Ok(()) } else { Err(NotPlaces) }
    }

    /// The rest of a number, after its first byte.
    fn number(&mut self, first: u8) -> Result<(), NotPlaces> {
        let whole = if first == b'-' { self.next()? } else { first };
        if !whole.is_ascii_digit() {
            return Err(NotPlaces);
        }
        if whole != b'0' {
            self.digits();
        }
        if self.take(b'.') && self.digits() == 0 {
            return Err(NotPlaces);
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return Err(NotPlaces);
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let digits = self.body[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        digits
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.body.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while self.body.get(self.at).is_some_and(|byte| is_json_space(*byte)) {
            self.at += 1;
        }
    }

    const fn in_object(&self) -> bool {
        self.open & 1 == 1
    }

    fn peek(&self) -> Result<u8, NotPlaces> {
        self.body.get(self.at).copied().ok_or(NotPlaces)
    }

    fn next(&mut self) -> Result<u8, NotPlaces> {
        let byte = self.peek()?;
        self.at += 1;
        Ok(byte)
    }
}
