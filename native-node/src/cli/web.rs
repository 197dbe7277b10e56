//! What a command serves over HTTP.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use clap::Args;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Failure;
use super::guard::keys_failure;
use crate::config::port_of;
use crate::gateway::{self, Origins};
use crate::keys::admin::AdminToken;
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

/// Who may ask over HTTP, and for what.
#[derive(Args, Debug)]
pub(super) struct Reach {
    /// A site whose pages may ask over HTTP, like `https://maps.example`; several times for several
    #[arg(long, value_name = "ORIGIN", value_parser = Origins::parse)]
    http_origin: Vec<String>,

    /// A name by which servers are asked over HTTP, beside addresses, localhost, names in the herd
    /// file, those without a dot and those of --http-origin; several times for several
    #[arg(long, value_name = "HOST")]
    http_name: Vec<String>,

    /// File with the admin token, 16 to 256 visible characters: who has it may kill servers, start
    /// them again and cut links over HTTP and in the page (it may stand in the environment, in
    /// HERD_ADMIN_TOKEN)
    #[arg(long, value_name = "FILE")]
    admin_token_file: Option<PathBuf>,
}

impl Reach {
    /// Refuses what is said of HTTP where nothing is asked over it.
    pub(super) fn check_unused(&self) -> Result<(), Failure> {
        let given = [
            (!self.http_origin.is_empty()).then_some("--http-origin"),
            (!self.http_name.is_empty()).then_some("--http-name"),
            self.admin_token_file.as_ref().map(|_| "--admin-token-file"),
        ];
        let Some(option) = given.into_iter().flatten().next() else { return Ok(()) };
        let message = format!("{option}: this server is not asked over HTTP");
        Err(Failure::usage(message).hint("say where it is, with --http HOST:PORT"))
    }

    /// The admin token, if one is given.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub(super) fn admin(&self) -> Result<Option<AdminToken>, Failure> {
        match &self.admin_token_file {
            Some(path) => AdminToken::read(path).map(Some).map_err(|why| keys_failure(&why)),
            None => AdminToken::in_environment().map_err(Failure::usage),
        }
    }

    /// The servers that run, as they are asked over HTTP at `address`.
    pub(super) fn interface(
        &self,
        running: &Running,
        address: &str,
        admin: Option<AdminToken>,
    ) -> Router {
        let herd = running.control().herd();
        let members = herd
            .servers
            .iter()
            .flat_map(|member| [Some(&member.listen), Some(&member.address), member.http.as_ref()]);
        let names = members.flatten().chain(&self.http_name).map(String::as_str).chain([address]);
        let origins = Origins::new(&self.http_origin).by_names(names);
        gateway::router(running.control(), &origins, admin)
    }
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
