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
//! - `live`: the herd as it runs, for a page that shows it; `admin`: what may be done to it.
//! - `enter`: who asks, and what lets it in; `ask`: one line, one answer.
//! - `health`: whether it lives, is ready, and its metrics.
//! - `listen`: connections, bounded; `origin`: which pages may ask; `docs`: what people read.

mod admin;
mod answers;
mod ask;
mod clients;
mod data;
mod docs;
mod enter;
mod health;
mod listen;
mod live;
mod origin;
mod problem;
mod record;
mod socket;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{any, get, post};

pub(crate) use self::data::Head;
pub use self::listen::serve;
use self::live::Live;
pub use self::origin::Origins;
use self::problem::Problem;
pub(crate) use self::record::Record;
use crate::keys::admin::AdminToken;
use crate::run::Control;
use crate::server::Inbox;

/// One server, as it is reached over HTTP.
#[derive(Debug)]
struct Gateway {
    name: String,
    control: Arc<Control>,
}

impl Gateway {
    /// How it is reached, in the life it has now.
    fn inbox(&self) -> Inbox {
        self.control.life(&self.name).expect("each is made of one of the control's").inbox
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
            .route("/v1/{*rest}", any(async || Problem::nowhere()))
            .with_state(Arc::clone(self))
            .layer(map_response(problem::of_all))
            .layer(from_fn_with_state(origins.clone(), origin::check))
    }
}

/// What the servers of this process are asked over one port: the first at `/v1/…`, each at
/// `/servers/{name}/v1/…`, all of them by whoever watches them, or may take them in hand.
pub fn router(control: &Arc<Control>, origins: &Origins, admin: Option<AdminToken>) -> Router {
    let gateway =
        |name: &str| Arc::new(Gateway { name: name.to_owned(), control: Arc::clone(control) });
    let servers: Arc<[Arc<Gateway>]> = control.names().map(gateway).collect();
    let live = Arc::new(Live::new(Arc::clone(control), admin));
    let together = Router::new()
        .route("/v1/live", get(live::open))
        .route("/v1/herd", get(admin::herd))
        .route("/v1/admin/servers/{name}/{what}", post(admin::act))
        .route("/servers/{*rest}", any(async || Problem::no_such_server()))
        .with_state(live)
        .layer(map_response(problem::of_all))
        .layer(from_fn_with_state(origins.clone(), origin::check));
    let mut router = Router::new()
        .route("/metrics", get(health::metrics))
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::ready))
        .with_state(Arc::clone(&servers))
        .merge(together);
    if let Some(first) = servers.first() {
        router = router.merge(first.interface(origins));
    }
    for server in &*servers {
        let path = format!("/servers/{}", record::escaped(server.name.as_bytes()));
        router = router.nest(&path, server.interface(origins));
    }
    router
}
