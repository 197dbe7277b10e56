//! The map of the herd, where every server knows it: trees are then planned, not learned.

use alloc::boxed::Box;
use alloc::collections::BinaryHeap;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// Who is linked to whom, and how long a message takes.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Overlay {
    /// Ascending.
    names: Box<[Box<str>]>,
    /// The neighbours of each server, and the weights of the links to them.
    links: Box<[Vec<(usize, u64)>]>,
}

/// A server's place in an origin's shortest-path tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place<'a> {
    /// Who feeds it; nobody feeds the origin.
    pub(crate) parent: Option<&'a str>,
    /// Whom it feeds.
    pub(crate) children: Vec<&'a str>,
}

impl Overlay {
    /// The map with these two-way links: two names, and a weight (any unit, at least 1).
    #[must_use]
    pub fn new<'a>(links: impl IntoIterator<Item = (&'a str, &'a str, u64)> + Clone) -> Self {
        let mut names: Vec<Box<str>> =
            links.clone().into_iter().flat_map(|(a, b, _)| [a.into(), b.into()]).collect();
        names.sort_unstable();
        names.dedup();
        let mut map = vec![Vec::new(); names.len()];
        for (a, b, weight) in links {
            let at = |name: &str| names.binary_search_by(|other| (**other).cmp(name));
            if let (Ok(a), Ok(b)) = (at(a), at(b)) {
                map[a].push((b, weight.max(1)));
                map[b].push((a, weight.max(1)));
            }
        }
        Self { names: names.into(), links: map.into() }
    }

    /// Where `own` is in the shortest-path tree of `origin` (Dijkstra, 1959; of equal ways the one
    /// over the lower name). `None` if the map does not say.
    pub(crate) fn place(&self, origin: &[u8], own: &str) -> Option<Place<'_>> {
        let at = |name: &[u8]| self.names.binary_search_by(|other| other.as_bytes().cmp(name)).ok();
        let (root, own) = (at(origin)?, at(own.as_bytes())?);
        // Of each server: how far it is, and who feeds it.
        let mut found = vec![(u64::MAX, usize::MAX); self.names.len()];
        found[root] = (0, usize::MAX);
        let mut open = BinaryHeap::from([Reverse((0, root))]);
        while let Some(Reverse((far, server))) = open.pop() {
            if far > found[server].0 {
                continue;
            }
            for (next, weight) in &self.links[server] {
                let way = (far.saturating_add(*weight), server);
                if way < found[*next] {
                    if way.0 < found[*next].0 {
                        open.push(Reverse((way.0, *next)));
                    }
                    found[*next] = way;
                }
            }
        }
        if found[own].0 == u64::MAX {
            return None;
        }
        let feeds = |(next, _): &&(usize, u64)| found[*next].1 == own;
        let children = self.links[own].iter().filter(feeds).map(|(next, _)| &*self.names[*next]);
        let parent = self.names.get(found[own].1).map(|name| &**name);
        Some(Place { parent, children: children.collect() })
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
        let place = |own| overlay.place(b"a", own).expect("it is on the map");
        assert_eq!(place("a"), Place { parent: None, children: vec!["b"] });
        assert_eq!(place("c"), Place { parent: Some("b"), children: vec!["d"] });
        assert_eq!(place("e"), Place { parent: Some("d"), children: vec![] });
        assert_eq!(overlay.place(b"x", "a"), None);
    }

    #[test]
    fn of_equal_ways_the_lower_name_is_taken() {
        let links = [("a", "c", 2), ("a", "b", 2), ("c", "d", 2), ("b", "d", 2)];
        let place = |own| Overlay::new(links).place(b"a", own).map(|p| p.parent == Some("b"));
        assert_eq!(place("d"), Some(true));
    }
}
