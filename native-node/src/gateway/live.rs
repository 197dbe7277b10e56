//! The herd as it runs, for a page that shows it: `/v1/live`, over WebSocket.
//!
//! Who watches is told how each server of this process stands, and then what changes and what happens,
//! ten times a second; [`told`] has the lines. A message is a whole picture of that moment: a watcher
//! that takes them slowly gets fewer, and the newest. Nothing here can be done to a server; that is
//! [`admin`](super::admin).

mod told;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout, timeout_at};

use self::told::Telling;
use super::problem::Problem;
use super::record::unescaped;
use crate::keys::admin::AdminToken;
use crate::live::{Counted, Look, Watch};
use crate::run::Control;

/// Watchers at once: each may take a thousand updates a second from us.
const WATCHERS: usize = 64;
/// How often they are told.
const EVERY: Duration = Duration::from_millis(100);
/// Every how many times all servers are looked at.
const LOOKS: u32 = 10;
/// How long a server may take to show how it stands.
const LOOK_PATIENCE: Duration = Duration::from_millis(500);
/// How long a watcher may take nothing, or not say who it is.
const PATIENCE: Duration = Duration::from_secs(30);
/// Clients of whom it is told what servers hold.
const CLIENTS_MAX: usize = 32;
/// Bytes of what a watcher says at once: the longest ids of so many clients, escaped.
const SAID_MAX: usize = 3 * CLIENTS_MAX * 4096 + 64;

/// What can be watched.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) control: Arc<Control>,
    pub(super) admin: Option<AdminToken>,
    room: Arc<Semaphore>,
}

impl Live {
    pub(super) fn new(control: Arc<Control>, admin: Option<AdminToken>) -> Self {
        Self { control, admin, room: Arc::new(Semaphore::new(WATCHERS)) }
    }

    /// Who somebody is that shows this token.
    fn who(&self, token: &[u8]) -> Option<Who> {
        if self.admin.is_some_and(|admin| admin.is(token)) {
            return Some(Who::Admin);
        }
        let known = self.control.tokens().is_some_and(|tokens| tokens.has(token));
        known.then_some(Who::Client)
    }
}

/// Who watches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Who {
    /// Nobody has been shown to be there, and that is not enough.
    Stranger,
    /// Somebody who may see what clients see.
    Client,
    /// Somebody who may kill servers and cut links, too.
    Admin,
}

/// `GET /v1/live`.
pub(super) async fn open(State(live): State<Arc<Live>>, upgrade: WebSocketUpgrade) -> Response {
    let Ok(room) = Arc::clone(&live.room).try_acquire_owned() else {
        return Problem::busy("As many watch already as may.").into_response();
    };
    let upgrade = upgrade.max_message_size(SAID_MAX).max_frame_size(SAID_MAX);
    upgrade.on_upgrade(move |socket| serve(socket, live, room))
}

async fn serve(mut socket: WebSocket, live: Arc<Live>, room: OwnedSemaphorePermit) {
    let who = match live.control.tokens() {
        Some(_) => Who::Stranger,
        None => Who::Client,
    };
    let mut watcher = Watcher::new(live, who);
    let end = watcher.watch(&mut socket).await;
    if let Err(End::Refused) = end {
        let reason = "this token is not known".into();
        let close = CloseFrame { code: close_code::POLICY, reason };
        // The browser may be gone.
        let _ = socket.send(Message::Close(Some(close))).await;
    }
    drop(room);
}

/// Why it is over.
enum End {
    /// It has closed, or takes nothing.
    Gone,
    /// It has not shown to be somebody who may watch.
    Refused,
}

/// Somebody who watches, and what it has been told.
struct Watcher {
    live: Arc<Live>,
    who: Who,
    look: Look,
    servers: Vec<Watched>,
    telling: Telling,
    /// How often it was told.
    ticks: u32,
}

/// A server that is watched.
struct Watched {
    name: String,
    watch: Option<Watch>,
    /// What it had counted when it was last told of.
    counted: Counted,
    /// Whether it ran when it was last told of.
    up: Option<bool>,
}

