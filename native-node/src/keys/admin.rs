//! The word by which somebody may kill servers and cut links.

use std::env;
use std::fmt;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use ring::rand::{SecureRandom, SystemRandom};

use super::KeysError;
use super::secret::Secret;

/// The variable that may hold it.
pub const VARIABLE: &str = "HERD_ADMIN_TOKEN";

/// Random bytes in one that is drawn.
const DRAWN: usize = 16;
/// Bytes in a token at least, so that nobody guesses one, and at most.
const LENGTH: std::ops::RangeInclusive<usize> = 16..=256;

const EXPECTED: &str = "one line of 16 to 256 visible characters";

/// The admin token. Only its digest is kept.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct AdminToken([u8; SHA256_OUTPUT_LEN]);

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

impl AdminToken {
    /// One that nobody can guess, and its text, to be shown once.
    ///
    /// # Errors
    /// The system draws nothing.
    pub fn draw() -> io::Result<(Self, String)> {
        let mut drawn = [0; DRAWN];
        let random = SystemRandom::new().fill(&mut drawn);
        random.map_err(|_| io::Error::other("the system draws no random numbers"))?;
        let text = URL_SAFE_NO_PAD.encode(drawn);
        Ok((Self::of(text.as_bytes()), text))
    }

    /// The one in a file that others may not read.
    ///
    /// # Errors
    /// It cannot be read, others may read it, or it holds something else.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let secret = Secret::read(path)?;
        let fits = Self::checked(secret.bytes());
        fits.ok_or_else(|| KeysError::Malformed(path.to_owned(), EXPECTED))
    }

    /// The one in the environment, if there is one.
    ///
    /// # Errors
    /// It holds something else.
    pub fn in_environment() -> Result<Option<Self>, String> {
        let Some(text) = env::var_os(VARIABLE).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let token = Self::checked(text.as_encoded_bytes());
        token.map(Some).ok_or_else(|| format!("{VARIABLE} holds no token: {EXPECTED} is expected"))
    }

    fn checked(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        let fits = LENGTH.contains(&text.len()) && text.iter().all(u8::is_ascii_graphic);
        fits.then(|| Self::of(text))
    }

    fn of(text: &[u8]) -> Self {
        let digest = digest(&SHA256, text);
        Self(digest.as_ref().try_into().expect("a digest has its length"))
    }

    /// Whether this is it. Takes the same time whatever is shown: it compares digests, to their ends.
    #[must_use]
    pub fn is(&self, shown: &[u8]) -> bool {
        let shown = Self::of(shown).0;
        self.0.iter().zip(shown).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::AdminToken;

    #[test]
    fn a_token_is_long_and_of_what_can_be_seen() {
        assert!(AdminToken::checked(b"  0123456789abcdef\n").is_some());
        for wrong in [&b"0123456789abcde"[..], b"0123456789 abcdef", b"", &[b'x'; 257]] {
            assert!(AdminToken::checked(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn the_one_that_is_drawn_is_known_and_never_shown_again() {
        let (token, text) = AdminToken::draw().expect("randomness");
        assert!(
            text.len() >= 22
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        assert!(token.is(text.as_bytes()));
        assert!(!token.is(&text.as_bytes()[1..]) && !token.is(b""));
        assert_eq!(format!("{token:?}"), "AdminToken(..)");
        assert_ne!(AdminToken::draw().expect("randomness").1, text);
    }
}
