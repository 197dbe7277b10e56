//! Range-based set reconciliation: what two stores that should be equal hold differently
//! (Meyer, "Range-based set reconciliation", 2023, section 3).
//!
//! Records are ordered by the places of their clients. Two servers tell each other prints of ranges; one
//! that differs is split in ranges of as many records each and told on, until few enough are left
//! to be listed. So what is said grows with what differs, and with the logarithm of what is held.

use alloc::vec::Vec;

use crate::codec::{Ids, put_list, put_print};
use crate::form::form;
use crate::limits::{RANGE_LISTED, RANGE_SPLIT};
use crate::print::place_of;
use crate::sort::sort;
use crate::store::Store;
use crate::time::Instant;

/// A range of places, first and last.
pub(crate) type Range = (u64, u64);

/// All there are.
pub(crate) const EVERYWHERE: Range = (0, u64::MAX);

/// What is going on between two neighbours that have the same and hold something different; or that
/// cannot tell by what they have.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Audit {
    /// Digests, one after the other, that said so.
    pub(crate) odd: u32,
    /// Those that said that the same is held although something else is had …
    pub(crate) even: u32,
    /// … by hashes of that, the neighbour's and ours.
    pub(crate) pair: (u64, u64),
    /// How often the neighbour was told since.
    pub(crate) told: u32,
    /// Marks the comparison that is going on, if we lead one; else 0.
    pub(crate) number: u64,
    /// When the neighbour has to have answered.
    pub(crate) until: Instant,
    /// Ranges that differ.
    pub(crate) todo: Vec<Range>,
    /// Places of what we lack.
    pub(crate) wishes: Vec<u64>,
}

/// A record in a range.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Item {
    place: u64,
    print: u64,
    /// Where the store holds it.
    pub(crate) at: u32,
}

/// The records that are held in some ranges, by place.
pub(crate) struct Items(Vec<Item>);

impl Items {
    /// Looks through the whole store, once for all ranges.
    pub(crate) fn of(store: &Store, ranges: impl Iterator<Item = Range>) -> Self {
        let mut spans: Vec<Range> = ranges.collect();
        sort(&mut spans);
        let mut joined: Vec<Range> = Vec::with_capacity(spans.len());
        for (first, last) in spans {
            match joined.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                Some(_) | None => joined.push((first, last)),
            }
        }
        let item = |at: u32| {
            let record = store.at(at)?;
            let place = place_of(record.client());
            let span = joined.partition_point(|(_, last)| *last < place);
            let within = joined.get(span).is_some_and(|(first, _)| *first <= place);
            within.then(|| Item { place, print: record.print(), at })
        };
        let none = joined.is_empty();
        let mut items: Vec<Item> = (0..store.end()).filter(|_| !none).filter_map(item).collect();
        sort(&mut items);
        Self(items)
    }

    /// Nothing.
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Those of one range.
    pub(crate) fn within(&self, (first, last): Range) -> &[Item] {
        let start = self.0.partition_point(|item| item.place < first);
        let end = self.0.partition_point(|item| item.place <= last);
        &self.0[start..end.max(start)]
    }
}

/// The print of all of them.
pub(crate) fn print_of(items: &[Item]) -> u64 {
    items.iter().fold(0, |sum, item| sum.wrapping_add(item.print))
}

/// Appends what is held in a range of which something differs; how many prints that takes.
pub(crate) fn put_held(out: &mut Vec<u8>, range: Range, items: &[Item]) -> usize {
    if items.len() <= RANGE_LISTED {
        put_list(out, range, items.iter().map(|item| (item.place, item.print)));
        return 0;
    }
    let pieces = (items.len() / (RANGE_LISTED / 2)).clamp(2, RANGE_SPLIT);
    let (mut first, mut start, mut put) = (range.0, 0, 0);
    for piece in 1..=pieces {
        let end = items.len() * piece / pieces;
        let last = match items.get(end) {
            // Whoever has the same place stays together.
            Some(next) if next.place == items[end - 1].place => continue,
            Some(next) => next.place - 1,
            None => range.1,
        };
        put_print(out, (first, last), print_of(&items[start..end]));
        (first, start, put) = (last.wrapping_add(1), end, put + 1);
    }
    put
}

/// What one end holds in a range and the other end does not, seen from the first.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Difference {
    /// What it can give, by index in the store.
    pub(crate) gives: Vec<u32>,
    /// The places of what it wishes for. Where both hold something different of one client, it wishes:
    /// what is given and was older is answered with what is newer.
    pub(crate) wishes: Vec<u64>,
}

/// Compares what is held in a range with what a neighbour lists.
pub(crate) fn compare(items: &[Item], ids: Ids<'_>, difference: &mut Difference) {
    let mut theirs: Vec<(u64, u64)> = ids.iter().collect();
    sort(&mut theirs);
    let has = |id: (u64, u64)| theirs.binary_search(&id).is_ok();
    let lists = |place: u64| {
        let at = theirs.partition_point(|(other, _)| *other < place);
        theirs.get(at).is_some_and(|(other, _)| *other == place)
    };
    let mine = |id: &(u64, u64)| {
        let at = items.partition_point(|item| (item.place, item.print) < *id);
        items.get(at).is_some_and(|item| (item.place, item.print) == *id)
    };
    difference.wishes.extend(theirs.iter().filter(|id| !mine(id)).map(|(place, _)| *place));
    let lacked = items.iter().filter(|item| !has((item.place, item.print)) && !lists(item.place));
    difference.gives.extend(lacked.map(|item| item.at));
}

form!(struct Audit { odd, told, number, until, todo, wishes, even, pair });

#[cfg(test)]
mod tests;