impl Watcher {
    fn new(live: Arc<Live>, who: Who) -> Self {
        let names = live.control.names().map(str::to_owned);
        let servers = names
            .map(|name| Watched { name, watch: None, counted: Counted::default(), up: None })
            .collect();
        let telling = Telling::default();
        Self { live, who, look: Look::default(), servers, telling, ticks: 0 }
    }

    /// Tells until it has had enough.
    async fn watch(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let shown_by = Instant::now() + PATIENCE;
        self.greet(socket).await?;
        while self.who == Who::Stranger {
            let said = timeout_at(shown_by, socket.next()).await.map_err(|_| End::Refused)?;
            self.hear(said, socket).await?;
        }
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                said = socket.next() => self.hear(said, socket).await?,
                _ = tick.tick() => self.tell(socket).await?,
            }
        }
    }

    async fn greet(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        if self.who == Who::Stranger {
            return send(socket, "WANTED a token: TOKEN <token>\n".to_owned()).await;
        }
        let admin = match (self.live.admin, self.who) {
            (None, _) => "none",
            (Some(_), Who::Admin) => "given",
            (Some(_), Who::Client | Who::Stranger) => "wanted",
        };
        let control = &self.live.control;
        let here: Vec<&str> = control.names().collect();
        send(socket, told::herd(&control.herd(), &here, control.keeps(), admin)).await
    }

    /// Hears what the watcher says.
    async fn hear(
        &mut self,
        said: Option<Result<Message, axum::Error>>,
        socket: &mut WebSocket,
    ) -> Result<(), End> {
        let text = match said {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => return Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
        };
        let (word, rest) = text.trim().split_once(' ').unwrap_or_else(|| (text.trim(), ""));
        match word {
            "TOKEN" => {
                self.who = self.live.who(rest.trim().as_bytes()).ok_or(End::Refused)?;
                self.greet(socket).await?;
            }
            "FOLLOW" => {
                let clients = rest.split_ascii_whitespace().take(CLIENTS_MAX);
                self.look.clients = clients.map(|id| unescaped(id).into()).collect();
                self.ticks = 0;
            }
            "TREE" => {
                self.look.root = Some(rest).filter(|root| !root.is_empty()).map(Into::into);
                self.ticks = 0;
            }
            // A later page may say more.
            _ => {}
        }
        Ok(())
    }

    /// Tells what has changed and happened since it was last told.
    async fn tell(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let looks = self.ticks.is_multiple_of(LOOKS);
        self.ticks = self.ticks.wrapping_add(1);
        let mut text = told::now();
        let mut looked = Vec::new();
        for (number, server) in self.servers.iter_mut().enumerate() {
            let Some(life) = self.live.control.life(&server.name) else { continue };
            let feed = life.inbox.feed();
            if server.watch.as_ref().is_none_or(|watch| !watch.is_of(feed)) {
                server.watch = Some(feed.watch());
            }
            if let Some(watch) = &mut server.watch {
                let told = watch.take();
                let news = (&told, server.counted);
                told::happened(&mut text, &server.name, news, life.inbox.metrics());
                server.counted = told.counted();
            }
            let up = life.inbox.is_open();
            // What has just died or begun is told of at once.
            if server.up.replace(up) != Some(up) || looks {
                let look = self.look.clone();
                looked.push(async move {
                    let sight = match up {
                        true => timeout(LOOK_PATIENCE, life.inbox.look(look)).await.ok().flatten(),
                        false => None,
                    };
                    (number, life, sight)
                });
            }
        }
        for (number, life, sight) in join_all(looked).await {
            let name = &self.servers[number].name;
            self.telling.stands(&mut text, (number, name), &life, sight.as_ref());
        }
        send(socket, text).await
    }
}

async fn send(socket: &mut WebSocket, text: String) -> Result<(), End> {
    match timeout(PATIENCE, socket.send(Message::text(text))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}
