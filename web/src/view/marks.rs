//! The shapes of things: the same on the stage and in the legend.

use herd_sim_wasm::view::MessageKind;

use crate::paint::{Fill, Painter, Point, Stroke};

/// The corners of a diamond: a client's line.
#[must_use]
pub fn diamond(at: Point, size: f64) -> [Point; 4] {
    [at.plus(0.0, -size), at.plus(size, 0.0), at.plus(0.0, size), at.plus(-size, 0.0)]
}

/// The corners of a triangle that points upwards: repair.
#[must_use]
pub fn triangle(at: Point, size: f64) -> [Point; 3] {
    [at.plus(0.0, -size), at.plus(size, size * 0.8), at.plus(-size, size * 0.8)]
}

/// The lines of a cross: lost, or down.
#[must_use]
pub fn cross(at: Point, size: f64) -> [(Point, Point); 2] {
    [(at.plus(-size, -size), at.plus(size, size)), (at.plus(-size, size), at.plus(size, -size))]
}

/// The lines of a mark of arrangement: a plus grafts, a minus prunes, a chevron pulls, two of them
/// ask for a new tree.
pub(super) fn arranging(kind: MessageKind, at: Point, size: f64) -> Vec<(Point, Point)> {
    let bar = (at.plus(-size, 0.0), at.plus(size, 0.0));
    let chevron = |y: f64| {
        let tip = at.plus(0.0, y + size * 0.5);
        [(at.plus(-size * 0.8, y - size * 0.4), tip), (tip, at.plus(size * 0.8, y - size * 0.4))]
    };
    match kind {
        MessageKind::Graft => vec![bar, (at.plus(0.0, -size), at.plus(0.0, size))],
        MessageKind::Prune => vec![bar],
        MessageKind::Pull => chevron(0.0).to_vec(),
        MessageKind::Want => [chevron(-size * 0.4), chevron(size * 0.5)].concat(),
        MessageKind::Answer
        | MessageKind::Classic
        | MessageKind::Control
        | MessageKind::Digest
        | MessageKind::Line
        | MessageKind::Repair
        | MessageKind::Update => Vec::new(),
    }
}

/// An arrowhead at a point, in the direction from `from` to `to`.
pub(super) fn arrowhead(
    painter: &mut impl Painter,
    from: Point,
    to: Point,
    at: Point,
    stroke: Stroke,
) {
    let back = from.minus(to).times(9.0 / to.distance(from).max(1e-6));
    let corner = |turn: f64| {
        let back = back.turned(turn);
        at.plus(back.x, back.y)
    };
    painter.polygon(&[at, corner(0.45), corner(-0.45)], Fill::solid(stroke.ink));
}

/// A coil in the middle of a line: what passes there takes its time.
pub(super) fn coil(a: Point, b: Point) -> Vec<(Point, Point)> {
    const TURNS: u32 = 6;
    let length = a.distance(b).max(1e-6);
    let half = (26.0 / length).min(0.3);
    let at = |step: u32| a.towards(b, 0.5 - half + 2.0 * half * f64::from(step) / f64::from(TURNS));
    let side = |step: u32| match step {
        0 | TURNS => 0.0,
        step if step % 2 == 1 => 5.0,
        _ => -5.0,
    };
    let corner = |step: u32| beside(a, b, at(step), side(step));
    (0..TURNS).map(|step| (corner(step), corner(step + 1))).collect()
}

/// The corners of an octagon: stop, something is broken.
pub(super) fn octagon(at: Point, size: f64) -> [Point; 8] {
    let near = size * 0.414;
    [
        at.plus(-near, -size),
        at.plus(near, -size),
        at.plus(size, -near),
        at.plus(size, near),
        at.plus(near, size),
        at.plus(-near, size),
        at.plus(-size, near),
        at.plus(-size, -near),
    ]
}

/// A point beside a line's point, seen along the line.
pub(super) fn beside(from: Point, to: Point, at: Point, by: f64) -> Point {
    let length = from.distance(to).max(1e-6);
    at.plus(-(to.y - from.y) / length * by, (to.x - from.x) / length * by)
}
