//! What must hold: one invariant a file, each a name, a sentence and a lamp in the page.
//!
//! A check sees every [`Happening`] the moment it happens, with the world as it is then. Its memory
//! is part of the world, so it goes back in time with it.

mod accounted;
mod all_fed;
mod answered_once;
mod bounded;
mod converged;
mod counted_once;
mod covered;
mod damaged_rejected;
mod epochs_grow;
mod flood_cost;
mod freshest_answer;
mod in_order;
mod in_time;
mod known;
mod midway;
mod never_back;
mod never_invented;
mod no_echo;
mod no_future;
mod no_ring;
mod no_storms;
mod one_truth;
mod pruned_with_proof;
mod same_knowledge;
mod told_once;

use std::fmt;
use std::sync::Arc;

use herd_core::OriginId;
use herd_core::codec::{At, Push};

use self::known::{Known, Stand, Verdict};
use crate::rng;
use crate::topology::ServerId;
use crate::view::MessageKind;
use crate::world::World;

/// Something that happened, as checks see it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Happening<'a> {
    /// A server took a client's update, or learned a record: its `AT` line.
    Kept { server: ServerId, client: &'a [u8], line: &'a [u8], from_client: bool },
    /// A server is about to read a live update from a neighbour.
    Heard { server: ServerId, from: ServerId, push: Push<'a> },
    /// A server is fed an origin's updates by another from now on.
    Adopted { server: ServerId, origin: OriginId },
    /// A server has lost its feed.
    Orphaned { server: ServerId, origin: OriginId },
    /// A server has told another that it need not feed it an origin's updates.
    Pruned { server: ServerId, peer: ServerId, origin: OriginId },
    /// A server has refused an update for its stamp.
    Poisoned { server: ServerId, stamp: i64 },
    /// A message went from one server to another. `at` is its record, if it is about one.
    Sent { from: ServerId, to: ServerId, kind: MessageKind, at: Option<At<'a>>, in_flight: u64 },
    /// An answer came to a client, and no line waited for one.
    Unasked { server: ServerId, terminal: &'a str, answer: &'a [u8] },
    /// A server that lives hung up on a client that waits for an answer.
    Jilted { server: ServerId, terminal: &'a str, line: &'a [u8] },
    /// A server has forgotten what was too old.
    Forgot { server: ServerId },
    /// A server can speak to a neighbour.
    LinkUp { server: ServerId, peer: ServerId },
    /// A server was started again, with its store or without.
    Restarted { server: ServerId, store: bool },
    /// A server was started again with what its disk held at a sync; `None`: with an older disk.
    RestartedLossy { server: ServerId, synced: Option<u64> },
    /// What a running server holds is not what it kept, or not any more: nobody can hold it to that.
    MemoryFailed { server: ServerId },
    /// A message came damaged; whether it was taken for what it is not.
    Damaged { from: ServerId, to: ServerId, believed: bool },
    /// A client has said a whole line.
    Said { line: &'a [u8] },
    /// A server answers a client.
    Answers { server: ServerId, bytes: &'a [u8] },
    /// A connection is made, and has a number.
    Opened { channel: u32 },
    /// Something is said over a connection, towards one of its sides.
    Posted { channel: u32, to: u8, bytes: &'a [u8] },
    /// Something has come to a side of a connection.
    Delivered { channel: u32, to: u8, bytes: &'a [u8] },
    /// Messages of a connection may be lost, doubled and overtaken from now on.
    Loosened { channel: u32 },
    /// Messages take longer or shorter from now on.
    Changed,
    /// Something was killed, cut or lost: what counts messages exactly has to begin anew.
    Fault,
    /// Something was put right.
    Mended,
    /// An event is over.
    Step { server: Option<ServerId> },
    /// Nothing is on its way, and every link that could be up is up.
    Rest,
}

/// How a check stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Lamp {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub sentence: &'static str,
    /// The first thing that broke it.
    pub broken: Option<Arc<Broken>>,
    /// Whether it has had anything to judge yet.
    pub tried: bool,
}

/// What broke a check first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Broken {
    /// When, ns from the beginning.
    pub at: u64,
    /// After how many events.
    pub event: u64,
    /// Which servers are in it.
    pub servers: Vec<ServerId>,
    /// The record it is about, or as much of it as is known: the client, or a line.
    pub record: Option<String>,
    /// What happened, as a sentence.
    pub what: String,
}

/// What a check found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Finding {
    /// This was none of its business.
    Nothing,
    /// It holds.
    Holds,
}

/// What does not hold.
struct Fault {
    servers: Vec<ServerId>,
    record: Option<String>,
    what: String,
}

impl Fault {
    /// A sentence, and the servers that are in it.
    const fn new(servers: Vec<ServerId>, what: String) -> Self {
        Self { servers, record: None, what }
    }

    /// The record, the client or the line that it is about.
    fn about(self, bytes: &[u8]) -> Self {
        Self { record: Some(shown(bytes)), ..self }
    }
}

trait Check {
    const NAME: &'static str;
    const SENTENCE: &'static str;

    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Result<Finding, Fault>;

    /// Begins in the middle of a run, with servers that know something and are about something
    /// already, and remembers what it has to of that. Whether it can judge from here on: not if what
    /// it would have to remember is in no server.
    fn begin_midway(&mut self, world: &World) -> bool;

    /// About how many bytes a copy of its memory takes, if that grows.
    fn bytes(&self) -> usize {
        0
    }
}

/// Who is shown what happens, and judges it. Checks are reached through this alone, so that a program
/// whose worlds nobody watches does not carry them.
pub(crate) trait Watch: fmt::Debug + Send + Sync {
    /// Shows a happening to every check that it may concern; the sentences of those that it broke.
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Vec<Arc<Broken>>;

    /// How every check stands after so many events.
    fn lamps(&self, events: u64) -> Vec<Lamp>;

    /// Who finds again what these have found, without their memory and without their work, in a world
    /// in which so many events have happened. Nothing new is found.
    fn known(&self, events: u64) -> Box<dyn Watch>;

    /// About how many bytes a copy takes.
    fn bytes(&self) -> usize;

    /// The same, with a memory of its own.
    fn copy(&self) -> Box<dyn Watch>;
}

impl Clone for Box<dyn Watch> {
    fn clone(&self) -> Self {
        self.copy()
    }
}

/// Every check, with its memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checks {
    never_back: Watched<never_back::NeverBack>,
    one_truth: Watched<one_truth::OneTruth>,
    converged: Watched<converged::Converged>,
    answered_once: Watched<answered_once::AnsweredOnce>,
    flood_cost: Watched<flood_cost::FloodCost>,
    bounded: Watched<bounded::Bounded>,
    never_invented: Watched<never_invented::NeverInvented>,
    told_once: Watched<told_once::ToldOnce>,
    freshest_answer: Watched<freshest_answer::FreshestAnswer>,
    accounted: Watched<accounted::Accounted>,
    in_order: Watched<in_order::InOrder>,
    damaged_rejected: Watched<damaged_rejected::DamagedRejected>,
    in_time: Watched<in_time::InTime>,
    counted_once: Watched<counted_once::CountedOnce>,
    covered: Watched<covered::Covered>,
    same_knowledge: Watched<same_knowledge::SameKnowledge>,
    no_future: Watched<no_future::NoFuture>,
    no_echo: Watched<no_echo::NoEcho>,
    no_ring: Watched<no_ring::NoRing>,
    pruned_with_proof: Watched<pruned_with_proof::PrunedWithProof>,
    epochs_grow: Watched<epochs_grow::EpochsGrow>,
    all_fed: Watched<all_fed::AllFed>,
    no_storms: Watched<no_storms::NoStorms>,
}

#[derive(Clone, Debug, Default)]
struct Watched<C> {
    check: C,
    stand: Stand,
}

impl Watch for Checks {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others concern several")]
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Vec<Arc<Broken>> {
        // What happens most often concerns few.
        match happening {
            Happening::Opened { .. } => {
                let found =
                    [self.in_order.see(happening, world), self.no_storms.see(happening, world)];
                return found.into_iter().flatten().collect();
            }
            Happening::Delivered { .. } | Happening::Loosened { .. } | Happening::Posted { .. } => {
                return self.in_order.see(happening, world).into_iter().collect();
            }
            Happening::Said { .. } => {
                return self.never_invented.see(happening, world).into_iter().collect();
            }
            Happening::Answers { .. } => {
                return self.freshest_answer.see(happening, world).into_iter().collect();
            }
            Happening::Step { .. } => {
                let found = [
                    self.bounded.see(happening, world),
                    self.accounted.see(happening, world),
                    self.in_time.see(happening, world),
                    self.covered.see(happening, world),
                    self.same_knowledge.see(happening, world),
                ];
                return found.into_iter().flatten().collect();
            }
            Happening::Heard { .. } => {
                let found = [
                    self.no_echo.see(happening, world),
                    self.pruned_with_proof.see(happening, world),
                ];
                return found.into_iter().flatten().collect();
            }
            Happening::Adopted { .. } | Happening::Orphaned { .. } | Happening::Pruned { .. } => {
                let found = [
                    self.flood_cost.see(happening, world),
                    self.no_ring.see(happening, world),
                    self.pruned_with_proof.see(happening, world),
                    self.epochs_grow.see(happening, world),
                    self.all_fed.see(happening, world),
                ];
                return found.into_iter().flatten().collect();
            }
            Happening::Poisoned { .. } => {
                let found =
                    [self.covered.see(happening, world), self.same_knowledge.see(happening, world)];
                return found.into_iter().flatten().collect();
            }
            _ => {}
        }
        let found = [
            self.never_back.see(happening, world),
            self.one_truth.see(happening, world),
            self.converged.see(happening, world),
            self.answered_once.see(happening, world),
            self.flood_cost.see(happening, world),
            self.bounded.see(happening, world),
            self.never_invented.see(happening, world),
            self.told_once.see(happening, world),
            self.freshest_answer.see(happening, world),
            self.accounted.see(happening, world),
            self.in_order.see(happening, world),
            self.damaged_rejected.see(happening, world),
            self.in_time.see(happening, world),
            self.counted_once.see(happening, world),
            self.covered.see(happening, world),
            self.same_knowledge.see(happening, world),
            self.no_future.see(happening, world),
            self.no_echo.see(happening, world),
            self.no_ring.see(happening, world),
            self.pruned_with_proof.see(happening, world),
            self.epochs_grow.see(happening, world),
            self.all_fed.see(happening, world),
            self.no_storms.see(happening, world),
        ];
        found.into_iter().flatten().collect()
    }

    fn bytes(&self) -> usize {
        let memories = [
            self.never_back.check.bytes(),
            self.one_truth.check.bytes(),
            self.never_invented.check.bytes(),
            self.told_once.check.bytes(),
            self.freshest_answer.check.bytes(),
            self.in_order.check.bytes(),
            self.counted_once.check.bytes(),
            self.covered.check.bytes(),
            self.same_knowledge.check.bytes(),
            self.no_echo.check.bytes(),
            self.pruned_with_proof.check.bytes(),
            self.epochs_grow.check.bytes(),
        ];
        size_of::<Self>() + memories.iter().sum::<usize>()
    }

    fn copy(&self) -> Box<dyn Watch> {
        Box::new(self.clone())
    }

    fn lamps(&self, events: u64) -> Vec<Lamp> {
        self.verdicts().iter().map(|verdict| verdict.lamp(events)).collect()
    }

    fn known(&self, events: u64) -> Box<dyn Watch> {
        Box::new(Known::new(self.verdicts(), events))
    }
}

impl Checks {
    /// What each has found.
    fn verdicts(&self) -> Vec<Verdict> {
        let verdicts = [
            self.never_back.verdict(),
            self.one_truth.verdict(),
            self.converged.verdict(),
            self.answered_once.verdict(),
            self.flood_cost.verdict(),
            self.bounded.verdict(),
            self.never_invented.verdict(),
            self.told_once.verdict(),
            self.freshest_answer.verdict(),
            self.accounted.verdict(),
            self.in_order.verdict(),
            self.damaged_rejected.verdict(),
            self.in_time.verdict(),
            self.counted_once.verdict(),
            self.covered.verdict(),
            self.same_knowledge.verdict(),
            self.no_future.verdict(),
            self.no_echo.verdict(),
            self.no_ring.verdict(),
            self.pruned_with_proof.verdict(),
            self.epochs_grow.verdict(),
            self.all_fed.verdict(),
            self.no_storms.verdict(),
        ];
        verdicts.into_iter().flatten().collect()
    }
}

impl<C: Check> Watched<C> {
    fn see(&mut self, happening: &Happening<'_>, world: &World) -> Option<Arc<Broken>> {
        if !self.stand.judges() {
            return None;
        }
        let found = self.check.see(happening, world);
        self.stand.found(found, C::NAME, world)
    }

    fn verdict(&self) -> Option<Verdict> {
        self.stand.verdict(C::NAME, C::SENTENCE)
    }
}

/// A life of a server, as a number.
fn life_of(name: &[u8], incarnation: u64) -> u64 {
    rng::key(name) ^ incarnation.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Bytes for a sentence.
fn shown(bytes: &[u8]) -> String {
    let mut text = crate::text::escape(bytes);
    if let Some((at, _)) = text.char_indices().nth(120) {
        text.truncate(at);
        text.push('…');
    }
    text
}
