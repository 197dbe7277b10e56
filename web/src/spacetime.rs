//! The whole run at once: a row for every server, a line for every message, from left to right.

use std::collections::BTreeMap;

use herd_sim_wasm::view::{Flight, MessageKind};

use crate::paint::{Align, Fill, Ink, Painter, Point, Stroke, Type};
use crate::palette::Palette;
use crate::view::{Hidden, cross, diamond};

/// Pixels for the names on the left, and free ones on the right, above and below.
const LEFT: f64 = 92.0;
const RIGHT: f64 = 14.0;
const ABOVE: f64 = 12.0;
const BELOW: f64 = 22.0;
/// Rows that are nearer than this have no names, pixels.
const NAMED: f64 = 11.0;
/// A pointer that is so near to a line means it, pixels.
const NEAR: f64 = 6.0;
/// Messages that are painted at most: beyond that nobody could follow one.
const LINES_MAX: usize = 6_000;

/// A part of a run.
#[derive(Clone, Debug, Default)]
pub struct Diagram {
    /// The servers' names, a row each.
    pub names: Vec<Box<str>>,
    /// Messages that have ended their flight, and, with `end` still to come, those that have not.
    pub flights: Vec<Flight>,
    /// How many of them, the first, have ended.
    pub landed: usize,
    /// When each server was down, ns.
    pub down: BTreeMap<u32, Vec<(u64, u64)>>,
    /// When each server came to know something new, ns.
    pub news: Vec<(u32, u64)>,
    /// The instant shown on the stage.
    pub now: u64,
    /// The server that is selected.
    pub selected: Option<u32>,
    /// Kinds of messages that are not shown.
    pub hidden: Hidden,
    /// The message that is selected: whence, whither and since when.
    pub message: Option<(u32, u32, u64)>,
}

/// What a person wants to see of a run: messages of the server that is selected, about the client that
/// is followed, or all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// Only those of the server.
    pub server: bool,
    /// Only those about the client.
    pub client: bool,
}

/// Which instants are shown, ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The first.
    pub from: f64,
    /// The last.
    pub to: f64,
}

impl Window {
    /// From the beginning to here.
    #[must_use]
    pub fn whole(end: u64) -> Self {
        Self { from: 0.0, to: (end as f64).max(1e6) }
    }

    /// Shows so many times as much; what is at the instant `at` stays there.
    pub fn zoom(&mut self, factor: f64, at: f64) {
        let factor = factor.max(1e3 / (self.to - self.from));
        self.from = at - (at - self.from) * factor;
        self.to = at + (self.to - at) * factor;
        self.pan(0.0);
    }

    /// Shows what is so much later.
    pub fn pan(&mut self, by: f64) {
        let by = by.max(-self.from);
        self.from += by;
        self.to += by;
    }

    /// The instant at a place of a picture of this width.
    #[must_use]
    pub fn instant(&self, x: f64, width: f64) -> f64 {
        let part = (x - LEFT) / (width - LEFT - RIGHT).max(1.0);
        (self.from + part * (self.to - self.from)).max(0.0)
    }

    fn x(&self, at: u64, width: f64) -> f64 {
        let part = (at as f64 - self.from) / (self.to - self.from).max(1.0);
        LEFT + part * (width - LEFT - RIGHT)
    }
}

/// The row of a server in a picture of this height.
fn row(server: usize, count: usize, height: f64) -> f64 {
    let room = (height - ABOVE - BELOW).max(1.0);
    ABOVE + room * (server as f64 + 0.5) / count.max(1) as f64
}

/// The server whose row is nearest to a place.
#[must_use]
pub fn server_at(y: f64, count: usize, height: f64) -> Option<u32> {
    let far = |server: &usize| (row(*server, count, height) - y).abs();
    let nearest = (0..count).min_by(|a, b| far(a).total_cmp(&far(b)))?;
    u32::try_from(nearest).ok()
}

/// The message whose line is nearest to a place, if one is near: whence, whither and since when.
#[must_use]
pub fn message_at(
    diagram: &Diagram,
    window: &Window,
    at: Point,
    (width, height): (f64, f64),
) -> Option<(u32, u32, u64)> {
    let rows = diagram.names.len();
    let there = |flight: &&Flight| {
        let between = (flight.from as usize) < rows && (flight.to as usize) < rows;
        between && !diagram.hidden.hides(flight.kind)
    };
    let far = |flight: &Flight| {
        let from =
            Point::new(window.x(flight.sent, width), row(flight.from as usize, rows, height));
        let whole = Point::new(window.x(flight.end, width), row(flight.to as usize, rows, height));
        let to = Point::new(
            whole.x,
            from.y + (whole.y - from.y) * f64::from(flight.lost.unwrap_or(1.0)),
        );
        let (along, long) = (to.minus(from), to.distance(from).max(1e-9));
        let from_here = at.minus(from);
        let part = (from_here.x * along.x + from_here.y * along.y) / (long * long);
        at.distance(from.towards(to, part.clamp(0.0, 1.0)))
    };
    let near = diagram.flights.iter().filter(there).map(|flight| (far(flight), flight));
    let (distance, flight) = near.min_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (distance <= NEAR).then_some((flight.from, flight.to, flight.sent))
}

