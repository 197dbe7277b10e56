//! Who is told of updates as they come: all of them, or those of some clients.
//!
//! `WATCH` is answered with `WATCHING all`, `WATCH <client> …` with `WATCHING <how many>` and what is
//! held of those clients; then the `AT` line of every update this server accepts or learns follows,
//! until the connection ends; of data, which may be large, the line before it, as `KEPT …`: whoever wants
//! it asks on another connection. Said again, it changes what is watched. Anything else is refused on a
//! connection that watches: so every such line on it is news, and nobody has to guess.
//!
//! A watcher that reads slowly is told the newest of every client, not all of it: once it has been
//! told [`WATCH_WINDOW`] bytes it has to take them (`Output::Notify`), and meanwhile it is only
//! remembered who has changed: of those who watch all in one log that all share, with one entry a
//! client; of those who watch some by a mark at each. So a thousand stuck watchers cost their windows,
//! and one log.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use core::mem;

use super::{Conn, Node};
use crate::codec::{At, ParseError, Watch, data_key, put_told};
use crate::form::form;
use crate::id::ConnId;
use crate::limits::{WATCH_SLICE, WATCH_WINDOW, WATCHERS_MAX};
use crate::outbox::{Event, Outbox, Output, Span};
use crate::sort::sort;
use crate::store::Store;

/// Everybody who watches, and what those who are slow were not told yet.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Watching {
    watchers: BTreeMap<ConnId, Watcher>,
    /// Those who watch all, in order.
    all: Vec<ConnId>,
    /// Those who watch a client, by its id.
    some: BTreeMap<Box<[u8]>, Vec<ConnId>>,
    /// How many of those who watch all wait.
    waiting: usize,
    changes: Changes,
}

#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Watcher {
    /// The clients it watches, in order; `None`: all.
    clients: Option<Vec<Box<[u8]>>>,
    /// Bytes told since all that was told had left.
    told: usize,
    /// It has to take what it was told first.
    waits: bool,
    /// The first change it was not told, if it watches all and waits.
    next: u64,
    /// Which of its clients have news for it, if it watches some.
    stale: Vec<u16>,
}

/// Which records have changed, in the order of their last change: each stands here once.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Changes {
    next: u64,
    /// Places in the store, by the number of the change.
    log: BTreeMap<u64, u64>,
    /// The number of the change, by the place in the store: as wide as the other, for every type of map
    /// is kilobytes of program.
    last: BTreeMap<u64, u64>,
}

impl Node {
    /// A client wants to be told.
    pub(super) fn watch(
        &mut self,
        conn: ConnId,
        watch: &Watch<'_>,
        out: &mut Outbox,
    ) -> Result<(), ParseError> {
        if !self.is_watcher(conn) && self.watchers() == WATCHERS_MAX {
            return Err(ParseError::TooMany);
        }
        let mut clients: Vec<Box<[u8]>> = watch.clients().map(Box::from).collect();
        sort(&mut clients);
        clients.dedup();
        let named = clients.len();
        // Data by that name is meant, too.
        let data: Vec<_> = clients.iter().map(|key| data_key(key).into_boxed_slice()).collect();
        clients.extend(data);
        sort(&mut clients);
        let answer = out.put(|bytes| match named {
            0 => bytes.extend_from_slice(b"WATCHING all\n"),
            some => bytes.extend_from_slice(format!("WATCHING {some}\n").as_bytes()),
        });
        out.write(conn, answer);
        let watching = self.watching.get_or_insert_default();
        watching.remove(conn);
        watching.add(conn, clients, &self.store);
        watching.catch_up(conn, &self.store, out);
        Ok(())
    }

    pub(super) fn is_watcher(&self, conn: ConnId) -> bool {
        self.watching.as_ref().is_some_and(|watching| watching.has(conn))
    }

