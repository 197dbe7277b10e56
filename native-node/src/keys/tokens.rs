//! The words by which clients are let in.

use std::fmt;
use std::path::Path;

use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

use super::KeysError;
use super::secret::Secret;

/// Bytes in a token at least, so that nobody guesses one.
const TOKEN_MIN: usize = 16;
/// Bytes in a token at most: it fits a line of a client.
const TOKEN_MAX: usize = 256;
/// Tokens in a file.
const TOKENS_MAX: usize = 1024;

const EXPECTED: &str = "a token a line, each of 16 to 256 visible characters; # begins a comment";

/// The tokens clients may show. Only their digests are kept, so that comparing takes the same time
/// whatever is shown.
#[derive(Clone, Eq, PartialEq)]
pub struct Tokens(Vec<[u8; SHA256_OUTPUT_LEN]>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.0.len())
    }
}

impl Tokens {
    /// The tokens in a file, one a line.
    ///
    /// # Errors
    /// It cannot be read, others may read it, or it holds something else.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let secret = Secret::read(path)?;
        let malformed = || KeysError::Malformed(path.to_owned(), EXPECTED);
        let text = std::str::from_utf8(secret.bytes()).map_err(|_| malformed())?;
        let lines = text.lines().map(str::trim);
        let words: Vec<&str> =
            lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let fits = |word: &&str| {
            (TOKEN_MIN..=TOKEN_MAX).contains(&word.len())
                && word.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if words.is_empty() || words.len() > TOKENS_MAX || !words.iter().all(fits) {
            return Err(malformed());
        }
        Ok(Self(words.iter().map(|word| hash(word.as_bytes())).collect()))
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn has(&self, word: &[u8]) -> bool {
        let shown = hash(word);
        self.0.contains(&shown)
    }
}

fn hash(word: &[u8]) -> [u8; SHA256_OUTPUT_LEN] {
    let digest = digest(&SHA256, word);
    digest.as_ref().try_into().expect("a digest has its length")
}