/// Paints a part of a run into a picture of this size.
pub fn paint(
    painter: &mut impl Painter,
    diagram: &Diagram,
    window: &Window,
    palette: &Palette,
    (width, height): (f64, f64),
) {
    let rows = diagram.names.len();
    let y = |server: u32| row(server as usize, rows, height);
    let x = |at: u64| window.x(at, width);
    paint_rows(painter, diagram, window, palette, (width, height));
    paint_flights(painter, diagram, palette, &x, &y, (LEFT, width - RIGHT));
    let inside = |at: &Point| at.x >= LEFT;
    let news: Vec<Point> = diagram
        .news
        .iter()
        .map(|(server, at)| Point::new(x(*at), y(*server)))
        .filter(inside)
        .collect();
    let rim = Stroke::new(Ink::new(palette.paper), 1.0);
    painter.circles(&news, 3.5, Fill::solid(Ink::new(palette.newest)).with(rim));
    let now = x(diagram.now);
    if now >= LEFT {
        let line = (Point::new(now, 2.0), Point::new(now, height - BELOW + 4.0));
        painter.lines(&[line], Stroke::new(Ink::new(palette.newest), 1.5));
    }
}

/// The servers' rows, their names, and the scale below.
fn paint_rows(
    painter: &mut impl Painter,
    diagram: &Diagram,
    window: &Window,
    palette: &Palette,
    (width, height): (f64, f64),
) {
    let rows = diagram.names.len();
    let apart = (height - ABOVE - BELOW) / rows.max(1) as f64;
    let line = |server: usize| {
        let y = row(server, rows, height);
        (Point::new(LEFT, y), Point::new(width - RIGHT, y))
    };
    let lines: Vec<_> = (0..rows).map(line).collect();
    painter.lines(&lines, Stroke::new(Ink::new(palette.hair), 1.5));
    for (server, spans) in &diagram.down {
        let y = row(*server as usize, rows, height);
        let span = |(from, to): &(u64, u64)| {
            let clamp = |at: u64| window.x(at, width).clamp(LEFT, width - RIGHT);
            (Point::new(clamp(*from), y), Point::new(clamp(*to), y))
        };
        let spans: Vec<_> = spans.iter().map(span).collect();
        painter.lines(&spans, Stroke::new(Ink::new(palette.wrong), 2.0).dashed(4.0));
    }
    let letters = Type {
        size: 11.0,
        weight: 500,
        ink: Ink::new(palette.quiet),
        align: Align::Right,
        halo: None,
    };
    let every = (NAMED / apart.max(0.1)).ceil().max(1.0);
    for (server, name) in diagram.names.iter().enumerate() {
        let chosen = u32::try_from(server).ok() == diagram.selected;
        if chosen {
            painter.lines(&[line(server)], Stroke::new(Ink::faded(palette.newest, 0.35), 5.0));
        }
        if chosen || server as f64 % every == 0.0 {
            let ink = Ink::new(if chosen { palette.newest } else { palette.quiet });
            let at = Point::new(LEFT - 10.0, row(server, rows, height));
            painter.text(at, name, Type { ink, weight: if chosen { 700 } else { 500 }, ..letters });
        }
    }
    paint_scale(painter, window, palette, (width, height), letters);
}

fn paint_scale(
    painter: &mut impl Painter,
    window: &Window,
    palette: &Palette,
    (width, height): (f64, f64),
    letters: Type,
) {
    let span = window.to - window.from;
    let rough = span * 80.0 / (width - LEFT - RIGHT).max(1.0);
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    let mut at = (window.from / step).ceil() * step;
    let decimals = if step < 1e6 {
        4
    } else if step < 1e8 {
        3
    } else {
        1
    };
    while at <= window.to {
        let x = LEFT + (at - window.from) / span * (width - LEFT - RIGHT);
        let y = height - BELOW;
        let tick = (Point::new(x, y + 2.0), Point::new(x, y + 6.0));
        painter.lines(&[tick], Stroke::new(Ink::new(palette.link), 1.0));
        let text = format!("{:.decimals$}", at / 1e9);
        painter.text(
            Point::new(x, y + 14.0),
            &text,
            Type { align: Align::Middle, size: 10.0, ..letters },
        );
        at += step;
    }
}

