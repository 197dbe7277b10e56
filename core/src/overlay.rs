//! The map of the herd, where every server knows it: trees are then planned, not learned.

use alloc::boxed::Box;
use alloc::collections::BinaryHeap;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::hash::{Hash, Hasher};

use crate::form::{Form, Source};
use crate::sort::sort;
use once_cell::race::OnceBox;

/// Who tells whom, and how long a message takes.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Overlay {
    /// Ascending.
    names: Box<[Box<str>]>,
    /// Whom each server tells, ascending, and the weights of these ways.
    ways: Box<[Vec<(usize, u64)>]>,
    /// The tree of each origin, once it was asked for.
    trees: Box<[Memo]>,
}

/// A server's place in an origin's shortest-path tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place<'a> {
    /// Who feeds it; nobody feeds the origin.
    pub(crate) parent: Option<&'a str>,
    /// Who feeds it as well, if two are wanted and there is another that is no farther.
    pub(crate) second: Option<&'a str>,
    /// Whom of those on the map it need not feed, ascending.
    pub(crate) unfed: Vec<&'a str>,
}

/// Who feeds each server the updates of one origin; [`NOBODY`] feeds the origin.
#[derive(Clone, Debug)]
struct Feeds {
    parents: Box<[u32]>,
    seconds: Box<[u32]>,
}

const NOBODY: u32 = u32::MAX;

/// Servers that are looked at to find a centre.
const CENTRES: usize = 1024;

/// What follows from the rest, computed when it is first needed.
#[derive(Debug, Default)]
struct Memo(OnceBox<Feeds>);

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Memo {}

impl Hash for Memo {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Overlay {
    /// The map with these two-way links: two names, and a weight (any unit, at least 1).
    #[must_use]
    pub fn new<'a>(links: impl IntoIterator<Item = (&'a str, &'a str, u64)>) -> Self {
        let both = |(a, b, weight)| [(a, b, weight), (b, a, weight)];
        Self::directed(links.into_iter().flat_map(both))
    }

