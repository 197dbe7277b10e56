//! Connections to the herd: told over WebSocket, asked over HTTP.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageEvent, RequestInit, Response, WebSocket};

use super::{Attached, ns};
use crate::geometry::Thing;

/// Waits before one tries again, ms: the first, and the longest.
const AGAIN: (u64, u64) = (500, 10_000);

/// Those who are asked.
#[derive(Default)]
pub(super) struct Sources {
    all: Vec<Source>,
    /// Until it is said otherwise, they are tried again.
    over: Rc<Cell<bool>>,
    token: Option<String>,
    /// What they were asked for last.
    asked: String,
}

struct Source {
    address: String,
    socket: Option<WebSocket>,
}

/// Opens connections to these addresses, and keeps them open.
pub(super) fn open(live: Attached, addresses: Vec<String>, token: Option<String>) {
    let over = Rc::new(Cell::new(false));
    let source = |address: &String| Source { address: address.clone(), socket: None };
    let all: Vec<Source> = addresses.iter().map(source).collect();
    let count = all.len();
    live.sources.set_value(Sources { all, over: Rc::clone(&over), token, asked: String::new() });
    for source in 0..count {
        connect(live, source, Rc::clone(&over), AGAIN.0);
    }
}

/// Closes them all, for good.
pub(super) fn close(live: Attached) {
    live.sources.update_value(|sources| {
        sources.over.set(true);
        for socket in sources.all.iter().filter_map(|source| source.socket.as_ref()) {
            // It may be closed already.
            drop(socket.close());
        }
        *sources = Sources::default();
    });
    live.reached.set(Vec::new());
}

fn connect(live: Attached, source: usize, over: Rc<Cell<bool>>, wait: u64) {
    if over.get() {
        return;
    }
    let address = live.sources.with_value(|sources| sources.all[source].address.clone());
    let secure = window().location().protocol().is_ok_and(|protocol| protocol == "https:");
    let scheme = if secure { "wss" } else { "ws" };
    let Ok(socket) = WebSocket::new(&format!("{scheme}://{address}/v1/live")) else {
        return say(live, source, Some("no address".to_owned()));
    };
    let token = live.sources.with_value(|sources| sources.token.clone());
    // It has worked once it tells something: then one begins to wait anew.
    let told = Rc::new(Cell::new(false));
    let hears = {
        let (told, over, socket) = (Rc::clone(&told), Rc::clone(&over), socket.clone());
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(text) = event.data().as_string().filter(|_| !over.get()) else { return };
            if !told.replace(true) {
                if let Some(token) = &token {
                    drop(socket.send_with_str(&format!("TOKEN {token}")));
                }
                live.sources.update_value(|sources| sources.asked.clear());
            }
            if text.starts_with("WANTED") && token.is_none() {
                return say(live, source, Some("a token is wanted".to_owned()));
            }
            say(live, source, None);
            let now = window().performance().map_or(0.0, |performance| performance.now());
            live.change(|herd| herd.hear(source, &text, ns(now)));
        })
    };
    socket.set_onmessage(Some(hears.as_ref().unchecked_ref()));
    let ends = Closure::once_into_js(move |event: JsValue| {
        drop(hears);
        if over.get() {
            return;
        }
        live.change(|herd| herd.lost(source));
        let reason = js_sys::Reflect::get(&event, &"reason".into());
        let reason = reason.ok().and_then(|reason| reason.as_string()).unwrap_or_default();
        let known = !reason.is_empty();
        let word = if told.get() { "lost" } else { "not reached" };
        let why = if known { reason } else { format!("{word}; trying again") };
        say(live, source, Some(why));
        if !known {
            let wait = if told.get() { AGAIN.0 } else { wait };
            let again = move || connect(live, source, over, (2 * wait).min(AGAIN.1));
            set_timeout(again, Duration::from_millis(wait));
        }
    });
    socket.set_onclose(Some(ends.unchecked_ref()));
    live.sources.update_value(|sources| sources.all[source].socket = Some(socket));
}

/// Says how one of those who are asked can be reached.
fn say(live: Attached, source: usize, wrong: Option<String>) {
    let same = live
        .reached
        .with_untracked(|reached| reached.get(source).is_none_or(|(_, known)| *known == wrong));
    if !same {
        live.reached.update(|reached| reached[source].1 = wrong);
    }
}

