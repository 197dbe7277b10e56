//! A turn: everything that is ready, then one write per connection.

use std::task::{Context, Poll};
use std::time::Duration;

use herd_core::time::MILLISECOND;
use herd_core::{ConnId, Input};

use super::conn::{CLIENT_WAITING, End, Flush, Read, Stage};
use super::ready::{LISTENER, NEWS, TIMER};
use super::{Later, News, Server};
use crate::disk::Disk;
use crate::tape::Tape;

/// How long the other side may take to close once we have.
const LINGER: u64 = 2_000 * MILLISECOND;
/// The same when the server stops: long enough for an answer to arrive on its network.
const LINGER_AT_END: u64 = 250 * MILLISECOND;
/// How long a server takes at most to finish its answers: less than the five seconds a person is
/// promised, more than a Places request may take.
const STOP: Duration = Duration::from_millis(4_500);

impl Server {
    /// One turn. Ready when the server has stopped.
    pub(super) fn turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut work = std::mem::take(&mut self.work);
        self.ready.take(&mut work, cx.waker());
        self.now = self.clock.now();
        for &source in &work {
            match source {
                NEWS => self.take_news(),
                LISTENER => self.accept(),
                TIMER => self.timer_ear.taken(),
                number => self.serve(ConnId(number)),
            }
            if self.killed {
                return Poll::Ready(());
            }
            self.catch_up();
            if self.waiting > self.settings.limits.waiting {
                // Not only at the end: many who ask for much in one turn would fill the memory.
                self.flush();
            }
        }
        self.work = work;
        self.due();
        self.write_disk();
        self.flush();
        self.write_tape();
        self.measure();
        self.journal.hand_over();
        if self.is_over() {
            return Poll::Ready(());
        }
        self.arm();
        if !self.touched.is_empty() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn take_news(&mut self) {
        self.news_ear.taken();
        let waker = self.news_ear.waker.clone();
        let mut cx = Context::from_waker(&waker);
        while let Poll::Ready(Some(news)) = self.news.poll_recv(&mut cx) {
            self.now = self.clock.now();
            match news {
                News::Dialed(peer, result) => self.dialed(peer, result),
                News::Joined { stream, from } => self.joined(stream, from),
                News::Knocked(incoming) => self.knocked(*incoming),
                News::Received { arrival, from, guest } => self.received(arrival, from, guest),
                News::Places(request, result, detail) => {
                    if let Err(error) = &result {
                        self.journal.places_failed(self.now, *error, &detail);
                    }
                    let result = result.as_deref().map_err(|error| *error);
                    self.handle(Input::Places { request, result });
                }
                News::Kept(kept) => self.kept(&kept),
                News::Reconfigured(change, tell) => {
                    let taken = self.reconfigure(*change);
                    if let Err(why) = &taken {
                        self.journal.error(self.now, why);
                    }
                    // Who asked may have gone.
                    let _ = tell.send(taken);
                }
                News::Hand(touch) => self.touched_by_hand(touch),
                News::Look(look, tell) => {
                    // Who asked may have gone.
                    let _ = tell.send(self.sight(&look));
                }
                News::Stop => self.begin_to_stop(),
            }
            if self.killed {
                return;
            }
            self.catch_up();
        }
    }

    /// A connection's ear rang: something can be read, or written again.
    fn serve(&mut self, id: ConnId) {
        let Some(conn) = self.conns.find(id) else { return };
        conn.ear.taken();
        if conn.is_writing() {
            self.touch(id);
        }
        self.read(id);
    }

    /// Reads a connection once and hands in what it said.
    fn read(&mut self, id: ConnId) {
        let Some(conn) = self.conns.find(id) else { return };
        let unwanted = match conn.stage {
            Stage::Open => conn.paused || conn.is_deaf() || conn.end != End::Open,
            // What is thrown away is read all the same, to its end.
            Stage::Leaving | Stage::Lingering(_) => conn.end == End::Theirs,
        };
        if unwanted {
            return;
        }
        if conn.link.is_none() && conn.waiting() > CLIENT_WAITING {
            conn.held_back = true;
            return;
        }
        let read = conn.read(&mut self.buffer);
        match (read, conn.stage) {
            (Read::Nothing, _) => {}
            (Read::Lost, _) => self.close(id, "lost"),
            (Read::End, Stage::Lingering(_)) => self.close(id, "closed"),
            (Read::End, _) => {
                conn.end = End::Theirs;
                self.hear(id, 0);
            }
            (Read::Bytes(size, more), stage) => {
                if more {
                    conn.ear.ring();
                }
                if stage == Stage::Open {
                    self.hear(id, size);
                }
            }
        }
    }

