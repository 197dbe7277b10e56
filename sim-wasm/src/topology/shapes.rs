//! Shapes by name and size.

use std::collections::BTreeSet;

use super::{Edge, LINKS_MAX, SERVERS_MAX, ServerId, Shape, Topology, TopologyError};
use crate::rng::{Purpose, below, draw};

/// The shapes there are, for a message.
pub(super) const EXPECTED: &str = "line:N, ring:N, star:N, grid:WxH, tree:N (or tree:N:CHILDREN), \
    complete:N, small-world:N:NEIGHBOURS:PERCENT, random:N:NEIGHBOURS";

/// How often a drawn graph is drawn anew because it came out double or in pieces.
const ATTEMPTS: u64 = 10_000;

/// The shape called `spec`.
pub(super) fn named(spec: &str, seed: u64) -> Result<Topology, TopologyError> {
    let mut parts = spec.split(':');
    let kind = parts.next().unwrap_or("");
    let sizes: Vec<&str> = parts.collect();
    let (count, edges, shape) = match (kind, sizes.as_slice()) {
        ("line", [n]) => {
            let n = servers(n, 1)?;
            (n, path(n), Shape::Line)
        }
        ("ring", [n]) => {
            let n = servers(n, 3)?;
            (n, path(n).into_iter().chain([(n - 1, 0)]).collect(), Shape::Circle)
        }
        ("star", [n]) => {
            let n = servers(n, 2)?;
            (n, (1..n).map(|leaf| (0, leaf)).collect(), Shape::Star)
        }
        ("grid", [size]) => grid(size)?,
        ("tree", [n]) => tree(n, 2)?,
        ("tree", [n, children]) => tree(n, number(children, 1, SERVERS_MAX, CHILDREN)?)?,
        ("complete", [n]) => {
            let n = servers(n, 1)?;
            if u64::from(n) * u64::from(n - 1) / 2 > u64::from(LINKS_MAX) {
                return Err(TopologyError::Size("at most 1,000,000 links"));
            }
            (n, (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect(), Shape::Circle)
        }
        ("small-world", [n, k, percent]) => small_world(n, k, percent, seed)?,
        ("random", [n, k]) => random(n, k, seed)?,
        _ => return Err(TopologyError::Unknown(spec.into())),
    };
    if edges.len() > LINKS_MAX as usize {
        return Err(TopologyError::Size("at most 1,000,000 links"));
    }
    let names = (0..count).map(|n| format!("s{n}").into()).collect();
    let edges = edges
        .into_iter()
        .map(|(a, b)| Edge { a: ServerId(a), b: ServerId(b), one_way: false })
        .collect();
    Ok(Topology::new(spec, names, edges, shape))
}

type Drawn = (u32, Vec<(u32, u32)>, Shape);

const CHILDREN: &str = "a number of children from 1 to 100000";

fn number(text: &str, low: u32, high: u32, expected: &'static str) -> Result<u32, TopologyError> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|n| plain && (low..=high).contains(n));
    number.ok_or(TopologyError::Size(expected))
}

fn servers(text: &str, least: u32) -> Result<u32, TopologyError> {
    let expected = match least {
        1 => "a number of servers from 1 to 100000",
        2 => "a number of servers from 2 to 100000",
        _ => "a number of servers from 3 to 100000",
    };
    number(text, least, SERVERS_MAX, expected)
}

fn path(n: u32) -> Vec<(u32, u32)> {
    (1..n).map(|b| (b - 1, b)).collect()
}

fn grid(size: &str) -> Result<Drawn, TopologyError> {
    const SIDES: TopologyError =
        TopologyError::Size("a grid's columns and rows, such as 5x5, of at most 100000 servers");
    let (w, h) = size.split_once('x').ok_or(SIDES)?;
    let w = number(w, 1, SERVERS_MAX, "a number of columns from 1 to 100000")?;
    let h = number(h, 1, SERVERS_MAX, "a number of rows from 1 to 100000")?;
    if u64::from(w) * u64::from(h) > u64::from(SERVERS_MAX) {
        return Err(SIDES);
    }
    let mut edges = Vec::new();
    for at in 0..w * h {
        if (at + 1) % w != 0 {
            edges.push((at, at + 1));
        }
        if at + w < w * h {
            edges.push((at, at + w));
        }
    }
    Ok((w * h, edges, Shape::Grid { columns: w }))
}

fn tree(n: &str, arity: u32) -> Result<Drawn, TopologyError> {
    let n = servers(n, 1)?;
    let edges = (1..n).map(|child| ((child - 1) / arity, child)).collect();
    Ok((n, edges, Shape::Tree { arity }))
}

/// A ring in which everyone knows the `k / 2` next on either side, and some links are led elsewhere
/// (Watts and Strogatz 1998).
fn small_world(n: &str, k: &str, percent: &str, seed: u64) -> Result<Drawn, TopologyError> {
    let n = servers(n, 3)?;
    let k = number(k, 2, n - 1, "an even number of neighbours below the number of servers")?;
    if !k.is_multiple_of(2) {
        return Err(TopologyError::Size("an even number of neighbours"));
    }
    let percent = number(percent, 0, 100, "a percentage from 0 to 100")?;
    for attempt in 0..ATTEMPTS {
        let draw = |what, at| draw(seed, Purpose::Topology, what, attempt, at);
        let mut edges: BTreeSet<(u32, u32)> = BTreeSet::new();
        for a in 0..n {
            for step in 1..=k / 2 {
                let at = u64::from(a) * u64::from(k) + u64::from(step);
                let elsewhere = below(draw(0, at), 100) < u64::from(percent);
                let far = low(below(draw(1, at), u64::from(n)));
                let near = (a + step) % n;
                let free = far != a && !edges.contains(&ordered(a, far));
                edges.insert(ordered(a, if elsewhere && free { far } else { near }));
            }
        }
        let edges: Vec<_> = edges.into_iter().collect();
        if connected(n, &edges) {
            return Ok((n, edges, Shape::Circle));
        }
    }
    Err(TopologyError::Size("more neighbours: this small world falls apart"))
}

/// A random graph in which everyone has `k` neighbours: the union of random Hamiltonian cycles
/// (and a random matching if `k` is odd), so it is never in pieces.
fn random(n: &str, k: &str, seed: u64) -> Result<Drawn, TopologyError> {
    let n = servers(n, 3)?;
    let k = number(
        k,
        2,
        (n - 1).min(16),
        "a number of neighbours from 2 to 16, below the number of servers",
    )?;
    if k % 2 == 1 && n % 2 == 1 {
        return Err(TopologyError::Size("an even number of servers or of neighbours"));
    }
    let mut edges: BTreeSet<(u32, u32)> = BTreeSet::new();
    let mut round = 0;
    for layer in 0..k.div_ceil(2) {
        let whole = layer < k / 2;
        let mut added = false;
        while !added {
            if round == ATTEMPTS {
                return Err(TopologyError::Size("fewer neighbours: no such graph was found"));
            }
            added = add_layer(n, whole, seed, round, &mut edges);
            round += 1;
        }
    }
    Ok((n, edges.into_iter().collect(), Shape::Circle))
}

/// Adds a random cycle through everyone (or else a random matching), mending a drawn link that is
/// there already by swapping ends with a random other place of the cycle; whether it worked.
fn add_layer(n: u32, whole: bool, seed: u64, round: u64, edges: &mut BTreeSet<(u32, u32)>) -> bool {
    let draw = |at: u64| draw(seed, Purpose::Topology, 2, round, at);
    let mut order: Vec<u32> = (0..n).collect();
    for at in (1..n).rev() {
        order.swap(at as usize, low(below(draw(u64::from(at)), u64::from(at) + 1)) as usize);
    }
    let pairs = |order: &[u32]| -> Vec<(u32, u32)> {
        let next = |at: usize| order[(at + 1) % order.len()];
        let step = if whole { 1 } else { 2 };
        (0..order.len()).step_by(step).map(|at| ordered(order[at], next(at))).collect()
    };
    for mend in 0..u64::from(n).min(1_000) {
        let drawn = pairs(&order);
        let Some(double) = drawn.iter().position(|pair| edges.contains(pair)) else {
            edges.extend(drawn);
            return true;
        };
        let at = if whole { double } else { double * 2 };
        let with = low(below(draw(u64::from(n) + mend), u64::from(n))) as usize;
        order.swap(at, with);
    }
    false
}

fn connected(n: u32, edges: &[(u32, u32)]) -> bool {
    let mut graph = petgraph::unionfind::UnionFind::<u32>::new(n as usize);
    let joins = edges.iter().filter(|(a, b)| graph.union(*a, *b)).count();
    joins + 1 == n as usize
}

const fn ordered(a: u32, b: u32) -> (u32, u32) {
    if a < b { (a, b) } else { (b, a) }
}

/// A number below a `u32` bound.
fn low(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
