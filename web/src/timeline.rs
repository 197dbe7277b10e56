//! The strip under the stage: what was done, what happened, and where we are.

use herd_sim_wasm::Command;

use crate::paint::{Align, Fill, Ink, Painter, Point, Stroke, Type};
use crate::palette::Palette;
use crate::view::{cross, diamond};

/// What the strip shows. Times are nanoseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strip {
    /// The instant shown.
    pub now: u64,
    /// The last instant ever shown: what is later has not happened.
    pub seen: u64,
    /// The last instant of the strip.
    pub end: u64,
    /// What was done, and what it was.
    pub commands: Vec<(u64, Mark)>,
    /// When something happened.
    pub events: Vec<u64>,
    /// How many of all servers know the newest of the followed client, from when on.
    pub reach: Vec<(u64, usize)>,
    /// How many servers there are.
    pub servers: usize,
    /// When a check went red.
    pub broken: Vec<u64>,
    /// Instants that somebody wants to come back to.
    pub bookmarks: Vec<u64>,
}

/// What was done, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Something was broken.
    Broke,
    /// Something was put right.
    Mended,
    /// A client spoke.
    Said,
}

impl Mark {
    /// The mark of a command.
    #[must_use]
    pub const fn of(command: &Command) -> Self {
        match command {
            Command::Bandwidth { .. }
            | Command::Capacity { .. }
            | Command::Clients(_)
            | Command::Clock { .. }
            | Command::Clog { .. }
            | Command::Cut { .. }
            | Command::Datagram { .. }
            | Command::Disk { .. }
            | Command::Drift { .. }
            | Command::Hold(_)
            | Command::Kill(_)
            | Command::Lag { .. }
            | Command::Latency { .. }
            | Command::Leave(_)
            | Command::Lose { .. }
            | Command::Meddle { .. }
            | Command::Partition { .. }
            | Command::Pause(_)
            | Command::Places(_)
            | Command::PlacesSlow(_)
            | Command::PlacesSome(..)
            | Command::Slow { .. }
            | Command::Swizzle { .. }
            | Command::Unlink(_)
            | Command::Wobble { .. } => Self::Broke,
            Command::Heal(_)
            | Command::Join { .. }
            | Command::Link { .. }
            | Command::Release(_)
            | Command::Restart { .. }
            | Command::RestartLossy { .. }
            | Command::Resume(_)
            | Command::Stream(_) => Self::Mended,
            Command::Hangup { .. } | Command::Say { .. } | Command::Send { .. } => Self::Said,
        }
    }
}

/// Steps of the scale, ns.
const STEPS: [u64; 10] = [
    10_000_000,
    50_000_000,
    100_000_000,
    500_000_000,
    1_000_000_000,
    5_000_000_000,
    10_000_000_000,
    60_000_000_000,
    600_000_000_000,
    3_600_000_000_000,
];

/// Paints the strip into a picture of this size.
pub fn paint(
    painter: &mut impl Painter,
    strip: &Strip,
    palette: &Palette,
    width: f64,
    height: f64,
) {
    let end = strip.end.max(1) as f64;
    let x = |at: u64| 6.0 + (width - 12.0) * (at as f64 / end).min(1.0);
    let base = height - 16.0;
    let whole = (Point::new(6.0, base), Point::new(width - 6.0, base));
    painter.lines(&[whole], Stroke::new(Ink::new(palette.hair), 2.0));
    paint_scale(painter, strip, palette, width, &x, base);
    paint_activity(painter, strip, palette, width, base);
    paint_reach(painter, strip, palette, &x, base);
    let seen = (Point::new(6.0, base), Point::new(x(strip.seen), base));
    painter.lines(&[seen], Stroke::new(Ink::new(palette.link), 2.0));
    let passed = (Point::new(6.0, base), Point::new(x(strip.now), base));
    painter.lines(&[passed], Stroke::new(Ink::new(palette.newest), 3.0));
    for &(at, mark) in &strip.commands {
        let place = Point::new(x(at), 6.0);
        let alpha = if at > strip.seen { 0.45 } else { 1.0 };
        match mark {
            Mark::Said => {
                let ink = Ink::faded(palette.question, alpha);
                painter.polygon(&diamond(place, 4.5), Fill::solid(ink));
            }
            Mark::Broke => {
                let stroke = Stroke::new(Ink::faded(palette.wrong, alpha), 2.0);
                painter.lines(&cross(place, 3.5), stroke);
            }
            Mark::Mended => {
                let stroke = Stroke::new(Ink::faded(palette.repair, alpha), 2.0);
                painter.circles(&[place], 3.5, Fill::outline(stroke));
            }
        }
    }
    for &at in &strip.bookmarks {
        let pole = (Point::new(x(at), 1.0), Point::new(x(at), base));
        painter.lines(&[pole], Stroke::new(Ink::new(palette.older), 1.5));
        let flag = [pole.0, pole.0.plus(9.0, 3.5), pole.0.plus(0.0, 7.0)];
        painter.polygon(&flag, Fill::solid(Ink::new(palette.older)));
    }
    for &at in &strip.broken {
        let fill = Fill::solid(Ink::new(palette.wrong));
        painter.polygon(&octagon(Point::new(x(at), base)), fill);
    }
    let at = x(strip.now);
    let needle = (Point::new(at, 1.0), Point::new(at, base));
    painter.lines(&[needle], Stroke::new(Ink::new(palette.newest), 1.5));
    let rim = Stroke::new(Ink::new(palette.paper), 2.0);
    let knob = Fill::solid(Ink::new(palette.newest)).with(rim);
    painter.circles(&[Point::new(at, base)], 7.0, knob);
}

