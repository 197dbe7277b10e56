//! The highest layer, painted anew with every frame: messages on their way, arrivals, losses.

use herd_sim_wasm::view::{MessageKind, MessageView};

use super::marks::arranging;
use super::{Picture, Sketch, diamond, triangle};
use crate::detail::Detail;
use crate::geometry::Thing;
use crate::paint::{Fill, Ink, Painter, Point, Stroke, Within};

/// How faint what is only to come is.
const GHOST: f64 = 0.4;

pub(super) fn paint(picture: &Picture<'_>, painter: &mut impl Painter) {
    let shown = picture.frame.messages.iter().enumerate();
    let shown = shown.filter(|(_, message)| !picture.hidden.hides(message.kind));
    let small = picture.detail != Detail::Whole;
    let newest = newest(picture);
    let size = if small { 2.0 } else { (picture.geometry.radius * 0.26).within(3.0, 6.5) };
    // One path for each colour: updates that bring the newest, something older, another client.
    let mut dots: [(Ink, Vec<Point>); 3] = [
        (Ink::new(picture.palette.newest), Vec::new()),
        (Ink::new(picture.palette.older), Vec::new()),
        (Ink::new(picture.palette.quiet), Vec::new()),
    ];
    let mut copies = Vec::new();
    for (number, message) in shown {
        let Some((from, to)) = ends(picture, message.from, message.to) else { continue };
        let at = from.towards(to, f64::from(message.fraction));
        if picture.is_selected(Thing::Message(message.id)) {
            let ring = Stroke::new(Ink::new(picture.palette.ink), 1.5);
            painter.circles(&[at], size + 6.0, Fill::outline(ring));
        }
        if !small && is_copy(picture, number) {
            let hollow = Stroke::new(dots[colour(picture, message, newest)].0, 2.0);
            copies.push((at, hollow));
            continue;
        }
        if message.arrives == u64::MAX {
            let bar = |x: f64| (at.plus(x, -size - 7.0), at.plus(x, -size - 2.0));
            let stroke = Stroke::new(Ink::new(picture.palette.ink), 2.0);
            painter.lines(&[bar(-2.0), bar(2.0)], stroke);
        }
        match message.kind {
            MessageKind::Update | MessageKind::Classic => {
                let (ink, points) = &mut dots[colour(picture, message, newest)];
                if picture.still && !small {
                    painter.lines(&[across(from, at, size * 1.6)], Stroke::new(*ink, size * 0.8));
                    continue;
                }
                points.push(at);
                if !small {
                    paint_tail(painter, from, at, size, *ink);
                }
            }
            MessageKind::Repair => {
                let fill = Fill::solid(Ink::new(picture.palette.repair));
                painter.polygon(&triangle(at, size * 1.15), fill);
            }
            kind @ (MessageKind::Control
            | MessageKind::Digest
            | MessageKind::Graft
            | MessageKind::Prune
            | MessageKind::Pull
            | MessageKind::Want) => paint_arranging(picture, painter, kind, at, size),
            MessageKind::Line => {
                let fill = Fill::solid(Ink::new(picture.palette.question));
                painter.polygon(&diamond(at, size * 1.2), fill);
            }
            MessageKind::Answer => {
                let rim = Stroke::new(Ink::new(picture.palette.question), 2.0);
                let fill = Fill::solid(Ink::new(picture.palette.paper)).with(rim);
                painter.polygon(&diamond(at, size * 1.2), fill);
            }
        }
    }
    let rim = Stroke::new(Ink::new(picture.palette.paper), 1.5);
    for (ink, points) in dots {
        let fill = Fill::solid(ink);
        painter.circles(&points, size, if small { fill } else { fill.with(rim) });
    }
    for (at, hollow) in copies {
        let paper = Fill::solid(Ink::new(picture.palette.paper));
        painter.circles(&[at], size + 1.0, paper.with(hollow));
    }
}

/// Whether a message is a copy of another one that was first: they have one name.
fn is_copy(picture: &Picture<'_>, number: usize) -> bool {
    let (before, message) = (&picture.frame.messages[..number], picture.frame.messages[number]);
    before.iter().any(|other| other.id == message.id)
}