    /// Writes what is to be written, one write per connection.
    fn flush(&mut self) {
        let now = self.now.mono;
        let mut touched = self.take_touched();
        for id in touched.drain(..) {
            let Some(conn) = self.conns.find(id) else { continue };
            conn.touched = false;
            let flush = conn.flush(now);
            let waiting = if conn.link.is_none() { conn.waiting() } else { 0 };
            let before = std::mem::replace(&mut conn.counted, waiting);
            self.waiting = self.waiting - before + waiting;
            match flush {
                Flush::Lost => self.close(id, "lost"),
                Flush::Stuck => self.sweep_soon(),
                // It is flushed again when the commit has ended, or the cut.
                Flush::Held => {}
                Flush::Done => self.flushed(id),
            }
        }
        if self.touched.is_empty() {
            self.touched = touched;
        }
        if self.waiting > self.settings.limits.waiting {
            self.relieve();
        }
        // What follows from having written (the next slice of repair, say) is written in the next
        // turn, after what others have to say.
        self.catch_up();
    }

    /// All that was written to a connection has left.
    fn flushed(&mut self, id: ConnId) {
        let linger = if self.stop_at.is_some() { LINGER_AT_END } else { LINGER };
        let linger_until = self.now.mono.plus(linger);
        let Some(conn) = self.conns.find(id) else { return };
        if std::mem::take(&mut conn.held_back) {
            // What was read before comes first; then the ear rings for more.
            self.later.push_back(Later::Resumed(id));
        }
        let Some(conn) = self.conns.find(id) else { return };
        if std::mem::take(&mut conn.notify) {
            self.later.push_back(Later::Writable(id));
        }
        let Some(conn) = self.conns.find(id) else { return };
        if conn.stage == Stage::Leaving {
            if conn.end == End::Theirs {
                conn.part();
                self.close(id, "closed");
                return;
            }
            conn.end_writing();
            conn.stage = Stage::Lingering(linger_until);
            conn.ear.ring();
            self.sweep_soon();
        }
    }

    /// Does what is due by now.
    fn due(&mut self) {
        let now = self.now.mono;
        if self.node.next_deadline().is_some_and(|(at, _)| at <= now) {
            self.handle(Input::Wake);
            self.catch_up();
        }
        if self.accept_again.is_some_and(|at| at <= now) {
            self.accept_again = None;
            self.listener_ear.ring();
        }
        if self.measure_at.is_some_and(|at| at <= now) {
            self.add_up();
        }
        if self.sweep_at.is_some_and(|at| at <= now) {
            self.sweep_at = None;
            self.sweep();
        }
    }

    /// Sets the timer to the next thing that will be due.
    fn arm(&mut self) {
        let node = self.node.next_deadline().map(|(at, _)| at);
        let disk = self.disk.as_ref().and_then(Disk::due);
        let tape = self.tape.as_ref().and_then(Tape::due);
        let own =
            [node, self.measure_at, self.sweep_at, self.accept_again, self.stop_at, disk, tape];
        let next = own.into_iter().flatten().min();
        if next == self.timer_at && !self.timer.is_elapsed() {
            return;
        }
        self.timer_at = next;
        let Some(at) = next else { return };
        self.timer.as_mut().reset(self.clock.moment(at));
        let waker = self.timer_ear.waker.clone();
        if self.timer.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.timer_ear.ring();
        }
    }

    /// Listens no more; reads what clients have said by now, and nothing after it.
    fn begin_to_stop(&mut self) {
        let most = u64::try_from(STOP.as_nanos()).unwrap_or(u64::MAX);
        if self.stop_at.is_none() {
            self.stop_at = Some(self.now.mono.plus(most));
        }
        self.listener = None;
        self.journal.stopping(self.now);
        let clients: Vec<_> =
            self.conns.iter_mut().filter(|(_, c)| c.link.is_none()).map(|(id, _)| id).collect();
        for id in clients {
            self.read(id);
            self.catch_up();
            let Some(conn) = self.conns.find(id) else { continue };
            // A line that is not whole yet is not cut short: it is not answered.
            conn.end = End::Ours;
            self.hear(id, 0);
            self.catch_up();
        }
    }

    /// Whether the server was told to stop and all clients have their answers, or no time is left.
    fn is_over(&mut self) -> bool {
        let Some(at) = self.stop_at else { return false };
        let mut waiting = self.conns.iter_mut().filter(|(_, conn)| match conn.stage {
            Stage::Open => conn.link.is_none() || conn.waiting() > 0,
            Stage::Leaving | Stage::Lingering(_) => true,
        });
        waiting.next().is_none() || at <= self.now.mono
    }
}
