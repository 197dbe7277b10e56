//! What a command serves over HTTP.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Failure;
use crate::config::port_of;
use crate::gateway::{self, Gateway, Origins};
use crate::run::Running;

/// What is being served.
pub(super) struct Web {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Web {
    /// Serves until it is ended.
    pub(super) fn start(main: &Runtime, listener: TcpListener, router: Router) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            // Who can end it no more wants it ended.
            let _ = stopped.await;
        };
        Self { stop, task: main.spawn(gateway::serve(listener, router, stopped)) }
    }

    /// Finishes what is being answered, within bounds.
    pub(super) async fn end(self) {
        let _ = self.stop.send(());
        // It does not fail.
        let _ = self.task.await;
    }
}

/// The servers that run, as they are asked over HTTP.
pub(super) fn interface(running: &Running, origins: &[String]) -> Router {
    let servers = running.servers().iter().filter_map(|started| {
        let inbox = running.inbox(&started.name)?;
        Some(Gateway::new(started.name.clone(), inbox.clone()))
    });
    gateway::router(servers.collect(), &Origins::new(origins))
}

/// Listens where `what` is to be served.
pub(super) async fn bind(address: &str, what: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = TcpListener::bind(address).await.and_then(|l| l.local_addr().map(|at| (l, at)));
    bound.map_err(|error| {
        let message = if error.kind() == io::ErrorKind::AddrInUse {
            let port = port_of(address).unwrap_or_default();
            format!("port {port} is in use: {what} cannot be served on {address}")
        } else {
            format!("{what} cannot be served on {address}: {error}")
        };
        Failure::usage(message)
    })
}
