//! The lowest layer: links, grey, so that a busy herd does not shout.

use herd_core::sort::sort;
use herd_sim_wasm::view::{Feed, LinkState, LinkView};

use super::Picture;
use super::marks::{arrowhead, beside, coil};
use crate::geometry::Thing;
use crate::paint::{Fill, Ink, Painter, Point, Stroke, Within};

/// More links than this are faint: they are a texture, not lines to follow.
const MANY: usize = 150;
/// More than this would be a grey sheet.
const CROWD: usize = 4_000;
/// A link is slow if it takes so many times as long as those in the middle.
const SLOW: u64 = 3;
/// Half of the gap in a cut link, pixels.
const GAP: f64 = 13.0;

pub(super) fn paint(picture: &Picture<'_>, painter: &mut impl Painter) {
    let many = picture.frame.links.len() > MANY;
    let alpha = if picture.frame.links.len() > CROWD {
        0.22
    } else if many {
        0.45
    } else {
        1.0
    };
    let stroke = Stroke::new(Ink::faded(picture.palette.link, alpha), width(picture));
    let mut whole = Vec::new();
    let mut feeds = Vec::new();
    let mut second = Vec::new();
    let mut lazy = Vec::new();
    let mut opening = Vec::new();
    let mut down = Vec::new();
    paint_way(picture, painter);
    for (index, link) in (0_u32..).zip(&picture.frame.links) {
        let Some((a, b)) = ends(picture, link) else { continue };
        if picture.is_selected(Thing::Link(index)) {
            let glow = Stroke::new(Ink::faded(picture.palette.newest, 0.22), stroke.width + 10.0);
            painter.lines(&[(a, b)], glow);
        }
        match link.state {
            LinkState::Live => match flow(picture, index) {
                Flow::Open => whole.push((a, b)),
                Flow::Lazy => lazy.push((a, b)),
                Flow::Feeds(Feed::Second, forward) => {
                    second.push(if forward { (a, b) } else { (b, a) });
                }
                Flow::Feeds(_, forward) => feeds.push(if forward { (a, b) } else { (b, a) }),
            },
            LinkState::Opening => opening.push((a, b)),
            LinkState::Down => down.push((a, b)),
            LinkState::Cut => paint_cut(picture, painter, link, (a, b), stroke),
            LinkState::Away => {}
        }
    }
    painter.lines(&whole, stroke);
    let thin = Ink::faded(picture.palette.link, 0.9);
    painter.lines(&lazy, Stroke { width: stroke.width * 0.5, ink: thin, ..stroke });
    let strong = Stroke {
        ink: Ink::new(picture.palette.feed),
        width: (stroke.width * 1.9).max(1.5),
        ..stroke
    };
    painter.lines(&second, strong.dashed(9.0));
    painter.lines(&feeds, strong);
    if !many && picture.geometry.has_names() {
        for (from, to) in feeds.iter().chain(&second) {
            arrowhead(painter, *from, *to, *to, strong);
        }
    }
    painter.lines(&opening, stroke.dashed(7.0));
    let faint = Stroke { ink: Ink::faded(picture.palette.link, 0.7), ..stroke };
    painter.lines(&down, faint.dashed(2.5));
    if !many {
        paint_traits(picture, painter, stroke);
    }
    for link in picture.frame.links.iter().filter(|link| link.one_way) {
        let Some((a, b)) = ends(picture, link) else { continue };
        let dark = Stroke { ink: Ink::new(picture.palette.quiet), ..stroke };
        arrowhead(painter, a, b, a.towards(b, 0.62), dark);
    }
}

/// What is not as usual about links: a coil where a message takes long, and gaps where some are lost.
fn paint_traits(picture: &Picture<'_>, painter: &mut impl Painter, stroke: Stroke) {
    let mut latencies: Vec<u64> = picture.frame.links.iter().map(latency).collect();
    sort(&mut latencies);
    let usual = latencies.get(latencies.len() / 2).copied().unwrap_or(0);
    let dark = Stroke { ink: Ink::new(picture.palette.quiet), ..stroke };
    let paper = Stroke::new(Ink::new(picture.palette.paper), stroke.width * 2.0 + 1.0);
    for link in picture.frame.links.iter().filter(|link| link.state == LinkState::Live) {
        let Some((a, b)) = ends(picture, link) else { continue };
        if link.lossy {
            painter.lines(&[(a, b)], paper.dashed(5.0));
        }
        if latency(link) > usual * SLOW {
            let coil = coil(a, b);
            let (from, to) = (coil[0].0, coil[coil.len() - 1].1);
            painter.lines(&[(from, to)], paper);
            painter.lines(&coil, dark);
        }
    }
}

