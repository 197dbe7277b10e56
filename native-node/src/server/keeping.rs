//! What the disk has to do with a server: what it gives when the server starts, what is written
//! while it runs, and who waits for that.

use std::collections::BTreeMap;
use std::mem;

use herd_core::codec::At;
use herd_core::{ConnId, Event, Input, Outbox};

use super::conn::Stage;
use super::{News, Server};
use crate::disk::Kept;

/// What a client is told instead of an answer that would not be true.
const NOT_KEPT: &[u8] = b"? not kept: the disk of this server fails\n";

/// Answers that wait for neighbours: of whom they tell, and how long they are.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    /// What becomes of its line is told next.
    begun: Option<ConnId>,
    waiting: BTreeMap<ConnId, Answered>,
}

/// About whom an answer is, and in how many bytes.
type Answered = (Box<[u8]>, usize);

impl Deferred {
    /// The answer on a connection waits for neighbours.
    const fn begin(&mut self, conn: ConnId) {
        self.begun = Some(conn);
    }

    /// Whether a line was answered at once; else it is remembered what the answer will be.
    fn is_said(&mut self, conn: ConnId, client: &[u8], length: usize) -> bool {
        let waits = self.begun.take() == Some(conn);
        if waits {
            self.waiting.insert(conn, (client.into(), length));
        }
        !waits
    }

    /// The answer on a connection waits no more.
    fn end(&mut self, conn: ConnId) -> Option<Answered> {
        self.waiting.remove(&conn)
    }
}

impl Server {
    /// Gives the node what its earlier lives kept, and begins to write.
    pub(super) fn read_disk(&mut self) {
        let Some(disk) = &mut self.disk else { return };
        let restored = disk.restore(&mut self.node);
        self.now = self.clock.now();
        let report = self.report.clone();
        // Where nobody listens any more, the server has ended, and waits for the last commit itself.
        let started = disk.start(move |kept| {
            let _ = report.blocking_send(News::Kept(kept));
        });
        let writes = started.is_ok();
        self.journal.restored(self.now, disk, restored, started);
        if writes {
            // So that the disk knows of this life before anybody else does.
            disk.write(&self.node);
        } else {
            self.handle(Input::Keeping(false));
        }
    }

    /// What an event means to the disk: what has changed, and who is to wait.
    pub(super) fn keep(&mut self, event: &Event, out: &Outbox) {
        let Some(disk) = &mut self.disk else { return };
        if let Event::Accepted { line, .. } | Event::Learned { line, .. } = *event {
            disk.change(self.now.mono, At::client_of(out.bytes(line)).unwrap_or_default());
        }
        // That a line is outdated says what is held: that, too, has to be true tomorrow. What is
        // answered later was not written yet.
        if let Event::Accepted { conn, line } | Event::Outdated { conn, line } = *event {
            let line = out.bytes(line);
            let client = At::client_of(line).unwrap_or_default();
            // The answer has an LF, too; of data it is as long as its head.
            let length = At::head_of(line).len() + 1;
            if self.deferred.is_said(conn, client, length) {
                self.hold(conn, client, length);
            }
        } else if let Event::Deferred { conn } = *event {
            self.deferred.begin(conn);
        } else if let Event::Confirmed { conn } | Event::Unconfirmed { conn } = *event
            && let Some((client, length)) = self.deferred.end(conn)
            && matches!(event, Event::Confirmed { .. })
        {
            self.hold(conn, &client, length);
        }
    }

    /// Holds an answer, the last thing written, until what it says is on the disk.
    fn hold(&mut self, conn: ConnId, client: &[u8], length: usize) {
        if let Some(disk) = &self.disk
            && let Some(commit) = disk.waits_for(self.now.mono, client)
            && let Some(held) = self.conns.find(conn)
        {
            if !held.is_held() {
                self.held.push(conn);
            }
            held.hold(length, commit);
        }
    }

    /// Writes what has changed, if that is due.
    pub(super) fn write_disk(&mut self) {
        let Some(disk) = &mut self.disk else { return };
        if disk.due().is_some_and(|at| at <= self.now.mono) {
            disk.write(&self.node);
        }
    }

    /// A commit has ended: who waited for it is answered, or told why not.
    pub(super) fn kept(&mut self, kept: &Kept) {
        let Some(disk) = &mut self.disk else { return };
        if let Some(keeping) = disk.ended(self.now.mono, kept) {
            self.journal.keeping(self.now, kept);
            self.handle(Input::Keeping(keeping));
        }
        for id in mem::take(&mut self.held) {
            let Some(conn) = self.conns.find(id).filter(|conn| conn.is_held()) else { continue };
            if kept.result.is_ok() {
                conn.release(kept.number);
            } else if conn.waits_for(kept.number) {
                conn.take_back(NOT_KEPT);
                if mem::replace(&mut conn.stage, Stage::Leaving) == Stage::Open {
                    self.handle(Input::Closed(id));
                }
            }
            self.touch(id);
            if self.conns.find(id).is_some_and(|conn| conn.is_held()) {
                self.held.push(id);
            }
        }
    }

    /// Writes what is left.
    pub(super) fn close_disk(&mut self) {
        let Some(disk) = self.disk.take() else { return };
        // Nothing is reported any more; the disk may be waiting to do so.
        self.news.close();
        if let Err(why) = disk.finish(&self.node) {
            self.journal.error(self.clock.now(), &format!("not everything was kept: {why}"));
        }
    }
}
