//! One server: the task that owns its node and its sockets.
//!
//! A turn takes everything that is ready: it reads each ready connection once, cuts what was read
//! into units, hands them to the node, does what the node says, and at the end writes each
//! connection that has something to be written, once. So a burst of 64 lines costs one read and one
//! write per connection, and a slow connection costs nobody anything.

mod accept;
mod act;
mod conn;
mod conns;
mod counting;
mod dial;
mod door;
mod gate;
mod guests;
mod hand;
mod hear;
mod journal;
mod keeping;
mod knock;
mod lines;
mod measure;
mod ready;
mod reconfigure;
mod settings;
mod stream;
mod sweep;
mod taping;
mod turn;
mod words;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use std::{io, mem};

use herd_core::{
    Config, ConnId, Input, Instant, Node, Now, Outbox, PeerId, PlacesError, RequestId,
};
use tokio::io::DuplexStream;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::coop;
use tokio::time::Sleep;

use self::conn::Stage;
use self::conns::Conns;
use self::guests::{Guest, Guests};
use self::journal::Journal;
use self::keeping::Deferred;
use self::knock::Knocks;
use self::ready::{Ear, LISTENER, NEWS, Ready, Source, TIMER};
use crate::clock::Clock;
use crate::disk::{Disk, Kept};
use crate::live::{Feed, Look, Sight};
use crate::metrics::Metrics;
use crate::places::Places;
use crate::tape::Tape;

pub use self::accept::listen;
pub(crate) use self::dial::random;
pub use self::door::{Arrival, Door, Links};
pub(crate) use self::hand::Touch;
pub(crate) use self::reconfigure::Change;
pub(crate) use self::settings::{Hand, Own};
pub use self::settings::{Limits, Settings};
pub use self::stream::Stream;
pub(crate) use self::words::end_text;

/// Bytes read at once: what a burst of 64 lines takes, many times over.
const READ: usize = 64 << 10;
/// Bytes on their way through a pipe in either direction: one read's worth.
const PIPE: usize = READ;

/// What other tasks tell a server.
#[derive(Debug)]
pub enum News {
    /// A connection that was asked for is open, or cannot be opened.
    Dialed(PeerId, io::Result<(Arrival, SocketAddr)>),
    /// Somebody has connected to a task of this process, which passes the connection on: lines go
    /// in and out as on the server's own socket. Who it is counts as `from`.
    Joined {
        /// What is read and written.
        stream: Stream,
        /// Where the connection comes from.
        from: SocketAddr,
    },
    /// Somebody would speak QUIC, from an address that is its own.
    Knocked(Box<quinn::Incoming>),
    /// What had changed is on the disk, or could not be written.
    #[expect(private_interfaces, reason = "only the disk says it")]
    Kept(Kept),
    /// Who has connected has shown who it is, or has not.
    #[expect(private_interfaces, reason = "only the door says it")]
    Received {
        /// What is read and written, and who it is.
        arrival: io::Result<Arrival>,
        /// Where the connection comes from.
        from: SocketAddr,
        /// Whom it counts for.
        guest: Option<Guest>,
    },
    /// A Places request ended.
    Places(RequestId, Result<Vec<u8>, PlacesError>, String),
    /// The herd has changed; how that was taken is told.
    #[expect(private_interfaces, reason = "only who runs servers says it")]
    Reconfigured(Box<Change>, oneshot::Sender<Result<String, String>>),
    /// Something is done by hand.
    #[expect(private_interfaces, reason = "only who runs servers says it")]
    Hand(Touch),
    /// Somebody watches, and wants to see how the server stands.
    #[expect(private_interfaces, reason = "only the gateway says it")]
    Look(Look, oneshot::Sender<Sight>),
    /// The server is to finish the answers in flight and end.
    Stop,
}

/// How other tasks reach a server.
#[derive(Clone, Debug)]
pub struct Inbox {
    news: mpsc::Sender<News>,
    metrics: Arc<Metrics>,
    feed: Arc<Feed>,
}

