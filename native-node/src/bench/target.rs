//! The servers that a load is sent to.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::BenchError;
use crate::client::{Line, Over, WELCOME};
use crate::keys::secret::Secret;

/// A server, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it is.
    pub address: SocketAddr,
    /// What it is spoken to over.
    pub over: Over,
    /// The line that shows a token, if it wants one.
    pub token: Option<Secret>,
}

impl Target {
    /// Opens a connection that is let in.
    pub(super) async fn open(&self) -> Result<Box<dyn Line>, BenchError> {
        let error = |error| BenchError::Connection(self.address, error);
        let mut stream = self.over.open(&self.address.to_string()).await.map_err(error)?;
        let Some(token) = &self.token else { return Ok(stream) };
        let shown = async {
            stream.write_all(token.bytes()).await?;
            stream.flush().await?;
            let mut answer = Vec::new();
            while answer.last() != Some(&b'\n') && answer.len() < WELCOME.len() {
                answer.push(stream.read_u8().await?);
            }
            io::Result::Ok(answer)
        };
        let answer = shown.await.map_err(error)?;
        if answer == WELCOME {
            return Ok(stream);
        }
        Err(BenchError::Stranger(self.address))
    }
}
