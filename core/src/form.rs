//! A node as bytes: all that decides what it does next, and so exactly that what is read back goes
//! on as the one that was written would have. A [tape](crate::tape) begins with it.
//!
//! What is computed from the rest (an index, a deadline) is not written but computed again. Numbers
//! are written in as few groups of seven bits as they take.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::id::{ConnId, PeerId, RequestId};
use crate::time::{Instant, Now, Wall};

/// What is left to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    rest: &'a [u8],
}

impl<'a> Source<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes left.
    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// How many things follow; each takes a byte at least.
    pub(crate) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.left())
    }

    /// Bytes with their number before them.
    pub(crate) fn sized(&mut self) -> Option<&'a [u8]> {
        let count = self.count()?;
        self.bytes(count)
    }
}

/// Appends a number in as few groups of seven bits as it takes, the lowest first (LEB128).
pub(crate) fn put_number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

pub(crate) fn put_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// What can be written whole and read back as it was.
pub(crate) trait Form: Sized {
    /// Appends it; a byte at least.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads it; `None` if that is not what is there.
    fn take(from: &mut Source<'_>) -> Option<Self>;
}

/// Writes and reads all fields of a struct, or all variants of an enum. One that is forgotten does
/// not compile.
macro_rules! form {
    (struct $name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::form::Form for $name {
            fn put(&self, out: &mut alloc::vec::Vec<u8>) {
                let Self { $($field),* } = self;
                $($crate::form::Form::put($field, out);)*
            }
            fn take(from: &mut $crate::form::Source<'_>) -> Option<Self> {
                $(let $field = $crate::form::Form::take(from)?;)*
                Some(Self { $($field),* })
            }
        }
    };
    (struct $name:ident($field:ident)) => {
        impl $crate::form::Form for $name {
            fn put(&self, out: &mut alloc::vec::Vec<u8>) {
                let Self($field) = self;
                $crate::form::Form::put($field, out);
            }
            fn take(from: &mut $crate::form::Source<'_>) -> Option<Self> {
                $crate::form::Form::take(from).map(Self)
            }
        }
    };
    (enum $name:ident {
        $($tag:literal => $variant:ident
            $(($($item:ident),*))? $({ $($field:ident),* })?),* $(,)?
    }) => {
        impl $crate::form::Form for $name {
            fn put(&self, out: &mut alloc::vec::Vec<u8>) {
                match self {
                    $(Self::$variant $(($($item),*))? $({ $($field),* })? => {
                        out.push($tag);
                        $($($crate::form::Form::put($item, out);)*)?
                        $($($crate::form::Form::put($field, out);)*)?
                    })*
                }
            }
            fn take(from: &mut $crate::form::Source<'_>) -> Option<Self> {
                match from.byte()? {
                    $($tag => {
                        $($(let $item = $crate::form::Form::take(from)?;)*)?
                        $($(let $field = $crate::form::Form::take(from)?;)*)?
                        Some(Self::$variant $(($($item),*))? $({ $($field),* })?)
                    })*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use form;

form!(struct ConnId(number));
form!(struct PeerId(number));
form!(struct RequestId { slot, generation });
form!(struct Instant(ns));
form!(struct Wall(ns));
form!(struct Now { mono, wall });

impl Form for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(out, *self);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        from.number()
    }
}

macro_rules! narrow {
    ($($name:ty),*) => {$(
        impl Form for $name {
            fn put(&self, out: &mut Vec<u8>) {
                put_number(out, *self as u64);
            }

            fn take(from: &mut Source<'_>) -> Option<Self> {
                from.number()?.try_into().ok()
            }
        }
    )*};
}
narrow!(u16, u32, usize);

impl Form for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        from.byte()
    }
}

/// Small ones take little, whatever their sign.
impl Form for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(out, (*self << 1 ^ *self >> 63).cast_unsigned());
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let bits = from.number()?;
        Some((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
    }
}

impl Form for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        match from.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Form for Box<str> {
    fn put(&self, out: &mut Vec<u8>) {
        put_sized(out, self.as_bytes());
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        core::str::from_utf8(from.sized()?).ok().map(Into::into)
    }
}

impl<T: Form> Form for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        T::take(from).map(Self::new)
    }
}

impl<T: Form> Form for Arc<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        T::take(from).map(Self::new)
    }
}

impl<T: Form> Form for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(this) = self {
            this.put(out);
        }
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        Some(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }
}

impl<A: Form, B: Form> Form for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

/// Appends how many there are, and each.
pub(crate) fn put_all<'a, T: Form + 'a>(
    out: &mut Vec<u8>,
    all: impl ExactSizeIterator<Item = &'a T>,
) {
    put_number(out, all.len() as u64);
    for one in all {
        one.put(out);
    }
}

/// Reads as many as there are.
fn take_all<T: Form, C: FromIterator<T>>(from: &mut Source<'_>) -> Option<C> {
    let count = from.count()?;
    (0..count).map(|_| T::take(from)).collect()
}

macro_rules! list {
    ($($name:ident [$($bound:ident)?]),*) => {$(
        impl<T: Form $(+ $bound)?> Form for $name<T> {
            fn put(&self, out: &mut Vec<u8>) {
                put_all(out, self.iter());
            }

            fn take(from: &mut Source<'_>) -> Option<Self> {
                take_all(from)
            }
        }
    )*};
}
list!(Vec[], VecDeque[], BTreeSet[Ord]);

impl<T: Form> Form for Box<[T]> {
    fn put(&self, out: &mut Vec<u8>) {
        put_all(out, self.iter());
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        take_all::<T, Vec<T>>(from).map(Into::into)
    }
}

impl<K: Form + Ord, V: Form> Form for BTreeMap<K, V> {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(out, self.len() as u64);
        for (key, value) in self {
            key.put(out);
            value.put(out);
        }
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        take_all::<(K, V), Self>(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_whatever_they_are() {
        let edges = (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit]).chain([u64::MAX]);
        for value in edges {
            let mut bytes = Vec::new();
            (value, value.cast_signed()).put(&mut bytes);
            let mut source = Source::new(&bytes);
            assert_eq!(Form::take(&mut source), Some((value, value.cast_signed())));
            assert_eq!(source.left(), 0);
        }
        assert_eq!(Source::new(&[0xff; 11]).number(), None);
        assert_eq!(Source::new(&[0x80, 0x80, 0x80]).number(), None);
    }

    #[test]
    fn a_list_is_not_believed_to_be_longer_than_what_is_there() {
        let mut bytes = Vec::new();
        u64::MAX.put(&mut bytes);
        assert_eq!(Vec::<u64>::take(&mut Source::new(&bytes)), None);
    }
}
