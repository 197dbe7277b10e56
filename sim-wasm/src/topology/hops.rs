//! Where a picture puts many servers without a shape of their own: in rings around the first one, a
//! ring for each hop, so that news from the middle is a wave. Each has its children of the search
//! within its own sector (radial tree drawing; Eades, 1992). It takes as long as a breadth-first search.

use std::f32::consts::TAU;

use super::Topology;
use super::layout::around;

/// Nobody's ring: the search does not come there.
const APART: u32 = u32::MAX;
/// How far the outermost ring is from the middle.
const REACH: f32 = 0.48;

/// A place from (0, 0) to (1, 1) for every server; none in a herd so long that its rings would be
/// hardly more than a line.
pub(super) fn positions(topology: &Topology) -> Option<Vec<(f32, f32)>> {
    let Search { order, parents, hops, rings } = search(topology);
    let count = hops.len();
    if rings.len().pow(2) > count {
        return None;
    }
    // How many servers stand in each one's sector, itself among them; children come after parents.
    let mut weights = vec![1_u32; count];
    for &server in order.iter().rev() {
        if let Some(parent) = parents[server] {
            weights[parent] += weights[server];
        }
    }
    let radii = radii(&rings);
    let mut sectors = vec![(0.0, TAU); count]; // where the next child's begins, and where the own ends
    let mut places = vec![(0.5, 0.5); count];
    for server in order {
        let Some(parent) = parents[server] else { continue };
        let (from, to) = sectors[parent];
        let width = TAU * ratio(weights[server], count);
        let own = (from, (from + width).min(to.max(from)));
        sectors[parent].0 = own.1;
        sectors[server] = own;
        let (right, up) = around(f32::midpoint(own.0, own.1));
        let radius = radii[hops[server] as usize];
        places[server] = (0.5 + radius * right, 0.5 - radius * up);
    }
    // Whom the first cannot reach stands outside, in the order of the names.
    let apart: Vec<usize> = (0..count).filter(|server| hops[*server] == APART).collect();
    for (at, server) in (0_u32..).zip(&apart) {
        let (right, up) = around(TAU * ratio(at, apart.len()));
        places[*server] = (0.5 + 0.5 * right, 0.5 - 0.5 * up);
    }
    Some(places)
}

/// What a breadth-first search from the first server finds.
struct Search {
    /// The servers in the order in which they are found.
    order: Vec<usize>,
    /// From whom each is found.
    parents: Vec<Option<usize>>,
    /// How many hops away each is.
    hops: Vec<u32>,
    /// How many are so many hops away.
    rings: Vec<usize>,
}

fn search(topology: &Topology) -> Search {
    let count = topology.names.len();
    let mut neighbours = vec![Vec::new(); count];
    for edge in &topology.edges {
        neighbours[edge.a.index()].push(edge.b.index());
        neighbours[edge.b.index()].push(edge.a.index());
    }
    let mut found = Search {
        order: vec![0],
        parents: vec![None; count],
        hops: vec![APART; count],
        rings: vec![1],
    };
    found.hops[0] = 0;
    let mut next = 0;
    while let Some(&server) = found.order.get(next) {
        next += 1;
        for &other in &neighbours[server] {
            if found.hops[other] != APART {
                continue;
            }
            let hop = found.hops[server] + 1;
            found.hops[other] = hop;
            found.parents[other] = Some(server);
            found.order.push(other);
            if found.rings.len() <= hop as usize {
                found.rings.push(0);
            }
            found.rings[hop as usize] += 1;
        }
    }
    found
}

/// How far from the middle each ring is: so that every ring has its share of the area, and none is
/// narrower than a part of an even spacing.
fn radii(rings: &[usize]) -> Vec<f32> {
    let all: usize = rings.iter().skip(1).sum();
    let steps = rings.len().saturating_sub(1).max(1);
    let mut inside = 0;
    (0_u32..)
        .zip(rings)
        .map(|(ring, held)| {
            if ring == 0 {
                return 0.0;
            }
            inside += held;
            let by_area = ratio(u32::try_from(inside).unwrap_or(u32::MAX), all.max(1)).sqrt();
            REACH * f32::midpoint(by_area, ratio(ring, steps))
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a pixel more or less in a herd of millions")]
fn ratio(part: u32, whole: usize) -> f32 {
    part as f32 / whole as f32
}
