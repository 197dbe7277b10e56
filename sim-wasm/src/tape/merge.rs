//! One order of everything that several servers were told.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::life::Life;
use super::pairs::{Pairs, Place};
use super::{Moment, NEVER, NONE};
use crate::topology::Topology;

/// The merged timeline.
#[derive(Clone, Debug, Default)]
pub(super) struct Merged {
    pub(super) moments: Vec<Moment>,
    pub(super) arrivals: Vec<u64>,
    pub(super) begins: i64,
    pub(super) latencies: Vec<[u64; 2]>,
}

/// Merges lives by their clocks. Where clocks do not run alike, what is heard before it was said is
/// put behind that, and what its server was told after it moves along.
pub(super) fn merge(lives: &[Life], pairs: &Pairs, offsets: &[i64], topology: &Topology) -> Merged {
    let begins = lives.iter().zip(offsets).map(|(life, offset)| raw(life, 0, *offset)).min();
    let begins = begins.unwrap_or_default();
    let own = |life: usize, step: usize| {
        u64::try_from(raw(&lives[life], step, offsets[life]).saturating_sub(begins)).unwrap_or(0)
    };
    // Who waits for what to be said.
    let mut needs: BTreeMap<Place, usize> = BTreeMap::new();
    let mut wanted: BTreeMap<Place, Vec<Place>> = BTreeMap::new();
    for flight in &pairs.flights {
        *needs.entry(flight.to).or_default() += 1;
        wanted.entry(flight.from).or_default().push(flight.to);
    }
    let mut times: Vec<Vec<u64>> = lives.iter().map(|life| vec![0; life.steps.len()]).collect();
    let mut floors = vec![0_u64; lives.len()];
    let mut earliest: BTreeMap<Place, u64> = BTreeMap::new();
    let mut order = Vec::new();
    let mut heads: BinaryHeap<Reverse<(u64, usize, usize)>> = BinaryHeap::new();
    let mut blocked: BTreeMap<usize, usize> = BTreeMap::new();
    for (life, _) in lives.iter().enumerate().filter(|(_, life)| !life.steps.is_empty()) {
        heads.push(Reverse((own(life, 0), life, 0)));
    }
    loop {
        let (life, step) = match heads.pop() {
            Some(Reverse((_, life, step))) => {
                if needs.get(&(life, step)).is_some_and(|open| *open > 0) {
                    blocked.insert(life, step);
                    continue;
                }
                (life, step)
            }
            // Tapes that contradict each other: the first that waits does so no longer.
            None => match blocked.pop_first() {
                Some(next) => next,
                None => break,
            },
        };
        let said = earliest.get(&(life, step)).map_or(0, |at| at + 1);
        let at = own(life, step).max(floors[life]).max(said);
        times[life][step] = at;
        floors[life] = at;
        order.push((at, life, step));
        for to in wanted.remove(&(life, step)).unwrap_or_default() {
            let open = needs.entry(to).or_default();
            *open = open.saturating_sub(1);
            let first = earliest.entry(to).or_default();
            *first = at.max(*first);
            if *open == 0 && blocked.get(&to.0) == Some(&to.1) {
                blocked.remove(&to.0);
                heads.push(Reverse((own(to.0, to.1).max(at + 1), to.0, to.1)));
            }
        }
        if step + 1 < lives[life].steps.len() {
            heads.push(Reverse((own(life, step + 1).max(at), life, step + 1)));
        }
    }
    order.sort_by_key(|(at, life, step)| (*at, *life, *step));
    written(lives, pairs, &order, &times, topology, begins)
}

/// The time by the clocks of a life, ns since the epoch.
fn raw(life: &Life, step: usize, offset: i64) -> i64 {
    let mono = life.steps.get(step).map_or(0, |step| step.now.mono.0);
    i64::try_from(mono).unwrap_or(i64::MAX).saturating_add(offset)
}

fn written(
    lives: &[Life],
    pairs: &Pairs,
    order: &[(u64, usize, usize)],
    times: &[Vec<u64>],
    topology: &Topology,
    begins: i64,
) -> Merged {
    let server = |life: usize| topology.server(&lives[life].name).map_or(0, |server| server.0);
    let mut merged = Merged { begins, ..Merged::default() };
    let mut took: BTreeMap<(u32, u32), (u64, u64)> = BTreeMap::new();
    let last: Vec<Option<u64>> = times.iter().map(|times| times.last().copied()).collect();
    let dead = |life: usize| dies(lives, pairs, times, life);
    for (at, life, step) in order {
        let place = &lives[*life].steps[*step];
        let pair = place.names.and_then(|line| pairs.of.get(&(*life, line)));
        let outcomes = pairs.heard.get(&(*life, *step)).map_or(&[][..], Vec::as_slice);
        let first = u32::try_from(merged.arrivals.len()).unwrap_or(NONE);
        for outcome in outcomes {
            let arrival = outcome.map_or(NEVER, |(life, step)| times[life][step]);
            merged.arrivals.push(arrival);
            if let Some((to, _)) = outcome {
                let entry = took.entry((server(*life), server(*to))).or_default();
                *entry = (entry.0 + (arrival - at), entry.1 + 1);
            }
        }
        merged.moments.push(Moment {
            at: *at,
            server: server(*life),
            file: place.file,
            spot: Some(place.spot),
            pair: pair.map_or(NONE, |(pair, _)| u32::try_from(*pair).unwrap_or(NONE)),
            side: pair.map_or(0, |(_, side)| *side),
            first,
            count: u32::try_from(outcomes.len()).unwrap_or(0),
        });
    }
    for (life, last) in last.iter().enumerate().filter(|(life, _)| dead(*life)) {
        let at = last.unwrap_or_default();
        let gone = Moment {
            at,
            server: server(life),
            file: 0,
            spot: None,
            pair: NONE,
            side: 0,
            first: 0,
            count: 0,
        };
        let place = merged.moments.partition_point(|moment| moment.at <= at);
        merged.moments.insert(place, gone);
    }
    merged.latencies = topology
        .edges()
        .iter()
        .map(|edge| {
            [(edge.a.0, edge.b.0), (edge.b.0, edge.a.0)]
                .map(|way| took.get(&way).map_or(0, |(sum, count)| sum / (*count).max(1)))
        })
        .collect();
    merged
}

/// Whether a life ended without a word: its server lived again later, or all its connections ended
/// at their other ends after the last that is known of it.
fn dies(lives: &[Life], pairs: &Pairs, times: &[Vec<u64>], life: usize) -> bool {
    if lives[life].stopped {
        return false;
    }
    if lives.get(life + 1).is_some_and(|next| next.name == lives[life].name) {
        return true;
    }
    let last = times[life].last().copied().unwrap_or_default();
    let open = lives[life].lines.iter().enumerate().filter(|(_, line)| line.closed.is_none());
    let mut others = open.filter_map(|(number, _)| {
        let (pair, side) = pairs.of.get(&(life, number))?;
        let (other, line) = pairs.pairs[*pair].ends[usize::from(1 - *side)];
        Some(lives[other].lines[line].closed.map(|step| times[other][step]))
    });
    let mut any = false;
    let all = others.all(|closed| {
        any = true;
        closed.is_some_and(|at| at >= last)
    });
    any && all
}
