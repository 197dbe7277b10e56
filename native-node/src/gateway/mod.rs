//! Servers over HTTP: JSON, events, WebSocket, and what a machine that watches them wants to know.
//!
//! Nothing is decided here. Whatever is asked becomes a line over a connection of its own to the
//! server ([`Inbox::join`]), and the answer is made of the server's.
//!
//! - `clients`: `PUT` and `GET` of a client, and what is near it; `record`: records as JSON;
//!   `problem`: what goes wrong (RFC 9457).
//! - `data`: `PUT` and `GET` of data under a key.
//! - `watch`: updates as server-sent events; `socket`: lines over WebSocket; `answers`: which bytes are
//!   an answer.
//! - `enter`: who asks, and what lets it in; `ask`: one line, one answer.
//! - `health`: whether it lives, is ready, and its metrics.
//! - `listen`: connections, bounded; `origin`: which pages may ask; `docs`: what people read.

mod answers;
mod ask;
mod clients;
mod data;
mod docs;
mod enter;
mod health;
mod listen;
mod origin;
mod problem;
mod record;
mod socket;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

pub(crate) use self::data::Head;
pub use self::listen::serve;
pub use self::origin::Origins;
use self::problem::Problem;
pub(crate) use self::record::Record;
use crate::server::Inbox;

/// One server, as it is reached over HTTP.
#[derive(Debug)]
pub struct Gateway {
    name: String,
    inbox: Inbox,
}

impl Gateway {
    /// The server of this name.
    #[must_use]
    pub const fn new(name: String, inbox: Inbox) -> Self {
        Self { name, inbox }
    }

    /// `/v1/…` of this server.
    fn interface(self: &Arc<Self>, origins: &Origins) -> Router {
        Router::new()
            .route("/v1/clients/{id}", get(clients::read).put(clients::write))
            .route("/v1/clients/{id}/places", get(clients::places))
            .route("/v1/data/{key}", get(data::read).put(data::write))
            .route("/v1/watch", get(watch::events))
            .route("/v1/socket", get(socket::open))
            .route("/v1/openapi.json", get(docs::openapi))
            .route("/v1/docs", get(docs::page))
            .route("/v1/{*rest}", axum::routing::any(async || Problem::nowhere()))
            .with_state(Arc::clone(self))
            .layer(from_fn_with_state(origins.clone(), origin::check))
    }
}

/// What the servers of this process are asked over one port: the first at `/v1/…`, each at
/// `/servers/{name}/v1/…`, all of them by whoever watches them.
pub fn router(servers: Vec<Gateway>, origins: &Origins) -> Router {
    let servers: Arc<[Arc<Gateway>]> = servers.into_iter().map(Arc::new).collect();
    let mut router = Router::new()
        .route("/metrics", get(health::metrics))
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::ready))
        .with_state(Arc::clone(&servers));
    if let Some(first) = servers.first() {
        router = router.merge(first.interface(origins));
    }
    for server in &*servers {
        let path = format!("/servers/{}", record::escaped(server.name.as_bytes()));
        router = router.nest(&path, server.interface(origins));
    }
    router
}
