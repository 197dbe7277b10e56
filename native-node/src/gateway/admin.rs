//! What may be done to servers while they run, by who has the admin token.
//!
//! `POST /v1/admin/servers/{name}/kill`, `…/start?disk=empty`, `…/cut?neighbour=B`, `…/heal?neighbour=B`
//! (with `&way=out` or `&way=in` one way only).
//! Whatever is done or refused stands in that server's log, with the address that asked for it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde::Serialize;

use super::clients::query;
use super::enter::Asker;
use super::live::Live;
use super::problem::Problem;
use crate::config::{Herd, Neighbour};
use crate::live::Cut;
use crate::run::{ControlError, Found};

/// What was done.
#[derive(Debug, Serialize)]
pub(super) struct Done {
    server: String,
    done: &'static str,
    /// The other end of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    neighbour: Option<String>,
    /// Which way of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<&'static str>,
    /// Whether both ends of it took part; one that is elsewhere only finds itself cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    both: Option<bool>,
}

/// `POST /v1/admin/servers/{name}/{what}`.
pub(super) async fn act(
    State(live): State<Arc<Live>>,
    Path((name, what)): Path<(String, String)>,
    asker: Asker,
    uri: Uri,
) -> Result<Json<Done>, Problem> {
    let from = asker.from();
    if let Err(problem) = allowed(&live, &asker) {
        live.control.refused(&name, &format!("{from} may not {}", word(&what)));
        return Err(problem);
    }
    let by = from.to_string();
    let (mut neighbour, mut way, mut found) = (None, Cut::Both, Found::Kept);
    for (key, value) in query(&uri) {
        let value = String::from_utf8_lossy(&value).into_owned();
        match (&*key, &*what, &*value) {
            (b"neighbour", "cut" | "heal", _) => neighbour = Some(value),
            (b"way", "cut" | "heal", "both") => way = Cut::Both,
            (b"way", "cut" | "heal", "out") => way = Cut::Out,
            (b"way", "cut" | "heal", "in") => way = Cut::In,
            (b"disk", "start", "empty") => found = Found::Nothing,
            (b"disk", "start", "kept") => found = Found::Kept,
            _ => {
                return Err(Problem::invalid(
                    "A start knows disk=kept and disk=empty, a cut and a heal neighbour=NAME and \
                     way=both, way=out or way=in.",
                ));
            }
        }
    }
    let control = &live.control;
    let mut done =
        Done { server: name.clone(), done: word(&what), neighbour: None, way: None, both: None };
    match (&*what, neighbour) {
        ("kill", _) => control.kill(&name, &by).await.map_err(problem)?,
        ("start", _) => control.start(&name, found, &by).await.map_err(problem)?,
        ("cut" | "heal", Some(neighbour)) => {
            let cut = what == "cut";
            let ends = (&*name, &*neighbour);
            let both = control.cut(ends, way, cut, &by).await.map_err(problem)?;
            (done.way, done.both) = (Some(way.word()), Some(both));
            done.neighbour = Some(neighbour);
        }
        ("cut" | "heal", None) => {
            return Err(Problem::invalid("Say from whom, with ?neighbour=NAME."));
        }
        _ => return Err(Problem::nowhere()),
    }
    Ok(Json(done))
}

/// What may be done, as a word that can stand in a log, whatever was asked for.
fn word(what: &str) -> &'static str {
    ["kill", "start", "cut", "heal"].into_iter().find(|known| *known == what).unwrap_or("do that")
}

fn allowed(live: &Live, asker: &Asker) -> Result<(), Problem> {
    let Some(admin) = live.admin else { return Err(Problem::no_admin()) };
    match asker.token() {
        None => Err(Problem::not_admin("The admin token is wanted, as Authorization: Bearer.")),
        Some(token) if admin.is(token) => Ok(()),
        Some(_) => Err(Problem::not_admin("This is not the admin token.")),
    }
}

fn problem(why: ControlError) -> Problem {
    let detail = why.to_string();
    match why {
        ControlError::Unknown(_) | ControlError::NoLink(..) => Problem::no_server(detail),
        ControlError::Already(_) | ControlError::NoDisk => Problem::already(detail),
        ControlError::Late | ControlError::Start(_) => Problem::busy(&detail),
    }
}

/// The herd, for who wants to find its servers.
#[derive(Debug, Serialize)]
pub(super) struct Listing {
    cluster: String,
    preset: &'static str,
    trees: &'static str,
    version: &'static str,
    /// Whether there is an admin token.
    admin: bool,
    servers: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    address: String,
    /// Whether it runs; nothing of those that are not in this process.
    up: Option<bool>,
    /// Where it is asked over HTTP, below this address or at another.
    http: Option<String>,
    neighbours: Vec<String>,
}

/// `GET /v1/herd`: who belongs to the herd, and where they are.
pub(super) async fn herd(State(live): State<Arc<Live>>) -> Json<Listing> {
    let Herd { cluster, preset, trees, servers, .. } = live.control.herd();
    let listed = |member: crate::config::Member| {
        let life = live.control.life(&member.name);
        let here = life.is_some();
        let path = || format!("/servers/{}", super::record::escaped(member.name.as_bytes()));
        let elsewhere = || member.http.as_ref().map(|address| format!("http://{address}"));
        let name = |neighbour: Neighbour| neighbour.name;
        Listed {
            up: life.map(|life| life.inbox.is_open()),
            http: if here { Some(path()) } else { elsewhere() },
            neighbours: member.neighbours.into_iter().map(name).collect(),
            name: member.name,
            address: member.address,
        }
    };
    Json(Listing {
        cluster,
        preset: preset.name(),
        trees: trees.name(),
        version: env!("CARGO_PKG_VERSION"),
        admin: live.admin.is_some(),
        servers: servers.into_iter().map(listed).collect(),
    })
}
