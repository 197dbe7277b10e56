//! Who is let in by the servers of a process.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::StartError;
use crate::keys::shared::SharedKey;
use crate::keys::tls::Tls;
use crate::keys::tokens::Tokens;
use crate::server::{Door, Links};

/// Who is let in by servers.
#[derive(Clone, Debug, Default)]
pub struct Security {
    /// How they know each other.
    pub links: Known,
    /// Whether clients have to use TLS.
    pub tls_only: bool,
    /// What is spoken over QUIC.
    pub quic: Quic,
    /// The tokens of which a client has to show one.
    pub tokens: Option<Arc<Tokens>>,
    /// Where hands are shaken; else beside the servers.
    pub runtime: Option<Handle>,
}

/// What is spoken over QUIC, where servers have certificates.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Quic {
    /// Nothing.
    #[default]
    Off,
    /// Whatever others dial.
    Heard,
    /// That, and servers dial each other over it.
    Links,
}

/// How servers know each other.
#[derive(Clone, Debug)]
pub enum Known {
    /// By what they say: on this machine only, or from everywhere.
    Plain {
        /// From everywhere.
        everywhere: bool,
    },
    /// By certificates in this folder.
    Certificates(PathBuf),
    /// By a key they share.
    Shared(SharedKey),
}

impl Default for Known {
    fn default() -> Self {
        Self::Plain { everywhere: false }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain { everywhere: false } => f.write_str("plain links, on this machine only"),
            Self::Plain { everywhere: true } => f.write_str("plain links, from everywhere"),
            Self::Certificates(folder) => write!(f, "links by the keys in {}", folder.display()),
            Self::Shared(_) => f.write_str("links by a shared key"),
        }
    }
}

impl Security {
    /// Whether any of it stands in files, which may be others by now.
    pub(crate) const fn is_read(&self) -> bool {
        !matches!(self.links, Known::Plain { .. }) || self.tokens.is_some()
    }

    /// Who is let in by the server `name`.
    pub(super) fn door(&self, name: &str) -> Result<Door, StartError> {
        let links = match &self.links {
            Known::Plain { everywhere } => Links::Plain { everywhere: *everywhere },
            Known::Certificates(folder) => {
                Links::Tls(Tls::load(folder, name).map_err(StartError::Keys)?)
            }
            Known::Shared(key) => Links::Shared(key.clone()),
        };
        let Self { tls_only, quic, tokens, runtime, .. } = self.clone();
        let (heard, dialed) = (quic >= Quic::Heard, quic == Quic::Links);
        Ok(Door { links, tls_only, quic: heard, quic_links: dialed, tokens, runtime })
    }
}