    /// A connection watches no more, if it did.
    pub(super) fn unwatch(&mut self, conn: ConnId) {
        self.watching = self.watching.take().and_then(|mut watching| {
            watching.remove(conn);
            (watching.len() > 0).then_some(watching)
        });
    }

    /// Tells the watchers what was kept since the output `start`.
    pub(super) fn feed(&mut self, start: usize, out: &mut Outbox) {
        let Some(watching) = &mut self.watching else { return };
        for index in start..out.outputs().len() {
            let Output::Event(event) = out.outputs()[index] else { continue };
            if let Event::Accepted { line, .. } | Event::Learned { line, .. } = event {
                watching.tell(line, &self.store, out);
            }
        }
    }

    /// A watcher has taken all it was told before it was asked to.
    pub(super) fn watcher_took(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(watching) = &mut self.watching else { return };
        watching.took(conn);
        watching.catch_up(conn, &self.store, out);
    }

    pub(super) fn watches_consistently(&self) -> bool {
        let is_client = |conn| matches!(self.conn(conn), Some(Conn::Client { .. }));
        self.watching.as_ref().is_none_or(|watching| {
            watching.len() > 0
                && watching.is_consistent()
                && watching.watchers.keys().all(|conn| is_client(*conn))
        })
    }
}

impl Watching {
    pub(super) fn len(&self) -> usize {
        self.watchers.len()
    }

    pub(super) fn has(&self, conn: ConnId) -> bool {
        self.watchers.contains_key(&conn)
    }

    /// A connection watches these clients, or all if they are none. What is held of them is news.
    fn add(&mut self, conn: ConnId, clients: Vec<Box<[u8]>>, store: &Store) {
        let mut watcher = Watcher::default();
        if clients.is_empty() {
            let at = self.all.partition_point(|other| *other < conn);
            self.all.insert(at, conn);
        } else {
            for (number, client) in (0_u16..).zip(&clients) {
                self.some.entry(client.clone()).or_default().push(conn);
                if store.get(client).is_some() {
                    watcher.stale.push(number);
                }
            }
            watcher.clients = Some(clients);
        }
        self.watchers.insert(conn, watcher);
    }

    /// A connection watches no more, if it did.
    pub(super) fn remove(&mut self, conn: ConnId) {
        let Some(watcher) = self.watchers.remove(&conn) else { return };
        for client in watcher.clients.as_deref().unwrap_or_default() {
            if let Some(conns) = self.some.get_mut(client) {
                conns.retain(|other| *other != conn);
                if conns.is_empty() {
                    self.some.remove(client);
                }
            }
        }
        if watcher.clients.is_none() {
            self.all.retain(|other| *other != conn);
            self.waits_no_more(watcher.waits);
        }
    }

    /// Tells of an update, its `AT` line without LF: at once, or it is remembered.
    fn tell(&mut self, line: Span, store: &Store, out: &mut Outbox) {
        let client: Box<[u8]> = At::client_of(out.bytes(line)).unwrap_or_default().into();
        let some = self.some.get(&client).map_or(&[][..], Vec::as_slice);
        if self.all.is_empty() && some.is_empty() {
            return;
        }
        // Of two updates of a client that came together, the newer one is told.
        let is_newest = |place: &u32| store.at(*place).is_some_and(|r| r.line() == out.bytes(line));
        let Some(place) = store.find(&client).filter(is_newest) else { return };
        if self.waiting > 0 {
            self.changes.note(place);
        }
        let mut text = None;
        for conn in self.all.iter().chain(some) {
            let Some(watcher) = self.watchers.get_mut(conn) else { continue };
            if watcher.waits {
                watcher.mark(&client);
                continue;
            }
            let text = *text.get_or_insert_with(|| out.put_told(line));
            out.write(*conn, text);
            watcher.told += text.len();
            if watcher.told >= WATCH_WINDOW {
                self.waiting += usize::from(watcher.clients.is_none());
                watcher.wait(self.changes.next);
                out.push(Output::Notify(*conn));
            }
        }
    }