impl Inbox {
    /// What the server counts.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Whether the server has not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.news.is_closed()
    }

    /// What is noted of this life, for those who watch.
    pub(crate) const fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    /// Does something to the server by hand.
    pub(crate) async fn touch(&self, touch: Touch) {
        // Where nobody listens any more, it has ended.
        let _ = self.news.send(News::Hand(touch)).await;
    }

    /// The same, if it has time to hear it.
    pub(crate) fn try_touch(&self, touch: Touch) {
        // What it does not hear then is not worth waiting for.
        let _ = self.news.try_send(News::Hand(touch));
    }

    /// Asks a server that has only just started to end.
    pub(crate) fn stop_at_once(&self) {
        // There is room: nobody has told it anything yet.
        let _ = self.news.try_send(News::Stop);
    }

    /// Waits until the server has ended.
    pub(crate) async fn ended(&self) {
        self.news.closed().await;
    }

    /// How the server stands; nothing if it has ended, or has too much to do to hear it.
    pub(crate) async fn look(&self, look: Look) -> Option<Sight> {
        let (tell, told) = oneshot::channel();
        self.news.try_send(News::Look(look, tell)).ok()?;
        told.await.ok()
    }

    /// A connection to the server for whoever is at `from`: the other end of a pipe on which the
    /// server speaks as on its socket. What translates another protocol to lines and back needs
    /// nothing else. It closes when either end is dropped; `shutdown` half-closes, and answers in
    /// flight still come.
    ///
    /// # Errors
    /// [`io::ErrorKind::ConnectionRefused`]: the server has ended.
    pub async fn join(&self, from: SocketAddr) -> io::Result<DuplexStream> {
        let (ours, theirs) = tokio::io::duplex(PIPE);
        let news = News::Joined { stream: Stream::Pipe(theirs), from };
        let sent = self.news.send(news).await;
        sent.map_err(|_| io::Error::new(io::ErrorKind::ConnectionRefused, "the server has ended"))?;
        Ok(ours)
    }

    /// Tells the server of a changed herd; what has changed for it.
    ///
    /// # Errors
    /// A sentence: it goes on as it was.
    pub(crate) async fn reconfigure(&self, change: Change) -> Result<String, String> {
        let (tell, told) = oneshot::channel();
        let _ = self.news.send(News::Reconfigured(Box::new(change), tell)).await;
        told.await.unwrap_or_else(|_| Err("the server has ended".to_owned()))
    }

    /// Asks the server to finish the answers in flight and end.
    pub async fn stop(&self) {
        // Where nobody listens any more, it has ended.
        let _ = self.news.send(News::Stop).await;
    }
}

/// What the node is still to be told when the outbox is empty.
#[derive(Debug)]
enum Later {
    Closed(ConnId),
    Places(RequestId, Vec<u8>),
    Resumed(ConnId),
    Unreachable(PeerId),
    Writable(ConnId),
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    node: Node,
    out: Outbox,
    settings: Settings,
    clock: Clock,
    now: Now,
    journal: Journal,
    places: Places,
    disk: Option<Disk>,
    tape: Option<Tape>,
    /// Connections with answers that wait for the disk, and maybe some that have gone.
    held: Vec<ConnId>,
    /// Connections with answers that wait for neighbours.
    deferred: Deferred,
    conns: Conns,
    /// What addresses may take.
    guests: Guests,
    /// Connections that have not shown yet who they are.
    at_door: usize,
    /// Bytes that wait for clients.
    waiting: usize,
    listener: Option<TcpListener>,
    /// The door for QUIC, if there is one.
    knocks: Option<Knocks>,
    listener_ear: Ear,
    /// Accepting failed for want of something; it is tried again then.
    accept_again: Option<Instant>,
    news: mpsc::Receiver<News>,
    news_ear: Ear,
    report: mpsc::Sender<News>,
    timer: Pin<Box<Sleep>>,
    timer_ear: Ear,
    timer_at: Option<Instant>,
    /// When what waits is added up.
    measure_at: Option<Instant>,
    /// When the connections are looked over for stuck and lingering ones, if there may be any.
    sweep_at: Option<Instant>,
    ready: Arc<Ready>,
    work: Vec<Source>,
    touched: Vec<ConnId>,
    later: VecDeque<Later>,
    buffer: Box<[u8]>,
    /// The server ends, at the latest then.
    stop_at: Option<Instant>,
    /// It ends at once, as if its process were killed.
    killed: bool,
}

