//! One line to a server, and its answer.

use std::io;
use std::time::Duration;

use herd_core::limits::PLACES_MAX;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::enter::{Asker, enter};
use super::problem::Problem;
use crate::server::Inbox;

/// How long an answer may take: more than a server waits for its Places service and for its disk.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes in an answer: Places' and a record.
const ANSWER_MAX: u64 = PLACES_MAX as u64 + (64 << 10);

/// Says a line (without LF) to a server; everything it says to that, with every LF.
///
/// # Errors
/// The server has ended, or has not answered within ten seconds, or does not let the asker in.
pub(super) async fn ask(inbox: &Inbox, asker: &Asker, line: &[u8]) -> Result<Vec<u8>, Problem> {
    let asked = async {
        let mut pipe = enter(inbox, asker).await?;
        let answered = async {
            // What is said at once is heard at once.
            pipe.write_all(&[line, b"\n"].concat()).await?;
            pipe.shutdown().await?;
            let mut answer = Vec::new();
            pipe.take(ANSWER_MAX).read_to_end(&mut answer).await?;
            Ok(answer)
        };
        answered.await.map_err(|error: io::Error| Problem::silent(&error))
    };
    let late = Problem::silent(&io::ErrorKind::TimedOut.into());
    timeout(PATIENCE, asked).await.unwrap_or(Err(late))
}