    /// The map with these ways: who tells, whom, and a weight (any unit, at least 1).
    #[must_use]
    pub fn directed<'a>(ways: impl IntoIterator<Item = (&'a str, &'a str, u64)>) -> Self {
        let list: Vec<_> = ways.into_iter().collect();
        let mut names: Vec<Box<str>> =
            list.iter().flat_map(|(from, to, _)| [(*from).into(), (*to).into()]).collect();
        sort(&mut names);
        names.dedup();
        let mut ways = vec![Vec::new(); names.len()];
        for (from, to, weight) in list {
            let at = |name: &str| names.binary_search_by(|other| (**other).cmp(name));
            if let (Ok(from), Ok(to)) = (at(from), at(to)) {
                ways[from].push((to, weight.max(1)));
            }
        }
        for ways in &mut ways {
            sort(ways);
            ways.dedup_by_key(|(to, _)| *to);
        }
        let trees = names.iter().map(|_| Memo::default()).collect();
        Self { names: names.into(), ways: ways.into(), trees }
    }

    /// The server from which the farthest one is nearest, of several the lowest name: the best root
    /// of a tree that all share. (Of a large herd, among some of its servers.)
    #[must_use]
    pub fn centre(&self) -> Option<&str> {
        let step = self.names.len().div_ceil(CENTRES).max(1);
        let roots = (0..self.names.len()).step_by(step);
        let farthest = |root: &usize| self.distances(*root).iter().map(|(far, _)| *far).max();
        roots.min_by_key(farthest).map(|root| &*self.names[root])
    }

    /// Where `own` is in the shortest-path tree of `origin`, with one feed or `two`. `None` if the
    /// map does not say.
    pub(crate) fn place(&self, origin: &[u8], own: &str, two: bool) -> Option<Place<'_>> {
        let (root, own) = (self.find(origin)?, self.find(own.as_bytes())?);
        let Feeds { parents, seconds } = self.feeds(root);
        if own != root && parents[own] == NOBODY {
            return None;
        }
        let name = |server: u32| self.names.get(server as usize).map(|name| &**name);
        let is_own = |feed: u32| feed as usize == own;
        let unfed = self.ways[own]
            .iter()
            .filter(|(to, _)| !(is_own(parents[*to]) || two && is_own(seconds[*to])))
            .map(|(to, _)| &*self.names[*to]);
        let second = name(seconds[own]).filter(|_| two);
        Some(Place { parent: name(parents[own]), second, unfed: unfed.collect() })
    }

    /// Whether the map says how what `origin` takes up comes to `own`.
    pub(crate) fn spans(&self, origin: &[u8], own: &str) -> bool {
        self.find(origin)
            .zip(self.find(own.as_bytes()))
            .is_some_and(|(root, own)| own == root || self.feeds(root).parents[own] != NOBODY)
    }

    /// The servers whose updates `feed` brings to `own`, by the plan.
    pub(crate) fn fed_by(&self, own: &str, feed: &str) -> impl Iterator<Item = &str> {
        let places = self.find(own.as_bytes()).zip(self.find(feed.as_bytes()));
        let parents = places.map(|(own, feed)| (self.feeds_of(own), feed));
        let fed = parents.into_iter().flat_map(|(parents, feed)| {
            parents.into_iter().enumerate().filter(move |(_, parent)| *parent == feed)
        });
        fed.map(|(origin, _)| &*self.names[origin])
    }

    /// Of each origin: who feeds one server. The same as a tree of each origin says, but looked for
    /// from that server's neighbours against the ways, which takes one search for each of those.
    fn feeds_of(&self, own: usize) -> Vec<usize> {
        let mut back = vec![Vec::new(); self.names.len()];
        for (from, ways) in self.ways.iter().enumerate() {
            for (to, weight) in ways {
                back[*to].push((from, *weight));
            }
        }
        let mut best = vec![(u64::MAX, usize::MAX); self.names.len()];
        for (feed, weight) in &back[own] {
            // The way is not by the server itself: that would be longer.
            for (origin, (far, _)) in search(&back, *feed).into_iter().enumerate() {
                if far < u64::MAX {
                    best[origin] = best[origin].min((far.saturating_add(*weight), *feed));
                }
            }
        }
        best[own].1 = usize::MAX;
        best.into_iter().map(|(_, feed)| feed).collect()
    }

    fn find(&self, name: &[u8]) -> Option<usize> {
        self.names.binary_search_by(|other| other.as_bytes().cmp(name)).ok()
    }

    fn feeds(&self, root: usize) -> &Feeds {
        self.trees[root].0.get_or_init(|| self.plan(root).into())
    }

    /// The tree of a server's updates: over shortest ways (Dijkstra, 1959), of equal ones over the
    /// lower name. The second feed of a server is the nearest other one that is at most as many
    /// links away from the root, so that it is not fed by that server itself.
    fn plan(&self, root: usize) -> Feeds {
        let found = self.distances(root);
        let mut order: Vec<_> = found.iter().zip(0_usize..).map(|(at, own)| (at.0, own)).collect();
        sort(&mut order);
        let mut hops = vec![0_u32; found.len()];
        for (_, server) in order {
            if let Some(before) = hops.get(found[server].1) {
                hops[server] = before + 1;
            }
        }
        let mut others = vec![(u64::MAX, usize::MAX); self.names.len()];
        for (server, (far, parent)) in found.iter().enumerate().filter(|(_, at)| at.0 < u64::MAX) {
            for (next, weight) in &self.ways[server] {
                let (parent_of_next, way) = (found[*next].1, (far.saturating_add(*weight), server));
                let other = *next != root && parent_of_next != server && *parent != *next;
                if other && hops[server] <= hops[*next] && way < others[*next] {
                    others[*next] = way;
                }
            }
        }
        let feeds = |(_, feed): &(u64, usize)| u32::try_from(*feed).unwrap_or(NOBODY);
        let (parents, seconds) = (found.iter().map(feeds), others.iter().map(feeds));
        Feeds { parents: parents.collect(), seconds: seconds.collect() }
    }

    /// Of each server: how far it is, and who feeds it.
    fn distances(&self, root: usize) -> Vec<(u64, usize)> {
        search(&self.ways, root)
    }
}

/// Of each server: how far it is from the root over these ways, and which is before it.
fn search(ways: &[Vec<(usize, u64)>], root: usize) -> Vec<(u64, usize)> {
    let mut found = vec![(u64::MAX, usize::MAX); ways.len()];
    found[root] = (0, usize::MAX);
    let mut open = BinaryHeap::from([Reverse((0, root))]);
    while let Some(Reverse((far, server))) = open.pop() {
        if far > found[server].0 {
            continue;
        }
        for (next, weight) in &ways[server] {
            let way = (far.saturating_add(*weight), server);
            if way < found[*next] {
                if way.0 < found[*next].0 {
                    open.push(Reverse((way.0, *next)));
                }
                found[*next] = way;
            }
        }
    }
    found
}