/// The messages: a line each, a cross where one was lost.
fn paint_flights(
    painter: &mut impl Painter,
    diagram: &Diagram,
    palette: &Palette,
    x: &impl Fn(u64) -> f64,
    y: &impl Fn(u32) -> f64,
    (left, right): (f64, f64),
) {
    let rows = u32::try_from(diagram.names.len()).unwrap_or(u32::MAX);
    let mut groups: BTreeMap<usize, Vec<(Point, Point)>> = BTreeMap::new();
    let (mut lost, mut said) = (Vec::new(), Vec::new());
    let shown = |flight: &&Flight| {
        !diagram.hidden.hides(flight.kind) && x(flight.end) >= left && x(flight.sent) <= right
    };
    let numbered = diagram.flights.iter().enumerate();
    for (at, flight) in numbered.filter(|(_, flight)| shown(flight)).take(LINES_MAX) {
        if flight.from >= rows || flight.to >= rows {
            let (server, when) = if flight.from < rows {
                (flight.from, flight.sent)
            } else {
                (flight.to, flight.end)
            };
            if server < rows && x(when) >= left && at < diagram.landed {
                said.push(Point::new(x(when), y(server)));
            }
            continue;
        }
        let from = Point::new(x(flight.sent), y(flight.from));
        let whole = Point::new(x(flight.end), y(flight.to));
        let to = match flight.lost {
            None => whole,
            Some(part) => Point::new(whole.x, from.y + (whole.y - from.y) * f64::from(part)),
        };
        if flight.lost.is_some() && at < diagram.landed && to.x >= left {
            lost.push(to);
        }
        let line = clip(from, to, left, right);
        if diagram.message == Some((flight.from, flight.to, flight.sent)) {
            painter.lines(&[line], Stroke::new(Ink::faded(palette.newest, 0.35), 7.0));
        }
        groups.entry(look(flight.kind)).or_default().push(line);
    }
    for (look, lines) in groups {
        let stroke = match look {
            0 => Stroke::new(Ink::new(palette.newest), 1.25),
            1 => Stroke::new(Ink::new(palette.repair), 1.25),
            _ => Stroke::new(Ink::faded(palette.quiet, 0.55), 0.75),
        };
        painter.lines(&lines, stroke);
    }
    let wrong = Stroke::new(Ink::new(palette.wrong), 2.0);
    for at in lost {
        painter.lines(&cross(at, 4.0), wrong);
    }
    let rim = Stroke::new(Ink::new(palette.paper), 1.0);
    for at in said {
        painter.polygon(&diamond(at, 4.5), Fill::solid(Ink::new(palette.question)).with(rim));
    }
}

/// How a message between servers looks: as an update, as repair, as what only arranges.
pub(crate) const fn look(kind: MessageKind) -> usize {
    if kind.is_update() {
        0
    } else if matches!(kind, MessageKind::Repair) {
        1
    } else {
        2
    }
}

/// The part of a line that is between left and right.
fn clip(from: Point, to: Point, left: f64, right: f64) -> (Point, Point) {
    let wide = to.x - from.x;
    let at = |x: f64| if wide.abs() < 1e-9 { from } else { from.towards(to, (x - from.x) / wide) };
    (if from.x < left { at(left) } else { from }, if to.x > right { at(right) } else { to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::Recorder;
    use herd_sim_wasm::view::Load;

    fn flight(from: u32, to: u32, sent: u64, end: u64, lost: Option<f32>) -> Flight {
        let load = Load::default();
        Flight { number: 0, from, to, kind: MessageKind::Update, sent, end, lost, load }
    }

    #[test]
    fn a_message_is_a_line_and_a_lost_one_has_a_cross() {
        let diagram = Diagram {
            names: vec!["a".into(), "b".into()],
            flights: vec![flight(0, 1, 0, 500, None), flight(1, 0, 500, 750, Some(0.5))],
            landed: 2,
            ..Diagram::default()
        };
        let mut recorder = Recorder::default();
        let window = Window { from: 0.0, to: 1000.0 };
        paint(&mut recorder, &diagram, &window, &Palette::LIGHT, (LEFT + RIGHT + 100.0, 134.0));
        let picture = recorder.lines.join("\n");
        // Rows stand at 37 and 87; time goes from 92 to 192.
        assert!(
            picture.contains(&format!("line 92,37 142,87 {}", Palette::LIGHT.newest)),
            "{picture}"
        );
        assert!(
            picture.contains(&format!("line 142,87 167,62 {}", Palette::LIGHT.newest)),
            "{picture}"
        );
        assert_eq!(
            picture.matches(&format!("{} 2.0", Palette::LIGHT.wrong)).count(),
            2,
            "{picture}"
        );
    }

    #[test]
    fn the_window_holds_what_is_under_the_pointer() {
        let mut window = Window { from: 0.0, to: 1e9 };
        let before = window.instant(150.0, 400.0);
        window.zoom(0.5, before);
        assert!((window.instant(150.0, 400.0) - before).abs() < 1.0);
        window.pan(-5e9);
        assert!(window.from.abs() < 1e-6, "nothing is before the beginning");
        assert_eq!(server_at(90.0, 2, 134.0), Some(1));
    }
}
