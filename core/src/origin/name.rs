//! Names of servers, without memory of their own where they are short.

use alloc::boxed::Box;

/// A name that is in place if it is as short as most are.
#[derive(Clone, Debug)]
pub(super) enum Name {
    Short { len: u8, bytes: [u8; SHORT] },
    Long(Box<Box<[u8]>>),
}

const SHORT: usize = 14;

impl Name {
    pub(super) fn new(name: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..name.len()), u8::try_from(name.len())) {
            (Some(short), Ok(len)) => {
                short.copy_from_slice(name);
                Self::Short { len, bytes }
            }
            _ => Self::Long(Box::new(name.into())),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short { len, bytes } => &bytes[..usize::from(*len)],
            Self::Long(name) => name,
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Short { .. } => 0,
            Self::Long(name) => size_of::<Box<[u8]>>() + name.len(),
        }
    }
}