/// Asks for what the stage is to show: the clients one heard of, and the tree of who is selected.
pub(super) fn ask(live: Attached) {
    let root = match live.selected.get_untracked() {
        Some(Thing::Server(server)) => Some(server),
        Some(Thing::Link(_) | Thing::Message(_)) | None => None,
    };
    let asked = live.change(|herd| {
        let root = root.and_then(|server| herd.servers().get(server as usize));
        let root = root.map_or("", |server| &server.name);
        format!("FOLLOW {}\nTREE {root}", herd.asked().join(" "))
    });
    live.sources.update_value(|sources| {
        if sources.asked == asked {
            return;
        }
        let open = sources.all.iter().filter_map(|source| source.socket.as_ref());
        for socket in open.filter(|socket| socket.ready_state() == WebSocket::OPEN) {
            for line in asked.lines() {
                drop(socket.send_with_str(line));
            }
        }
        sources.asked = asked;
    });
}

/// Has something done over HTTP by who has the server; what comes of it is said.
pub(super) fn act(live: Attached, server: u32, what: Act) {
    let found = live.change(|herd| {
        let server = herd.servers().get(server as usize)?;
        Some((server.name.clone(), server.source))
    });
    let Some((name, source)) = found else { return };
    let (address, token) = live.sources.with_value(|sources| {
        let address = sources.all.get(source).map(|source| source.address.clone());
        (address.unwrap_or_default(), sources.token.clone())
    });
    let protocol = window().location().protocol().unwrap_or_default();
    let base = format!("{protocol}//{address}");
    let escaped = |text: &str| String::from(js_sys::encode_uri_component(text));
    let (method, url, body) = match &what {
        Act::Admin(what) => {
            ("POST", format!("{base}/v1/admin/servers/{}/{what}", escaped(&name)), None)
        }
        Act::Say { client, location } => {
            // A client's id is told percent-encoded, and is so already; what a person writes is not.
            let path = format!("/servers/{}/v1/clients/{}", escaped(&name), escaped(client));
            let location = js_sys::JSON::stringify(&JsValue::from_str(location));
            let location = location.map_or_else(|_| "null".to_owned(), String::from);
            ("PUT", format!("{base}{path}"), Some(format!("{{\"location\":{location}}}")))
        }
    };
    live.done.set(format!("{name}: asked …"));
    spawn_local(async move {
        let done = match fetch(method, &url, body, token).await {
            Ok(()) => format!("{name}: done."),
            Err(why) => format!("{name}: {why}"),
        };
        live.done.set(done);
    });
}

/// What may be done.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// What only the admin may: `kill`, `start?disk=empty`, …
    Admin(String),
    /// What any client may: say where it is.
    Say {
        /// The client's id.
        client: String,
        /// Where it is.
        location: String,
    },
}

async fn fetch(
    method: &str,
    url: &str,
    body: Option<String>,
    token: Option<String>,
) -> Result<(), String> {
    let lost = |_| "it cannot be reached.".to_owned();
    let options = RequestInit::new();
    options.set_method(method);
    let headers = js_sys::Object::new();
    let header = |name: &str, value: &str| {
        // An object takes every property.
        drop(js_sys::Reflect::set(&headers, &name.into(), &value.into()));
    };
    if let Some(token) = token {
        header("Authorization", &format!("Bearer {token}"));
    }
    if let Some(body) = &body {
        header("Content-Type", "application/json");
        options.set_body(&JsValue::from_str(body));
    }
    options.set_headers(&headers);
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, &options)).await;
    let answer: Response = answer.and_then(JsCast::dyn_into).map_err(lost)?;
    if answer.ok() {
        return Ok(());
    }
    let status = answer.status();
    let problem = match answer.json() {
        Ok(body) => JsFuture::from(body).await.ok(),
        Err(_) => None,
    };
    let detail = problem.and_then(|body| js_sys::Reflect::get(&body, &"detail".into()).ok());
    Err(detail.and_then(|detail| detail.as_string()).unwrap_or_else(|| format!("HTTP {status}.")))
}