impl Server {
    /// A server that listens on `listener`; it does nothing until it [runs](Self::run). What its
    /// disk holds is read. To be called on the runtime it will run on.
    #[must_use]
    pub fn new(settings: Settings, listener: TcpListener, places: Places) -> (Self, Inbox) {
        let ready = Arc::new(Ready::default());
        let clock = Clock::start().off_by(settings.limits.clock_ahead);
        let now = clock.now();
        let size = herd_core::limits::LOOKUPS_MAX + settings.config.peers.len() + 2;
        let (report, news) = mpsc::channel(size);
        let mut settings = settings;
        let guests = Guests::new(&settings.limits);
        let journal =
            Journal::new(settings.log.take(), &settings.config, clock, Arc::clone(&settings.feed));
        let disk = settings.disk.take();
        let tape = settings.tape.take();
        let mut server = Self {
            node: Node::new(Arc::clone(&settings.config), now),
            out: Outbox::new(),
            journal,
            settings,
            clock,
            now,
            places,
            disk,
            tape,
            held: Vec::new(),
            deferred: Deferred::default(),
            conns: Conns::default(),
            guests,
            at_door: 0,
            waiting: 0,
            listener: Some(listener),
            knocks: None,
            listener_ear: ready.ear(LISTENER),
            accept_again: None,
            news,
            news_ear: ready.ear(NEWS),
            report: report.clone(),
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            timer_ear: ready.ear(TIMER),
            timer_at: None,
            measure_at: None,
            sweep_at: None,
            ready,
            work: Vec::new(),
            touched: Vec::new(),
            later: VecDeque::new(),
            buffer: vec![0; READ].into_boxed_slice(),
            stop_at: None,
            killed: false,
        };
        server.read_disk();
        server.begin_tape();
        let metrics = Arc::clone(server.journal.metrics());
        let feed = Arc::clone(server.journal.feed());
        (server, Inbox { news: report, metrics, feed })
    }

    /// Runs until it is told to stop and has stopped.
    pub async fn run(mut self) {
        let (door, socket) = (self.settings.door.clone(), self.settings.udp.take());
        let hung = self.hang_door(&door, socket);
        self.journal.started(self.now, &self.settings, self.listener.as_ref(), self.disk.as_ref());
        if let Err(why) = hung {
            self.journal.error(self.now, &format!("nobody is heard over QUIC: {why}"));
        }
        self.begun_by_hand();
        for ear in [&self.listener_ear, &self.news_ear] {
            ear.ring();
        }
        self.handle(Input::Wake);
        // The node shares its thread with other servers' nodes only, which take turns as short:
        // a budget would only split batches.
        coop::unconstrained(poll_fn(|cx| self.turn(cx))).await;
        if self.killed {
            // Nothing is finished: what was not on the disk or the tape is lost, and nobody is told.
            self.cut_quic();
            self.abandon_tape();
            return self.journal.hand_over();
        }
        self.close_tape();
        self.close_disk();
        let open = self.conns.len();
        self.shut_door().await;
        self.journal.stopped(self.clock.now(), open);
    }

    /// Tells the node of another configuration; what it says is still to be done.
    ///
    /// # Errors
    /// What cannot change while it runs; nothing did.
    fn take_config(&mut self, config: Arc<Config>) -> Result<(), &'static str> {
        let before = self.out.mark();
        if let Some(tape) = &mut self.tape {
            tape.reconfigured(self.now, &config);
        }
        let taken = self.node.reconfigure(self.now, config, &mut self.out);
        if let Some(tape) = &mut self.tape {
            tape.outputs(&self.out, before);
        }
        taken
    }

    /// Tells the node one thing and does what it says.
    fn handle(&mut self, input: Input<'_>) {
        let before = self.out.mark();
        if let Some(tape) = &mut self.tape {
            tape.input(self.now, &input);
        }
        self.node.handle(self.now, input, &mut self.out);
        if let Some(tape) = &mut self.tape {
            tape.outputs(&self.out, before);
        }
        self.act();
    }

    /// Tells the node what was put off while its outbox was full.
    fn catch_up(&mut self) {
        while let Some(later) = self.later.pop_front() {
            match later {
                Later::Closed(id) => {
                    self.handle(Input::Closed(id));
                    self.conns.release(id);
                }
                Later::Places(request, body) => {
                    self.handle(Input::Places { request, result: Ok(&body) });
                }
                Later::Resumed(id) => self.hear(id, 0),
                Later::Unreachable(peer) => self.handle(Input::DialFailed(peer)),
                Later::Writable(id) => {
                    // It may have been closed since.
                    if self.conns.find(id).is_some_and(|conn| conn.stage == Stage::Open) {
                        self.handle(Input::Writable(id));
                    }
                }
            }
        }
    }

    /// Takes the list of connections to be flushed.
    fn take_touched(&mut self) -> Vec<ConnId> {
        mem::take(&mut self.touched)
    }
}
