//! Threads that run servers.
//!
//! Each has a runtime of its own and some of the servers. A server is handed to its thread when it
//! starts, and again when it starts anew.

use std::io;
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use crate::places::Places;
use crate::server::{Inbox, Server, Settings};

/// A server about to start.
pub(super) struct Ready {
    pub(super) settings: Settings,
    pub(super) listener: TcpListener,
    pub(super) places: Places,
}

/// Who is told how a server is reached once it runs.
type Tell = Box<dyn FnOnce(io::Result<Inbox>) + Send>;

enum Order {
    Run(Box<Ready>, Tell),
    /// No server starts any more.
    End,
}

/// A thread that runs servers.
#[derive(Debug)]
pub(super) struct Worker {
    orders: Orders,
    thread: JoinHandle<()>,
}

/// How servers get to a thread.
#[derive(Clone)]
pub(super) struct Orders(mpsc::UnboundedSender<Order>);

impl std::fmt::Debug for Orders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Orders")
    }
}

impl Orders {
    /// Has a server run on the thread; `tell` is called once it does, or if it cannot.
    pub(super) fn run(&self, ready: Ready, tell: impl FnOnce(io::Result<Inbox>) + Send + 'static) {
        if let Err(unheard) = self.0.send(Order::Run(Box::new(ready), Box::new(tell)))
            && let Order::Run(_, tell) = unheard.0
        {
            tell(Err(io::Error::new(io::ErrorKind::NotConnected, "the herd is ending")));
        }
    }
}

impl Worker {
    /// Starts the thread.
    pub(super) fn start(number: usize) -> io::Result<Self> {
        let (orders, heard) = mpsc::unbounded_channel();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().event_interval(1).build()?;
        let named = thread::Builder::new().name(format!("herd-{number}"));
        let thread = named.spawn(move || runtime.block_on(work(heard)))?;
        Ok(Self { orders: Orders(orders), thread })
    }

    pub(super) fn orders(&self) -> Orders {
        self.orders.clone()
    }

    /// Waits until all its servers have ended; whether none of them failed.
    pub(super) fn wait(self) -> bool {
        // It is not there any more only if it failed.
        let _ = self.orders.0.send(Order::End);
        self.thread.join().is_ok()
    }
}

/// Runs servers until no more start and all have ended.
async fn work(mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut tasks = JoinSet::new();
    let mut failed = None;
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Run(ready, tell)) => run(&mut tasks, *ready, tell),
                Some(Order::End) | None => break,
            },
            Some(ended) = tasks.join_next() => failed = failed.or_else(|| ended.err()),
        }
    }
    drop(orders);
    while let Some(ended) = tasks.join_next().await {
        failed = failed.or_else(|| ended.err());
    }
    // A bug of one server is none of the others', but is not to be overlooked.
    if let Some(panic) = failed.and_then(|failed: JoinError| failed.try_into_panic().ok()) {
        std::panic::resume_unwind(panic);
    }
}

fn run(tasks: &mut JoinSet<()>, ready: Ready, tell: Tell) {
    let Ready { settings, listener, places } = ready;
    tell(tokio::net::TcpListener::from_std(listener).map(|listener| {
        let (server, inbox) = Server::new(settings, listener, places);
        tasks.spawn(server.run());
        inbox
    }));
}
