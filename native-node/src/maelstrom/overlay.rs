//! Who is linked to whom.

use std::collections::{BTreeMap, BTreeSet};

/// Links between nodes whatever the topology says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// Everyone to everyone.
    Mesh,
    /// Everyone to the first.
    Star,
    /// Rows and columns, as square as can be.
    Grid,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 3] = [Self::Mesh, Self::Star, Self::Grid];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mesh => "mesh",
            Self::Star => "star",
            Self::Grid => "grid",
        }
    }

    /// The links between these nodes.
    #[must_use]
    pub fn links(self, nodes: &[String]) -> Links {
        let side = (1..).find(|side| side * side >= nodes.len()).unwrap_or(1);
        let linked = |a: usize, b: usize| match self {
            Self::Mesh => true,
            Self::Star => a == 0,
            Self::Grid => b == a + side || b == a + 1 && !b.is_multiple_of(side),
        };
        let mut links = Links::default();
        for (a, one) in nodes.iter().enumerate() {
            for (b, other) in nodes.iter().enumerate().skip(a + 1) {
                if linked(a, b) {
                    links.insert(one, other);
                }
            }
        }
        links
    }
}

/// Links between nodes, both ways.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Links(BTreeSet<(String, String)>);

impl Links {
    /// Those of a topology message: who lists whom. What one lists counts both ways.
    #[must_use]
    pub fn of(topology: &BTreeMap<String, Vec<String>>) -> Self {
        let mut links = Self::default();
        for (node, neighbours) in topology {
            for neighbour in neighbours {
                links.insert(node, neighbour);
            }
        }
        links
    }

    fn insert(&mut self, one: &str, other: &str) {
        if one != other {
            self.0.insert((one.min(other).to_owned(), one.max(other).to_owned()));
        }
    }

    /// Each once.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(one, other)| (one.as_str(), other.as_str()))
    }

    /// The neighbours of a node, ascending.
    #[must_use]
    pub fn neighbours(&self, node: &str) -> BTreeSet<&str> {
        let other = |(a, b)| match () {
            () if a == node => Some(b),
            () if b == node => Some(a),
            () => None,
        };
        self.iter().filter_map(other).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("n{n}")).collect()
    }

    #[test]
    fn shapes_are_what_they_are_called() {
        let links = |shape: Shape, count| shape.links(&nodes(count)).iter().count();
        assert_eq!([1, 5, 25].map(|count| links(Shape::Mesh, count)), [0, 10, 300]);
        assert_eq!([1, 5, 25].map(|count| links(Shape::Star, count)), [0, 4, 24]);
        assert_eq!([1, 5, 25].map(|count| links(Shape::Grid, count)), [0, 5, 40]);
        let grid = Shape::Grid.links(&nodes(5));
        assert_eq!(grid.neighbours("n4"), BTreeSet::from(["n1", "n3"]));
        assert_eq!(grid.neighbours("n2"), BTreeSet::from(["n1"]));
    }

    #[test]
    fn what_one_node_lists_is_a_link_both_ways() {
        let lists = [("n1", vec!["n2", "n1"]), ("n2", vec!["n1", "n3"]), ("n3", vec![])];
        let lists = lists.map(|(node, list)| {
            (node.to_owned(), list.into_iter().map(str::to_owned).collect::<Vec<_>>())
        });
        let links = Links::of(&lists.into());
        assert_eq!(links.iter().collect::<Vec<_>>(), [("n1", "n2"), ("n2", "n3")]);
        assert_eq!(links.neighbours("n3"), BTreeSet::from(["n2"]));
    }
}