    fn took(&mut self, conn: ConnId) {
        if let Some(watcher) = self.watchers.get_mut(&conn) {
            watcher.told = 0;
        }
    }

    /// Tells a watcher what it was not told, a slice of it; then it has to take that first.
    fn catch_up(&mut self, conn: ConnId, store: &Store, out: &mut Outbox) {
        let Some(watcher) = self.watchers.get_mut(&conn) else { return };
        let waited = mem::take(&mut watcher.waits);
        let (next, more) = match &watcher.clients {
            Some(clients) => {
                let mut rest = mem::take(&mut watcher.stale).into_iter();
                for number in rest.by_ref() {
                    // It may have been forgotten since.
                    let Some(record) = store.get(&clients[usize::from(number)]) else { continue };
                    watcher.told += write(conn, record.line(), out);
                    if watcher.told >= WATCH_SLICE {
                        break;
                    }
                }
                watcher.stale.extend(rest);
                (0, !watcher.stale.is_empty())
            }
            None if waited => {
                let mut rest = self.changes.log.range(watcher.next..);
                for (_, place) in rest.by_ref() {
                    let record = u32::try_from(*place).ok().and_then(|place| store.at(place));
                    let Some(record) = record else { continue };
                    watcher.told += write(conn, record.line(), out);
                    if watcher.told >= WATCH_SLICE {
                        break;
                    }
                }
                rest.next().map_or((0, false), |(next, _)| (*next, true))
            }
            None => return,
        };
        if more {
            watcher.wait(next);
            out.push(Output::Notify(conn));
        } else if watcher.clients.is_none() {
            self.waits_no_more(waited);
        }
    }

    /// One who watches all waits no more, if it did. Where nobody waits, no changes are kept.
    fn waits_no_more(&mut self, waited: bool) {
        self.waiting -= usize::from(waited);
        if self.waiting == 0 {
            self.changes.log.clear();
            self.changes.last.clear();
        }
    }

    fn is_consistent(&self) -> bool {
        let (all, some): (Vec<_>, Vec<_>) =
            self.watchers.iter().partition(|(_, watcher)| watcher.clients.is_none());
        let named =
            some.iter().map(|(_, watcher)| watcher.clients.as_deref().map_or(0, <[_]>::len));
        let changes = &self.changes;
        all.iter().map(|(conn, _)| *conn).eq(&self.all)
            && self.waiting == all.iter().filter(|(_, watcher)| watcher.waits).count()
            && named.sum::<usize>() == self.some.values().map(Vec::len).sum()
            && some.iter().all(|(_, watcher)| watcher.waits || watcher.stale.is_empty())
            && changes.log.len() == changes.last.len()
            && (self.waiting > 0 || changes.log.is_empty())
    }
}

impl Watcher {
    const fn wait(&mut self, next: u64) {
        self.waits = true;
        self.next = next;
    }

    /// Remembers that there is news of a client, if it watches some.
    fn mark(&mut self, client: &[u8]) {
        let Some(clients) = &self.clients else { return };
        let number = clients.binary_search_by(|known| (**known).cmp(client));
        if let Some(number) = number.ok().and_then(|number| u16::try_from(number).ok())
            && !self.stale.contains(&number)
        {
            self.stale.push(number);
        }
    }
}

impl Changes {
    fn note(&mut self, place: u32) {
        let number = self.next;
        self.next += 1;
        if let Some(before) = self.last.insert(u64::from(place), number) {
            self.log.remove(&before);
        }
        self.log.insert(number, u64::from(place));
    }
}

/// Tells a watcher of a record; how many bytes that takes.
fn write(conn: ConnId, line: &[u8], out: &mut Outbox) -> usize {
    let span = out.put(|bytes| put_told(bytes, line));
    out.write(conn, span);
    span.len()
}

form!(struct Watching { watchers, all, some, waiting, changes });
form!(struct Watcher { clients, told, waits, next, stale });
form!(struct Changes { next, log, last });
