//! The signals that ask a process to end, or to look again.

use std::io;
#[cfg(unix)]
use std::io::IsTerminal;

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Signal {
    /// To end.
    End,
    /// To read again what it was told.
    Reload,
}

/// Hears Ctrl-C and, where there are any, SIGTERM and SIGHUP.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
    /// Whether there is a terminal: SIGHUP also says that it was closed.
    #[cfg(unix)]
    terminal: bool,
}

impl Signals {
    /// Waits until the process is asked to end.
    pub(crate) async fn end(&mut self) {
        while self.next().await != Signal::End {}
    }
}

#[cfg(unix)]
impl Signals {
    /// SIGHUP is heard where it asks for a reload: else it ends a process as it always did, or does
    /// not (`nohup`).
    pub(crate) fn listen(reload: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if reload { Some(signal(SignalKind::hangup())?) } else { None },
            terminal: io::stdin().is_terminal(),
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Signal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Signal::End,
            _ = self.terminate.recv() => Signal::End,
            // Whose terminal was closed has none any more.
            _ = hangup => match self.terminal && !io::stdin().is_terminal() {
                true => Signal::End,
                false => Signal::Reload,
            },
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "it can fail where there are signals")]
    pub(crate) fn listen(_reload: bool) -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Signal {
        // Without a console there is nothing to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::End
    }
}
