//! Whose clock is how far ahead.
//!
//! Monotonic clocks of several machines have nothing in common, and wall clocks may be wrong. But
//! nothing is heard before it is said, which bounds how far apart two clocks can be, from either side
//! where messages went both ways. Where the wall clocks keep to those bounds they are believed; where
//! they do not, the middle between the bounds is taken, as the Network Time Protocol does (RFC 5905,
//! section 8).

use std::collections::BTreeMap;

use super::life::Life;
use super::pairs::Pairs;

/// A clock that was wrong by less is not worth a word, ns.
const WORTH_A_WORD: i64 = 1_000_000;

/// What is to be added to the monotonic clock of each life to have the time, ns since the epoch.
pub(super) fn offsets(lives: &[Life], pairs: &Pairs, remarks: &mut Vec<String>) -> Vec<i64> {
    let wall: Vec<i64> = lives.iter().map(wall_offset).collect();
    let bounds = bounds(lives, pairs);
    let mut offsets = wall.clone();
    if bounds.iter().any(|((a, b), most)| offsets[*a] - offsets[*b] > *most) {
        set_right(&mut offsets, &bounds);
    }
    // What is left over where not all can be kept to: who hears is later.
    for _ in 0..lives.len() {
        for ((a, b), most) in &bounds {
            let over = offsets[*a].saturating_sub(offsets[*b]).saturating_sub(*most);
            offsets[*b] = offsets[*b].saturating_add(over.max(0));
        }
    }
    for (life, (wall, offset)) in lives.iter().zip(wall.iter().zip(&offsets)) {
        let ahead = wall.saturating_sub(*offset);
        if ahead.saturating_abs() >= WORTH_A_WORD {
            let how = if ahead > 0 { "ahead" } else { "behind" };
            let ms = ahead.saturating_abs() / 1_000_000;
            remarks.push(format!("the clock of {} was {ms} ms {how}, by what it heard", life.name));
        }
    }
    offsets
}

fn wall_offset(life: &Life) -> i64 {
    let first = life.first();
    first.wall.0.saturating_sub(mono(first.mono.0))
}

/// By how much more at most is to be added to the clock of one life than to another's: as much as
/// its quickest message to the other says.
fn bounds(lives: &[Life], pairs: &Pairs) -> BTreeMap<(usize, usize), i64> {
    let mut bounds: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    let at = |(life, step): (usize, usize)| mono(lives[life].steps[step].now.mono.0);
    for flight in &pairs.flights {
        let most = at(flight.to).saturating_sub(at(flight.from));
        let bound = bounds.entry((flight.from.0, flight.to.0)).or_insert(most);
        *bound = (*bound).min(most);
    }
    bounds
}

/// Takes the middle between the bounds, from life to life, beginning with the first of each group
/// that has spoken with each other.
fn set_right(offsets: &mut [i64], bounds: &BTreeMap<(usize, usize), i64>) {
    let mut known = vec![false; offsets.len()];
    for root in 0..offsets.len() {
        if known[root] {
            continue;
        }
        known[root] = true;
        let mut open = vec![root];
        while let Some(a) = open.pop() {
            for b in 0..offsets.len() {
                let (Some(there), Some(back)) = (bounds.get(&(a, b)), bounds.get(&(b, a))) else {
                    continue;
                };
                if !known[b] {
                    known[b] = true;
                    offsets[b] = offsets[a].saturating_sub(there.saturating_sub(*back) / 2);
                    open.push(b);
                }
            }
        }
    }
}

fn mono(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}