/// The trees follow from the rest.
impl Form for Overlay {
    fn put(&self, out: &mut Vec<u8>) {
        self.names.put(out);
        self.ways.put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let names = <Box<[Box<str>]>>::take(from)?;
        let ways = <Box<[Vec<(usize, u64)>]>>::take(from)?;
        let known = |(to, _): &(usize, u64)| *to < names.len();
        let sound = names.len() == ways.len()
            && names.is_sorted()
            && ways.iter().all(|ways| ways.iter().all(known));
        let trees = names.iter().map(|_| Memo::default()).collect();
        sound.then_some(Self { names, ways, trees })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planned_tree_spans_the_herd_over_shortest_ways() {
        // A ring of five with one slow link.
        let links = [("a", "b", 1), ("b", "c", 1), ("c", "d", 1), ("d", "e", 1), ("e", "a", 9)];
        let overlay = Overlay::new(links);
        let place = |own| overlay.place(b"a", own, false).expect("it is on the map");
        let at = |parent, unfed| Place { parent, second: None, unfed };
        assert_eq!(place("a"), at(None, vec!["e"]));
        assert_eq!(place("c"), at(Some("b"), vec!["b"]));
        assert_eq!(place("e"), at(Some("d"), vec!["a", "d"]));
        assert_eq!(overlay.place(b"x", "a", false), None);
    }

    #[test]
    fn of_equal_ways_the_lower_name_is_taken() {
        let links = [("a", "c", 2), ("a", "b", 2), ("c", "d", 2), ("b", "d", 2)];
        let overlay = Overlay::new(links);
        assert_eq!(overlay.place(b"a", "d", false).and_then(|d| d.parent), Some("b"));
        // The other one is the second, and knows it.
        let two = |own| overlay.place(b"a", own, true).expect("it is on the map");
        assert_eq!(two("d").second, Some("c"));
        assert_eq!((two("c").unfed, two("b").unfed), (vec!["a"], vec!["a"]));
        assert_eq!((two("b").second, two("a").second), (None, None));
    }

    #[test]
    fn who_brings_what_is_the_same_seen_from_either_end() {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        // Weights and ways as they come, some of them one-way.
        let ways = (0..names.len() * names.len()).filter(|n| n * 7 % 5 < 3);
        let ways = ways.map(|n| (names[n / 7], names[n % 7], (n * 5 % 4) as u64));
        let overlay = Overlay::directed(ways.filter(|(a, b, _)| a != b));
        for own in names {
            for feed in names {
                let parent = |origin: &&str| {
                    overlay.place(origin.as_bytes(), own, false).and_then(|place| place.parent)
                };
                let by_trees: Vec<&str> =
                    names.into_iter().filter(|origin| parent(origin) == Some(feed)).collect();
                let fed: Vec<&str> = overlay.fed_by(own, feed).collect();
                assert_eq!(fed, by_trees, "{feed} to {own}");
            }
        }
        assert_eq!(overlay.fed_by("x", "a").count(), 0);
    }

    #[test]
    fn the_centre_is_nearest_to_all() {
        let line = [("a", "b", 1), ("b", "c", 1), ("c", "d", 5)];
        assert_eq!(Overlay::new(line).centre(), Some("c"));
        assert_eq!(Overlay::new([("a", "b", 1), ("b", "c", 1), ("c", "d", 1)]).centre(), Some("b"));
        assert_eq!(Overlay::new([]).centre(), None);
    }

    #[test]
    fn records_do_not_flow_against_a_one_way_link() {
        let overlay = Overlay::directed([("a", "b", 1), ("b", "c", 1), ("c", "a", 1)]);
        let place = |origin: &str, own| overlay.place(origin.as_bytes(), own, false);
        assert_eq!(place("a", "c").and_then(|place| place.parent), Some("b"));
        assert_eq!(place("c", "b").and_then(|place| place.parent), Some("a"));
        let line = Overlay::directed([("a", "b", 1)]);
        assert_eq!(line.place(b"b", "a", false), None);
    }
}
