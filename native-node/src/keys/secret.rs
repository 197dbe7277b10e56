//! Files that nobody else may read, and what is in them.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::KeysError;

/// Bytes in a secret file that are looked at; more is no key.
const SECRET_MAX: u64 = 64 << 10;

/// Bytes that are never printed: `Debug` does not show them.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// These bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// What is in a file that others may not read. (Its group may: what mounts secrets into a
    /// container gives them to a group.)
    ///
    /// # Errors
    /// It cannot be read, others may read it, or it is too long.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let about = fs::metadata(path).map_err(KeysError::file(path))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = about.permissions().mode() & 0o777;
            if mode & 0o007 != 0 {
                return Err(KeysError::Exposed(path.to_owned(), mode));
            }
        }
        if about.len() > SECRET_MAX {
            return Err(KeysError::Malformed(path.to_owned(), "a secret of at most 64 kB"));
        }
        fs::read(path).map(Self).map_err(KeysError::file(path))
    }

    /// The bytes, for those who need them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Writes them to a new file that only its owner may read.
    pub(super) fn write_new(&self, path: &Path) -> Result<(), KeysError> {
        write_new(path, &self.0, 0o600)
    }
}

/// Writes a new file with this mode.
pub(super) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), KeysError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).map_err(|why| {
        if why.kind() == ErrorKind::AlreadyExists {
            return KeysError::Exists(path.to_owned());
        }
        KeysError::File(path.to_owned(), why)
    })?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(KeysError::file(path))
}
