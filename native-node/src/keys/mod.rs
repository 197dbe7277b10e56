//! Who belongs to the herd, and who may talk to it.
//!
//! - [`admin`]: the word by which servers are killed and links cut.
//! - [`folder`]: certificates in a folder: made, renewed, shown.
//! - [`revoked`]: certificates that are not believed any more.
//! - [`secret`]: files that nobody else may read, and what is never printed.
//! - [`shared`]: a key that all servers share, and how two show each other that they have it.
//! - [`tls`]: links and clients over TLS.
//! - [`tokens`]: the words by which clients are let in.

pub mod admin;
pub mod folder;
pub mod revoked;
pub mod secret;
pub mod shared;
pub mod tls;
pub mod tokens;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Who has shown to be a server of the herd.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    /// Its name.
    pub name: Box<str>,
    /// The life it speaks for, where that is part of what was shown.
    pub incarnation: Option<u64>,
}

/// Why keys cannot be made or used. Files are as they were.
#[derive(Debug)]
pub enum KeysError {
    /// A file that would be made is there already.
    Exists(PathBuf),
    /// A file cannot be read or written.
    File(PathBuf, io::Error),
    /// Others may read a file that is to be secret; with its mode.
    Exposed(PathBuf, u32),
    /// A file holds something else than what was expected.
    Malformed(PathBuf, &'static str),
    /// There is no authority in this folder yet.
    NoAuthority(PathBuf),
    /// A certificate is another server's.
    OtherName(PathBuf, String),
    /// A certificate is not signed by the herd's authority, or its time is over.
    NotValid(PathBuf, String),
    /// No server can be called this, where keys are used.
    Name(&'static str),
    /// No client can reach a server by this.
    Host(String),
    /// A certificate cannot be made.
    Make(String),
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(path) => {
                write!(f, "{} is there already, and is not written over", path.display())
            }
            Self::File(path, why) => write!(f, "{}: {why}", path.display()),
            Self::Exposed(path, mode) => write!(
                f,
                "{} is secret, and others may read it (its mode is {mode:03o}; 600 was expected)",
                path.display()
            ),
            Self::Malformed(path, expected) => {
                write!(f, "{} is not what was expected: {expected}", path.display())
            }
            Self::NoAuthority(folder) => {
                write!(f, "{} holds no authority that could sign", folder.display())
            }
            Self::OtherName(path, name) => {
                write!(f, "{} is the certificate of `{name}`", path.display())
            }
            Self::NotValid(path, why) => write!(f, "{} cannot be used: {why}", path.display()),
            Self::Name(why) => f.write_str(why),
            Self::Host(host) => write!(
                f,
                "`{host}` is no host: a name like ball.example or an IP address is expected, without a port"
            ),
            Self::Make(why) => write!(f, "no certificate can be made: {why}"),
        }
    }
}

impl std::error::Error for KeysError {}

impl KeysError {
    /// What can be done about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Exists(path) if path.ends_with("ca.pem") => Some(
                "another authority goes into another folder; `herd keys add` uses this one"
                    .to_owned(),
            ),
            Self::Exists(path) if is_in_folder(path) => {
                Some(format!("move {} away, or renew it with --renew", path.display()))
            }
            Self::Exists(path) => Some(format!("move {} away", path.display())),
            Self::Exposed(path, _) => Some(format!("chmod 600 {}", path.display())),
            Self::NoAuthority(folder) => Some(format!("herd keys init {}", folder.display())),
            Self::OtherName(path, _) | Self::NotValid(path, _) if is_in_folder(path) => {
                let name = path.file_stem().unwrap_or_default().display();
                let folder = folder_of(path).display();
                Some(format!("herd keys add {name} --renew --dir {folder}"))
            }
            Self::File(path, why) if why.kind() == io::ErrorKind::NotFound => {
                let folder = folder_of(path).display();
                if is_in_folder(path) {
                    return Some(format!(
                        "`herd keys show {folder}` says which certificates are there"
                    ));
                }
                let authority = path.ends_with("ca.pem");
                authority.then(|| format!("`herd keys init {folder}` makes an authority there"))
            }
            Self::OtherName(..) | Self::NotValid(..) => None,
            Self::File(..)
            | Self::Malformed(..)
            | Self::Name(_)
            | Self::Host(_)
            | Self::Make(_) => None,
        }
    }

    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |why| Self::File(path.to_owned(), why)
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Whether a file is, or would be, a server's among those that an authority has signed.
fn is_in_folder(path: &Path) -> bool {
    let ends = path.extension().is_some_and(|end| end == "pem" || end == "key");
    let authority = path.with_file_name("ca.pem");
    ends && authority.exists() && !path.ends_with("ca.pem") && !path.ends_with("ca.key")
}
