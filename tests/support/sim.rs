//! The simulated herd as a [`Herd`].

use std::mem;
use std::sync::Arc;

use herd_core::time::SECOND;
use herd_sim_wasm::{Answer, Command, Options, Path, Script, ServerId, World, wall};

use crate::scenario::Herd;

/// How long a simulated herd may take to answer or to come to rest, ns: a redial after a long cut
/// takes ten seconds.
const PATIENCE: u64 = 60 * SECOND;

/// A simulated herd, with every check on.
#[derive(Debug)]
pub struct SimHerd {
    world: World,
    terminals: u32,
    /// What was heard on connections that stay, and not asked for yet.
    heard: Vec<Arc<Answer>>,
}

impl SimHerd {
    /// A herd with these options, once every link is up.
    ///
    /// # Panics
    /// If it does not come to rest.
    #[must_use]
    pub fn start(options: &Options) -> Self {
        let script = Script::new(options.clone()).expect("options that were parsed");
        let mut world = World::new(script);
        world.record(true);
        let mut herd = Self { world, terminals: 0, heard: Vec::new() };
        herd.settle();
        herd
    }

    /// The run so far.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    fn apply(&mut self, command: Command) {
        self.world.apply(command).expect("a command that this herd can do");
    }

    /// What was heard at a terminal and not taken yet.
    fn taken(&mut self, terminal: &str) -> Vec<u8> {
        self.heard.extend(self.world.take_answers());
        let (own, others) =
            mem::take(&mut self.heard).into_iter().partition(|a| *a.terminal == *terminal);
        self.heard = others;
        let own: Vec<Arc<Answer>> = own;
        own.iter().filter_map(|answer| answer.text.as_deref()).flatten().copied().collect()
    }

    #[track_caller]
    fn server(&self, name: &str) -> ServerId {
        self.world.topology().server(name).unwrap_or_else(|| panic!("no server is called {name}"))
    }
}

impl Herd for SimHerd {
    fn say(&mut self, server: &str, pieces: &[Vec<u8>]) -> Vec<u8> {
        let server = self.server(server);
        self.terminals += 1;
        let terminal = format!("nc{}", self.terminals);
        for piece in pieces {
            let (terminal, bytes) = (terminal.clone().into(), piece.clone().into());
            self.apply(Command::Send { server, terminal, bytes });
        }
        self.apply(Command::Hangup { server, terminal: terminal.clone().into() });
        let limit = self.world.now() + PATIENCE;
        while self.world.is_heard_out(self.world.clients() - 1) == Some(false) {
            assert!(self.world.now() <= limit, "the server does not close");
            assert!(self.world.step(), "the server does not close, and nothing is to happen");
        }
        self.taken(&terminal)
    }

    fn watch(&mut self, name: &str, server: &str, clients: &str) {
        let server = self.server(server);
        let line = format!("WATCH {clients}").into_bytes();
        self.apply(Command::Say { server, terminal: name.into(), line: line.into() });
        self.settle();
    }

    fn heard(&mut self, name: &str) -> Vec<u8> {
        self.settle();
        self.taken(name)
    }

    fn cut(&mut self, a: &str, b: &str) {
        let path = Path { from: self.server(a), to: self.server(b), one_way: false };
        self.apply(Command::Cut { path, late: 0 });
    }

    fn heal(&mut self) {
        self.apply(Command::Heal(None));
    }

    fn kill(&mut self, server: &str) {
        self.apply(Command::Kill(self.server(server)));
    }

    fn restart(&mut self, server: &str) {
        self.apply(Command::Restart { server: self.server(server), store: false });
    }

    fn settle(&mut self) {
        let limit = self.world.now() + PATIENCE;
        assert!(self.world.settle(limit), "the herd does not come to rest");
        let broken = self.world.broken();
        assert!(broken.is_none(), "{broken:?} in\n{}", self.world.script());
    }

    fn wall(&self) -> u64 {
        u64::try_from(wall(self.world.now()).0).unwrap_or(0) / SECOND
    }
}