fn octagon(at: Point) -> Vec<Point> {
    (0..8)
        .map(|corner| {
            let angle = (f64::from(corner) + 0.5) * std::f64::consts::FRAC_PI_4;
            at.plus(6.0 * angle.cos(), 6.0 * angle.sin())
        })
        .collect()
}

/// Seconds below the line.
fn paint_scale(
    painter: &mut impl Painter,
    strip: &Strip,
    palette: &Palette,
    width: f64,
    x: &impl Fn(u64) -> f64,
    base: f64,
) {
    let room =
        |step: &u64| strip.end / step < 400 && width * *step as f64 / strip.end as f64 > 52.0;
    let step = STEPS.into_iter().find(room).unwrap_or(STEPS[STEPS.len() - 1]);
    let letters = Type {
        size: 10.0,
        weight: 400,
        ink: Ink::new(palette.quiet),
        align: Align::Middle,
        halo: None,
    };
    let marks = (0..=strip.end / step).map(|n| n * step);
    for at in marks.filter(|at| x(*at) < width - 14.0) {
        let place = Point::new(x(at), base);
        painter.lines(&[(place, place.plus(0.0, 4.0))], Stroke::new(Ink::new(palette.link), 1.0));
        let text = match step {
            0..50_000_000 => format!("{:.2}", at as f64 / 1e9),
            50_000_000..1_000_000_000 => format!("{:.1}", at as f64 / 1e9),
            _ => format!("{}", at / 1_000_000_000),
        };
        let left = if at == 0 { 3.0 } else { 0.0 };
        painter.text(place.plus(left, 11.0), &text, letters);
    }
}

/// How much happened when, as a row of bars.
fn paint_activity(
    painter: &mut impl Painter,
    strip: &Strip,
    palette: &Palette,
    width: f64,
    base: f64,
) {
    const BAR: f64 = 4.0;
    let mut bars = vec![0_u32; BARS_MAX];
    let count = (width - 12.0) / BAR;
    for &at in &strip.events {
        let bar = bar_of(at as f64 / strip.end.max(1) as f64 * count);
        if let Some(bar) = bars.get_mut(bar) {
            *bar += 1;
        }
    }
    let room = base - 15.0;
    let lines: Vec<(Point, Point)> = (0_u32..)
        .zip(&bars)
        .filter(|(_, events)| **events > 0)
        .map(|(bar, events)| {
            let x = 6.0 + (f64::from(bar) + 0.5) * BAR;
            let tall = (f64::from(*events).sqrt() * 4.5).min(room);
            (Point::new(x, base - 2.0), Point::new(x, base - 2.0 - tall))
        })
        .collect();
    painter.lines(&lines, Stroke::new(Ink::faded(palette.newest, 0.28), BAR - 1.5));
}

/// How many know the newest, as steps over the bars.
fn paint_reach(
    painter: &mut impl Painter,
    strip: &Strip,
    palette: &Palette,
    x: &impl Fn(u64) -> f64,
    base: f64,
) {
    let room = base - 15.0;
    let y = |known: usize| base - 2.0 - room * known as f64 / strip.servers.max(1) as f64;
    let mut lines = Vec::new();
    let mut before: Option<Point> = None;
    let ends = strip.reach.iter().copied().chain(strip.reach.last().map(|(_, n)| (strip.seen, *n)));
    for (at, known) in ends {
        let head = Point::new(x(at), y(known));
        if let Some(before) = before {
            let foot = Point::new(head.x, before.y);
            // What falls within one pixel is one step.
            if head.x - before.x < 0.5 && head.y < before.y {
                lines.push((before, head));
            } else {
                lines.extend([(before, foot), (foot, head)]);
            }
        }
        before = Some(head);
    }
    painter.lines(&lines, Stroke::new(Ink::faded(palette.newest, 0.7), 1.25));
}

const BARS_MAX: usize = 1024;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a bar on a screen")]
fn bar_of(at: f64) -> usize {
    at as usize
}
