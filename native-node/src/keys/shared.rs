//! A key that all servers share, and how two show each other that they have it.
//!
//! ```text
//! dialer:   ENQ 1 · nonce · herd, name, incarnation
//! dialed:   nonce · name, incarnation · HMAC(key, "dialed" · all of the above)
//! dialer:   HMAC(key, "dialer" · all of the above but the HMAC)
//! ```
//!
//! Then the link goes on as a plain one, in the clear: who listens on the way can read it, and
//! who can change what passes can change it. Where that matters, links use certificates.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use herd_core::limits::NAME_MAX;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::secret::Secret;
use super::{KeysError, Proof};

/// The first byte of the exchange: no client begins a line with it.
pub(crate) const ENQUIRY: u8 = 0x05;
const VERSION: u8 = 1;
const NONCE: usize = 32;
const MAC: usize = 32;
/// Characters in a key at least, so that nobody guesses it.
const KEY_MIN: usize = 32;
const KEY_MAX: usize = 4096;
/// The environment variable that may hold the key.
pub const VARIABLE: &str = "HERD_LINK_KEY";

/// A key that all servers of a herd share.
#[derive(Clone)]
pub struct SharedKey(Arc<hmac::Key>);

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedKey(..)")
    }
}

/// A server, as it says who it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Myself {
    /// The herd.
    pub cluster: Box<str>,
    /// The server.
    pub name: Box<str>,
    /// Its life.
    pub incarnation: u64,
}

impl SharedKey {
    /// The key in a file that others may not read.
    ///
    /// # Errors
    /// It cannot be read, others may read it, or it is too short.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let secret = Secret::read(path)?;
        let expected = "a key of 32 to 4096 bytes, such as `herd keys shared FILE` makes";
        Self::new(&secret).ok_or_else(|| KeysError::Malformed(path.to_owned(), expected))
    }

    /// The key that these bytes are, white space at their ends aside; `None` if they are too few.
    #[must_use]
    pub fn new(secret: &Secret) -> Option<Self> {
        let bytes = secret.bytes().trim_ascii();
        let fits = (KEY_MIN..=KEY_MAX).contains(&bytes.len());
        fits.then(|| Self(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, bytes))))
    }

    /// Writes a new key to a new file.
    ///
    /// # Errors
    /// The file is there, or cannot be written; the system gives no random numbers.
    pub fn make(path: &Path) -> Result<(), KeysError> {
        let bytes = random::<32>().map_err(KeysError::file(path))?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Secret::new(text + "\n").write_new(path)
    }

    fn sign(&self, role: &[u8], said: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(role);
        context.update(said);
        context.sign()
    }

    fn check(&self, role: &[u8], said: &[u8], tag: &[u8]) -> io::Result<()> {
        let all = [role, said].concat();
        hmac::verify(&self.0, &all, tag).map_err(|_| refused("it does not have the herd's key"))
    }
}

const DIALER: &[u8] = b"herd link, dialer: ";
const DIALED: &[u8] = b"herd link, dialed: ";

/// Shows the server that was dialed that we have the key, and sees that it has; who it is.
///
/// # Errors
/// It has not, or the connection is lost.
pub async fn dial<S>(stream: &mut S, key: &SharedKey, myself: &Myself) -> io::Result<Proof>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut said = vec![ENQUIRY, VERSION];
    said.extend_from_slice(&random::<NONCE>()?);
    put_name(&mut said, &myself.cluster);
    put_name(&mut said, &myself.name);
    said.extend_from_slice(&myself.incarnation.to_be_bytes());
    stream.write_all(&said).await?;

    hear(stream, &mut said, NONCE).await?;
    let name = hear_name(stream, &mut said).await?;
    let incarnation = hear_number(stream, &mut said).await?;
    let mut tag = [0; MAC];
    stream.read_exact(&mut tag).await?;
    key.check(DIALED, &said, &tag)?;
    stream.write_all(key.sign(DIALER, &said).as_ref()).await?;
    Ok(Proof { name, incarnation: Some(incarnation) })
}

/// Shows the server that dialed us that we have the key, and sees that it has; who it is.
///
/// # Errors
/// It has not, it is of another herd, it says something else, or the connection is lost.
pub async fn dialed<S>(stream: &mut S, key: &SharedKey, myself: &Myself) -> io::Result<Proof>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut said = Vec::new();
    hear(stream, &mut said, 2 + NONCE).await?;
    if said[..2] != [ENQUIRY, VERSION] {
        return Err(refused("it speaks another version"));
    }
    let cluster = hear_name(stream, &mut said).await?;
    if cluster != myself.cluster {
        return Err(refused("it is of another herd"));
    }
    let name = hear_name(stream, &mut said).await?;
    let incarnation = hear_number(stream, &mut said).await?;
    let begin = said.len();
    said.extend_from_slice(&random::<NONCE>()?);
    put_name(&mut said, &myself.name);
    said.extend_from_slice(&myself.incarnation.to_be_bytes());
    let mut answer = said[begin..].to_vec();
    answer.extend_from_slice(key.sign(DIALED, &said).as_ref());
    stream.write_all(&answer).await?;
    let mut tag = [0; MAC];
    stream.read_exact(&mut tag).await?;
    key.check(DIALER, &said, &tag)?;
    Ok(Proof { name, incarnation: Some(incarnation) })
}

fn put_name(said: &mut Vec<u8>, name: &str) {
    said.push(u8::try_from(name.len()).expect("names are short"));
    said.extend_from_slice(name.as_bytes());
}

/// Hears so many bytes and adds them to what was said.
async fn hear<S>(stream: &mut S, said: &mut Vec<u8>, length: usize) -> io::Result<()>
where
    S: AsyncRead + Unpin,
{
    let begin = said.len();
    said.resize(begin + length, 0);
    stream.read_exact(&mut said[begin..]).await.map(|_| ())
}

async fn hear_name<S>(stream: &mut S, said: &mut Vec<u8>) -> io::Result<Box<str>>
where
    S: AsyncRead + Unpin,
{
    hear(stream, said, 1).await?;
    let length = usize::from(said[said.len() - 1]);
    if length > NAME_MAX {
        return Err(refused("its name is too long"));
    }
    hear(stream, said, length).await?;
    let name = std::str::from_utf8(&said[said.len() - length..]);
    name.map(Into::into).map_err(|_| refused("its name is no text"))
}

async fn hear_number<S>(stream: &mut S, said: &mut Vec<u8>) -> io::Result<u64>
where
    S: AsyncRead + Unpin,
{
    hear(stream, said, 8).await?;
    let bytes = said[said.len() - 8..].try_into().expect("eight bytes");
    Ok(u64::from_be_bytes(bytes))
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(bytes)
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

#[cfg(test)]
mod tests;
