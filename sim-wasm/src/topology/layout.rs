//! Where a picture puts the servers. Floating point is allowed here: it decides nothing.

use std::f32::consts::TAU;

use super::{Shape, Topology, hops};
use crate::circle::sin_cos;

/// More servers than this touch each other on one circle.
const CIRCLE_MAX: usize = 200;

/// A place from (0, 0) to (1, 1) for every server, the same on every machine up to the last bit.
pub(super) fn positions(topology: &Topology) -> Vec<(f32, f32)> {
    let count = topology.names.len();
    if topology.shape == Shape::Circle
        && count > CIRCLE_MAX
        && let Some(places) = hops::positions(topology)
    {
        return places;
    }
    match topology.shape {
        Shape::Circle => {
            let mut places = vec![(0.5, 0.5); count];
            for (at, server) in circle_order(topology).into_iter().enumerate() {
                places[server] = on_circle(at, count);
            }
            places
        }
        Shape::Star => {
            let leaves = (0..count - 1).map(|at| on_circle(at, count - 1));
            [(0.5, 0.5)].into_iter().chain(leaves).collect()
        }
        Shape::Line => (0..count)
            .map(|at| (fraction(at, count), if at % 2 == 0 { 0.48 } else { 0.52 }))
            .collect(),
        Shape::Grid { columns } => {
            let columns = columns as usize;
            let rows = count / columns;
            (0..count)
                .map(|at| (fraction(at % columns, columns), fraction(at / columns, rows)))
                .collect()
        }
        Shape::Tree { arity } => tree(count, arity as usize),
    }
}

/// Places for those that joined: farther out than the middle of their neighbours, or farther in where
/// there is no room, each beside the one before.
#[expect(clippy::cast_precision_loss, reason = "a pixel more or less")]
pub(super) fn beside(topology: &Topology, mut places: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    for server in places.len()..topology.names.len() {
        // Those with which it joined: links that are laid later move nobody.
        let own = |edge: &&super::Edge| edge.a.index() == server && edge.b.index() < server;
        let edges = topology.edges.iter().filter(own);
        let near: Vec<(f32, f32)> = edges.map(|edge| places[edge.b.index()]).collect();
        let count = near.len().max(1) as f32;
        let sum = near.iter().fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
        let turn = TAU * 0.38 * (server as f32);
        let (right, down) = around(turn);
        let place = |farther: f32| {
            let out = |middle: f32, aside: f32| {
                (middle + farther * (middle - 0.5) + 0.12 * aside).clamp(0.02, 0.98)
            };
            (out(sum.0 / count, right), out(sum.1 / count, down))
        };
        let clear = |at: &(f32, f32)| {
            places
                .iter()
                .all(|other| (at.0 - other.0).powi(2) + (at.1 - other.1).powi(2) >= APART * APART)
        };
        // Beyond who stands at the edge there is no room: then it is farther in.
        let at = [0.35, -0.3, -0.6, -1.0].map(place).into_iter().find(clear);
        places.push(at.unwrap_or_else(|| place(0.35)));
    }
    places
}

/// So far from all others stands who joins, if there is room: parts of the stage.
const APART: f32 = 0.1;

/// More servers than this stand in the order of their names: nobody can follow single links then.
const ORDERED_MAX: usize = 48;

/// An order around the circle in which neighbours stand close, so that few links cross: reversals of
/// a stretch, as long as one helps (2-opt; Croes, 1958). The first server stays the first.
fn circle_order(topology: &Topology) -> Vec<usize> {
    let count = topology.names.len();
    let mut order: Vec<usize> = (0..count).collect();
    let most = count * count.saturating_sub(1) / 2;
    if count > ORDERED_MAX || topology.edges.len() == most {
        return order;
    }
    let length = |order: &[usize]| {
        let mut place = vec![0; count];
        for (at, server) in order.iter().enumerate() {
            place[*server] = at;
        }
        let far = |edge: &super::Edge| {
            let steps = place[edge.a.index()].abs_diff(place[edge.b.index()]);
            steps.min(count - steps).pow(2)
        };
        topology.edges.iter().map(far).sum::<usize>()
    };
    let mut least = length(&order);
    loop {
        let before = least;
        for from in 1..count {
            for to in from + 1..count {
                order[from..=to].reverse();
                let now = length(&order);
                if now < least {
                    least = now;
                } else {
                    order[from..=to].reverse();
                }
            }
        }
        if least == before {
            return order;
        }
    }
}

/// The first stands on top, the others follow clockwise.
fn on_circle(at: usize, count: usize) -> (f32, f32) {
    let angle = TAU * ratio(at, count.max(1));
    let (right, up) = around(angle);
    (0.5 + 0.46 * right, 0.5 - 0.46 * up)
}

/// The sine and the cosine of an angle.
#[expect(clippy::cast_possible_truncation, reason = "a pixel has no more places")]
pub(super) fn around(angle: f32) -> (f32, f32) {
    let (sin, cos) = sin_cos(f64::from(angle));
    (sin as f32, cos as f32)
}

/// A tree: the leaves stand equally far apart, everyone else above the middle of theirs.
fn tree(count: usize, arity: usize) -> Vec<(f32, f32)> {
    let children = |at: usize| {
        let first = at.saturating_mul(arity).saturating_add(1);
        first.min(count)..first.saturating_add(arity).min(count)
    };
    let mut leaves = vec![1_usize; count];
    for at in (0..count).rev().filter(|at| !children(*at).is_empty()) {
        leaves[at] = children(at).map(|child| leaves[child]).sum();
    }
    // How many leaves stand to the left of each, and on which level it is.
    let mut spans = vec![(0, 0_usize); count];
    for at in 0..count {
        let (mut left, level) = spans[at];
        for child in children(at) {
            spans[child] = (left, level + 1);
            left += leaves[child];
        }
    }
    let all = leaves.first().copied().unwrap_or(1);
    let levels = spans.last().map_or(1, |(_, level)| level + 1);
    let place = |((left, level), own): (&(usize, usize), &usize)| {
        let x = (ratio(*left, all) + ratio(left + own, all)) / 2.0;
        (0.04 + 0.92 * x, fraction(*level, levels))
    };
    spans.iter().zip(&leaves).map(place).collect()
}

/// `at` of `count` places, with a margin at both ends.
fn fraction(at: usize, count: usize) -> f32 {
    if count < 2 { 0.5 } else { 0.06 + 0.88 * ratio(at, count - 1) }
}

#[expect(clippy::cast_precision_loss, reason = "a pixel more or less in a herd of millions")]
fn ratio(part: usize, whole: usize) -> f32 {
    part as f32 / whole as f32
}