/// What will be on its way: dotted, and so faint that nobody takes it for what is.
pub(super) fn paint_ghosts(picture: &Picture<'_>, painter: &mut impl Painter) {
    let size = (picture.geometry.radius * 0.26).within(3.0, 6.5);
    let shown = picture.ghosts.iter().filter(|ghost| !picture.hidden.hides(ghost.kind));
    let mut ways = Vec::new();
    let mut dots = Vec::new();
    for ghost in shown {
        let Some((from, to)) = ends(picture, ghost.from, ghost.to) else { continue };
        let at = from.towards(to, f64::from(ghost.fraction));
        ways.push((from, at));
        dots.push(at);
    }
    let faint = Ink::faded(picture.palette.newest, GHOST);
    painter.lines(&ways, Stroke::new(faint, 1.5).dashed(2.0));
    painter.circles(&dots, size, Fill::outline(Stroke::new(faint, 1.5).dashed(2.0)));
}

/// The stroke of the knife or the loop of the lasso.
pub(super) fn paint_sketch(picture: &Picture<'_>, painter: &mut impl Painter) {
    let (points, ink) = match picture.sketch {
        Sketch::Nothing => return,
        Sketch::Knife(points) => (points, Ink::new(picture.palette.wrong)),
        Sketch::Lasso(points) => {
            let fill = Fill::solid(Ink::faded(picture.palette.newest, 0.08));
            painter.polygon(points, fill);
            (points, Ink::new(picture.palette.newest))
        }
        Sketch::Link(from, to) => {
            let stroke = Stroke::new(Ink::new(picture.palette.newest), 2.0).dashed(7.0);
            return painter.lines(&[(*from, *to)], stroke);
        }
    };
    let lines: Vec<(Point, Point)> = points.windows(2).map(|part| (part[0], part[1])).collect();
    painter.lines(&lines, Stroke::new(ink, 2.0));
}

/// What servers only arrange: small, grey, a shape for each purpose.
fn paint_arranging(
    picture: &Picture<'_>,
    painter: &mut impl Painter,
    kind: MessageKind,
    at: Point,
    size: f64,
) {
    let ink = Ink::new(picture.palette.quiet);
    let stroke = Stroke::new(ink, (size * 0.3).max(1.25));
    match kind {
        MessageKind::Digest => painter.polygon(
            &[
                at.plus(-size * 0.6, -size * 0.6),
                at.plus(size * 0.6, -size * 0.6),
                at.plus(size * 0.6, size * 0.6),
                at.plus(-size * 0.6, size * 0.6),
            ],
            Fill::solid(Ink::new(picture.palette.paper)).with(stroke),
        ),
        MessageKind::Graft | MessageKind::Prune | MessageKind::Pull | MessageKind::Want => {
            painter.lines(&arranging(kind, at, size * 0.9), stroke);
        }
        MessageKind::Control
        | MessageKind::Answer
        | MessageKind::Classic
        | MessageKind::Line
        | MessageKind::Repair
        | MessageKind::Update => painter.circles(&[at], size * 0.4, Fill::solid(ink)),
    }
}

/// The stamp of the newest place that any server holds of the client that is followed.
pub(super) fn newest(picture: &Picture<'_>) -> i64 {
    picture.frame.knowledge.iter().map(|known| known.stamp).max().unwrap_or(0)
}

/// Which of the three colours: the followed client's newest, its older ones, somebody else.
pub(super) fn colour(picture: &Picture<'_>, message: &MessageView, newest: i64) -> usize {
    if picture.followed != Some(message.subject) {
        return 2;
    }
    usize::from(message.stamp < newest)
}

pub(super) fn ends(picture: &Picture<'_>, from: u32, to: u32) -> Option<(Point, Point)> {
    let from = picture.geometry.endpoint(picture.frame, from)?;
    let to = picture.geometry.endpoint(picture.frame, to)?;
    Some((from, to))
}

/// A tick across the way from somewhere: where a message is, with nothing that flies.
fn across(from: Point, at: Point, reach: f64) -> (Point, Point) {
    let far = from.distance(at).max(1.0);
    let aside = Point::new((at.y - from.y) / far * reach, (from.x - at.x) / far * reach);
    (at.plus(aside.x, aside.y), at.plus(-aside.x, -aside.y))
}

/// A short tail against the direction of travel, fading.
fn paint_tail(painter: &mut impl Painter, from: Point, at: Point, size: f64, ink: Ink) {
    let far = from.distance(at);
    let reach = far.min(size * 4.5);
    if reach < 1.0 {
        return;
    }
    for (part, alpha, width) in [(1.0, 0.14, 0.7), (0.66, 0.2, 1.0), (0.33, 0.3, 1.4)] {
        let tail = at.towards(from, reach * part / far);
        let stroke = Stroke::new(Ink::faded(ink.color, alpha), size * width);
        painter.lines(&[(tail, at)], stroke);
    }
}