/// The longer of both ways, ns.
fn latency(link: &LinkView) -> u64 {
    link.latency_ab.max(link.latency_ba)
}

/// The way of a fact, from server to server; grey, whence it came too late to be news.
fn paint_way(picture: &Picture<'_>, painter: &mut impl Painter) {
    let place = |server: u32| picture.geometry.servers.get(server as usize).copied();
    let between = |a: u32, b: u32| Some((place(a)?, place(b)?));
    let copies =
        picture.way.iter().flat_map(|step| step.also.iter().map(|from| (*from, step.server)));
    let late: Vec<_> = copies.filter_map(|(from, to)| between(from, to)).collect();
    painter.lines(&late, Stroke::new(Ink::faded(picture.palette.quiet, 0.3), 10.0));
    let steps = picture.way.windows(2);
    let way: Vec<_> = steps.filter_map(|pair| between(pair[0].server, pair[1].server)).collect();
    painter.lines(&way, Stroke::new(Ink::faded(picture.palette.older, 0.55), 10.0));
    let rim = Fill::outline(Stroke::new(Ink::new(picture.palette.older), 4.0));
    let stops: Vec<Point> = picture.way.iter().filter_map(|step| place(step.server)).collect();
    painter.circles(&stops, picture.geometry.radius + 5.0, rim);
}

/// What a link does for the tree that is shown.
enum Flow {
    /// Nothing is arranged.
    Open,
    /// It is kept for when it is needed.
    Lazy,
    /// Updates come this way; whether from `a` to `b`.
    Feeds(Feed, bool),
}

fn flow(picture: &Picture<'_>, link: u32) -> Flow {
    let [there, back] = picture.tree.get(link as usize).copied().unwrap_or_default();
    match (there, back) {
        (Feed::Parent, _) => Flow::Feeds(there, true),
        (_, Feed::Parent) => Flow::Feeds(back, false),
        (Feed::Second, _) => Flow::Feeds(there, true),
        (_, Feed::Second) => Flow::Feeds(back, false),
        (Feed::Pruned, _) | (_, Feed::Pruned) => Flow::Lazy,
        (Feed::Open, Feed::Open) => Flow::Open,
    }
}

fn width(picture: &Picture<'_>) -> f64 {
    (picture.geometry.radius / 10.0).within(0.5, 2.0)
}

/// Where a link begins and ends: at the servers' rims, so that nothing shows through them. Nowhere if
/// the two are no neighbours now.
fn ends(picture: &Picture<'_>, link: &LinkView) -> Option<(Point, Point)> {
    if link.state == LinkState::Away {
        return None;
    }
    let servers = &picture.geometry.servers;
    let (a, b) = (*servers.get(link.a as usize)?, *servers.get(link.b as usize)?);
    let part = (picture.geometry.radius / a.distance(b).max(1.0)).min(0.5);
    Some((a.towards(b, part), b.towards(a, part)))
}

/// A cut link: a gap between two strokes; an arrow where one way is left.
fn paint_cut(
    picture: &Picture<'_>,
    painter: &mut impl Painter,
    link: &LinkView,
    (a, b): (Point, Point),
    stroke: Stroke,
) {
    let part = (GAP / a.distance(b).max(1.0)).min(0.4);
    let (left, right) = (a.towards(b, 0.5 - part), a.towards(b, 0.5 + part));
    painter.lines(&[(a, left), (right, b)], stroke.dashed(7.0));
    let wrong = Stroke::new(Ink::new(picture.palette.wrong), 2.5);
    let bar = |at: Point| (beside(a, b, at, -8.0), beside(a, b, at, 8.0));
    painter.lines(&[bar(left), bar(right)], wrong);
    let works = match (link.cut_ab, link.cut_ba) {
        (true, false) => Some((b, a, right, left)),
        (false, true) => Some((a, b, left, right)),
        (true, true) | (false, false) => None,
    };
    if let Some((from, to, start, end)) = works {
        let dark = Stroke { ink: Ink::new(picture.palette.quiet), ..stroke };
        painter.lines(&[(start, end)], dark);
        arrowhead(painter, from, to, end, dark);
    }
}
