//! What a machine asks that watches servers.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Gateway;
use crate::metrics;

type Servers = State<Arc<[Arc<Gateway>]>>;

/// `GET /metrics`: what all servers of this process count.
pub(super) async fn metrics(State(servers): Servers) -> Response {
    let lives: Vec<_> = servers.iter().map(|server| (&*server.name, server.inbox())).collect();
    let all = lives.iter().map(|(name, inbox)| metrics::Server {
        name,
        is_up: inbox.is_open(),
        metrics: inbox.metrics(),
    });
    let all: Vec<_> = all.collect();
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics::of_all(&all)).into_response()
}

/// `GET /healthz`: whether all servers of this process run.
pub(super) async fn lives(State(servers): Servers) -> Response {
    tell(&servers, "has ended", |server| server.inbox().is_open())
}

/// `GET /readyz`: whether all have read their disks, listen, and speak to a neighbour if they have any.
pub(super) async fn ready(State(servers): Servers) -> Response {
    // Whoever is in the list listens, and has read its disk before.
    tell(&servers, "speaks to no neighbour", |server| {
        let inbox = server.inbox();
        inbox.is_open() && inbox.metrics().is_ready()
    })
}

fn tell(servers: &[Arc<Gateway>], what: &str, holds: impl Fn(&Gateway) -> bool) -> Response {
    let not: String = servers
        .iter()
        .filter(|server| !holds(server))
        .map(|server| format!("{} {what}\n", server.name))
        .collect();
    if not.is_empty() {
        (StatusCode::OK, "ok\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, not).into_response()
    }
}
