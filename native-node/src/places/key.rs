//! The key of a Places service: never printed, never logged.

use std::fmt;
use std::path::{Path, PathBuf};

/// The environment variable that may hold the key.
const VARIABLE: &str = "HERD_PLACES_KEY";

/// A key. `Debug` does not show it.
#[derive(Clone, Eq, PartialEq)]
pub struct Key(String);

/// Why there is no key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyError {
    /// Its file cannot be read.
    Unreadable(PathBuf, String),
    /// What was given is empty or has white space or control characters in it.
    Malformed(&'static str),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, why) => {
                write!(f, "--places-key-file: {} cannot be read: {why}", path.display())
            }
            Self::Malformed(place) => write!(f, "{place} holds no key: one word was expected"),
        }
    }
}

impl std::error::Error for KeyError {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// The key in the file, or else in the environment.
    ///
    /// # Errors
    /// The file cannot be read, or what is there is no key.
    pub fn find(file: Option<&Path>) -> Result<Option<Self>, KeyError> {
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|why| KeyError::Unreadable(path.to_owned(), why.to_string()))?;
            return Self::new(&text).map(Some).ok_or(KeyError::Malformed("the key file"));
        }
        match std::env::var_os(VARIABLE) {
            None => Ok(None),
            Some(text) if text.is_empty() => Ok(None),
            Some(text) => text
                .to_str()
                .and_then(Self::new)
                .map(Some)
                .ok_or(KeyError::Malformed("HERD_PLACES_KEY")),
        }
    }

    /// The key `text`, white space at its ends aside; `None` if that is no key.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The key itself, for the request alone.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the key, plain or percent-encoded.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "[key]").replace(&super::http::escaped(&self.0), "[key]")
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn a_key_does_not_show() {
        let key = Key::new(" s3cr+t\n").expect("a key");
        assert_eq!(format!("{key:?}"), "Key(..)");
        assert_eq!(key.redact("GET /?key=s3cr%2Bt or s3cr+t"), "GET /?key=[key] or [key]");
    }

    #[test]
    fn what_is_no_key() {
        assert_eq!(Key::new(""), None);
        assert_eq!(Key::new("two words"), None);
        assert_eq!(Key::new("new\r\nHeader:x"), None);
    }
}
