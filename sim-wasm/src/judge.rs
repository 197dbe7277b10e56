//! A run from its beginning to its verdict: what broke, or that it came to rest in time.

use herd_core::limits::{
    EXCHANGE_EVERY, GREETING_TIMEOUT, LOOKUP_TIMEOUT, REDIAL_LATE, REDIAL_PATIENCE, REDIAL_SOON,
};
use herd_core::time::SECOND;

use crate::command::Command;
use crate::latency::Latency;
use crate::script::Script;
use crate::sometimes::Sometimes;
use crate::topology::ServerId;
use crate::world::World;

/// What a run fails at if it never comes to rest: a check of the whole run, not of an instant.
pub const EVENTUALLY: &str = "eventually";
/// What that check says.
pub const EVENTUALLY_SENTENCE: &str =
    "When nothing is broken any more, the herd comes to rest in time, and all hold the same.";

/// Why a run failed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// The check that broke.
    pub check: &'static str,
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

/// How a run ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// The first thing that broke, if anything did.
    pub failure: Option<Failure>,
    /// Where it was judged: at the failure, at rest after the last command, or out of time.
    pub end: u64,
    /// Events up to there.
    pub events: u64,
    /// The digest there.
    pub digest: u64,
    /// How often each of [`Sometimes::ALL`] was seen.
    pub seen: [u32; Sometimes::ALL.len()],
    /// The checks that had something to judge.
    pub tried: Vec<&'static str>,
    /// Whether it was given up for the number of its events: what is left of it was not judged.
    pub given_up: bool,
}

/// Plays a script: all its commands, and then until the herd rests or should have rested. Stops at
/// the first thing that breaks a check.
#[must_use]
pub fn judge(script: &Script) -> Verdict {
    judge_within(script, u64::MAX)
}

/// The same, but gives up after so many events.
#[must_use]
pub fn judge_within(script: &Script, events: u64) -> Verdict {
    judged(World::new(script.clone()), events)
}

/// Plays what is left of a world's script, as [`judge`] does, unless that takes more events in all.
fn judged(mut world: World, events: u64) -> Verdict {
    let failure = play_within(&mut world, events);
    let given_up = failure.is_none() && !world.is_at_rest() && world.events() >= events;
    let tried = world.lamps().into_iter().filter(|lamp| lamp.tried).map(|lamp| lamp.name);
    Verdict {
        failure,
        end: world.now(),
        events: world.events(),
        digest: world.digest(),
        seen: *world.sightings(),
        tried: tried.collect(),
        given_up,
    }
}

/// Plays what is left of a world's script, as [`judge`] does; the first thing that breaks.
pub fn play(world: &mut World) -> Option<Failure> {
    play_within(world, u64::MAX)
}

fn play_within(world: &mut World, events: u64) -> Option<Failure> {
    let goes_on = |world: &World, until: u64| {
        let next = world.next_time().is_some_and(|next| next <= until);
        !world.is_red() && next && world.events() < events
    };
    let last = world.script().entries().last().map_or(0, |entry| entry.at);
    while goes_on(world, last) {
        world.step();
    }
    if !world.is_red() && world.events() < events {
        world.run_until(last);
        let limit = last.saturating_add(patience(world));
        while !world.is_at_rest() && goes_on(world, limit) {
            world.step();
        }
    }
    broken(world).or_else(|| if world.events() < events { restless(world) } else { None })
}

fn broken(world: &World) -> Option<Failure> {
    let lamps = world.lamps().into_iter();
    let found = lamps.filter_map(|lamp| Some((lamp.name, lamp.broken?)));
    let (check, broken) = found.min_by_key(|(_, broken)| broken.event)?;
    Some(Failure {
        check,
        at: broken.at,
        event: broken.event,
        servers: broken.servers.clone(),
        record: broken.record.clone(),
        what: broken.what.clone(),
    })
}

fn restless(world: &World) -> Option<Failure> {
    if world.is_at_rest() || !world.is_calm() {
        return None;
    }
    Some(Failure {
        check: EVENTUALLY,
        at: world.now(),
        event: world.events(),
        servers: Vec::new(),
        record: None,
        what: format!(
            "{EVENTUALLY}: the herd has not come to rest {} s after the last command",
            patience(world) / SECOND
        ),
    })
}

/// How long a herd that is left alone may take to come to rest, ns: the longest wait before a
/// neighbour is dialed, a greeting that fails and one that does not, a Places request, what waits on
/// slow links, and the way through the herd there and back at its slowest.
#[must_use]
pub fn patience(world: &World) -> u64 {
    let redial = if world.now() < REDIAL_PATIENCE { REDIAL_SOON } else { REDIAL_LATE };
    let options = world.options();
    let set =
        world.script().entries().iter().filter_map(|entry| match (&entry.command, entry.on) {
            (Command::Latency { latency, .. } | Command::PlacesSlow(latency), true) => {
                Some(*latency)
            }
            (Command::Lag { extra, .. } | Command::Slow { takes: extra, .. }, true) => {
                Some(Latency::Constant(options.latency.most().saturating_add(*extra)))
            }
            _ => None,
        });
    let first = [options.latency, options.client_latency, options.places_delay];
    let worst = first.into_iter().chain(set).map(Latency::most).max().unwrap_or(0);
    let hop = worst.saturating_add(options.jitter);
    // Two that gossip compare what they have now and then, each with one neighbour at a time.
    let gossips = world.options().gossips();
    let exchanges = if gossips { 4 * (world.most_links() + 2) * EXCHANGE_EVERY } else { 0 };
    // What was sent before the last command may be on its way once more, and is answered.
    let hops = 2 * world.diameter() + 12;
    hop.saturating_mul(hops)
        .saturating_add(world.backlog())
        .saturating_add(exchanges)
        .saturating_add(2 * redial + 2 * GREETING_TIMEOUT + LOOKUP_TIMEOUT + SECOND)
}
