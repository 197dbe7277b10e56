//! Charts of one update: who knows it when, what it cost, and how direct its ways were.

use crate::paint::{Align, Fill, Ink, Painter, Point, Stroke, Type};
use crate::palette::Palette;
use crate::trials::Side;

/// Pixels around what is charted: left, above, right, below.
const EDGE: (f64, f64, f64, f64) = (40.0, 12.0, 12.0, 22.0);
/// Pixels that the name of a closed form takes.
const FORM: f64 = 44.0;

/// The room of a chart, and what its axes mean.
struct Axes<'a> {
    palette: &'a Palette,
    size: (f64, f64),
    most: (f64, f64),
}

impl Axes<'_> {
    fn at(&self, x: f64, y: f64) -> Point {
        let (left, above, right, below) = EDGE;
        let wide = (self.size.0 - left - right).max(1.0);
        let tall = (self.size.1 - above - below).max(1.0);
        Point::new(left + x / self.most.0 * wide, self.size.1 - below - y / self.most.1 * tall)
    }

    fn letters(&self, align: Align) -> Type {
        Type { size: 10.0, weight: 400, ink: Ink::new(self.palette.quiet), align, halo: None }
    }

    /// The two lines, and what is farthest on each.
    fn paint(&self, painter: &mut impl Painter, x: &str, y: &str) {
        let corner = self.at(0.0, 0.0);
        let (end, top) = (self.at(self.most.0, 0.0), self.at(0.0, self.most.1));
        painter
            .lines(&[(corner, end), (corner, top)], Stroke::new(Ink::new(self.palette.link), 1.0));
        painter.text(end.plus(0.0, 12.0), x, self.letters(Align::Right));
        painter.text(top.plus(-5.0, 2.0), y, self.letters(Align::Right));
        painter.text(corner.plus(-5.0, 0.0), "0", self.letters(Align::Right));
    }
}

/// How many servers know the update, over time: steps. Times are ns since it was accepted.
pub fn paint_reach(
    painter: &mut impl Painter,
    times: &[u64],
    all: usize,
    palette: &Palette,
    size: (f64, f64),
) {
    let last = times.iter().copied().max().unwrap_or(0).max(1_000_000) as f64 * 1.08;
    let axes = Axes { palette, size, most: (last, all.max(1) as f64) };
    axes.paint(painter, &format!("{:.0} ms", last / 1e6), &all.to_string());
    let mut times = times.to_vec();
    times.sort_unstable();
    let mut lines = Vec::new();
    let mut known = 0_u32;
    let mut before = axes.at(0.0, 0.0);
    for at in times {
        let foot = axes.at(at as f64, f64::from(known));
        known += 1;
        let head = axes.at(at as f64, f64::from(known));
        lines.extend([(before, foot), (foot, head)]);
        before = head;
    }
    lines.push((before, axes.at(last, f64::from(known))));
    painter.lines(&lines, Stroke::new(Ink::new(palette.newest), 2.0));
}

/// How many servers know an update after so many seconds, with two protocols: the first blue, the
/// second orange and dashed. `reach` counts what servers have learned of all updates.
pub fn paint_race(
    painter: &mut impl Painter,
    sides: &[Side],
    all: usize,
    palette: &Palette,
    size: (f64, f64),
) {
    let ends = sides.iter().flat_map(|side| side.reach.last()).map(|(at, _)| *at);
    let last = ends.fold(1e-3, f64::max) * 1.08;
    let axes = Axes { palette, size, most: (last, all.max(1) as f64) };
    axes.paint(painter, &format!("{:.0} ms", last * 1e3), &all.to_string());
    let strokes = [
        Stroke::new(Ink::new(palette.newest), 2.0),
        Stroke::new(Ink::new(palette.older), 2.0).dashed(5.0),
    ];
    for (side, stroke) in sides.iter().zip(strokes) {
        let updates = side.updates.max(1) as f64;
        let height = |count: f64| 1.0 + count / updates;
        let mut lines = Vec::new();
        let (mut before, mut known) = (axes.at(0.0, height(0.0)), 0.0);
        for (at, count) in &side.reach {
            let (foot, head) = (axes.at(*at, height(known)), axes.at(*at, height(*count)));
            lines.extend([(before, foot), (foot, head)]);
            (before, known) = (head, *count);
        }
        lines.push((before, axes.at(last, height(known))));
        painter.lines(&lines, stroke);
    }
}

/// What each of the last updates took, beside what a tree and a flood take: all copies, and those of
/// them that were known already, which are paler.
pub fn paint_cost(
    painter: &mut impl Painter,
    costs: &[(usize, usize)],
    (tree, flood): (usize, usize),
    palette: &Palette,
    size: (f64, f64),
) {
    let most =
        costs.iter().map(|(all, _)| *all).chain([tree, flood, 1]).max().unwrap_or(1) as f64 * 1.1;
    let (whole, count) = (size.0 - EDGE.0 - EDGE.2, costs.len().max(1) as f64);
    // What the lines are called stands beside the bars.
    let room = (whole - FORM).max(whole / 2.0);
    let axes = Axes { palette, size, most: (count * whole / room, most) };
    axes.paint(painter, "updates", "");
    let wide = (room / count * 0.5).clamp(2.0, 26.0);
    for (at, (all, known)) in costs.iter().enumerate() {
        let (middle, half) = (at as f64 + 0.5, wide / 2.0);
        let mut bar = |from: usize, to: usize, alpha: f64| {
            let (foot, head) = (axes.at(middle, from as f64), axes.at(middle, to as f64));
            let ends = [(foot, -half), (head, -half), (head, half), (foot, half)];
            let corners = ends.map(|(at, aside)| at.plus(aside, 0.0));
            painter.polygon(&corners, Fill::solid(Ink::faded(palette.newest, alpha)));
        };
        let news = all.saturating_sub(*known);
        bar(0, news, 0.8);
        bar(news, *all, 0.3);
        if wide >= 14.0 {
            let top = axes.at(middle, *all as f64);
            painter.text(top.plus(0.0, -7.0), &all.to_string(), axes.letters(Align::Middle));
        }
    }
    for (form, count) in [("2E−N+1", flood), ("N−1", tree)] {
        let line = (axes.at(0.0, count as f64), axes.at(axes.most.0, count as f64));
        painter.lines(&[line], Stroke::new(Ink::new(palette.wrong), 1.0).dashed(4.0));
        painter.text(line.0.plus(-4.0, 0.0), &count.to_string(), axes.letters(Align::Right));
        painter.text(line.1.plus(-2.0, -6.0), form, axes.letters(Align::Right));
    }
}

/// Bytes so far of updates, of repair and of what servers only arrange, over time: instants (ns) and
/// sums.
pub fn paint_bytes(
    painter: &mut impl Painter,
    curves: &[Vec<(u64, u64)>; 3],
    now: u64,
    palette: &Palette,
    size: (f64, f64),
) {
    let most = curves.iter().flatten().map(|(_, sum)| *sum).max().unwrap_or(0).max(1);
    let last = now.max(1) as f64;
    let axes = Axes { palette, size, most: (last, most as f64 * 1.05) };
    axes.paint(painter, &format!("{:.1} s", last / 1e9), &thousands(most));
    let inks = [Ink::new(palette.newest), Ink::new(palette.repair), Ink::new(palette.quiet)];
    for (curve, ink) in curves.iter().zip(inks) {
        let ends = [(now, curve.last().map_or(0, |(_, sum)| *sum))];
        let points = [(0, 0)].iter().chain(curve).chain(&ends);
        let points: Vec<Point> = points.map(|(at, sum)| axes.at(*at as f64, *sum as f64)).collect();
        let lines: Vec<(Point, Point)> = points.windows(2).map(|two| (two[0], two[1])).collect();
        painter.lines(&lines, Stroke::new(ink, 1.75));
    }
}

/// A number as short as an axis has room for.
fn thousands(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{}k", (number + 500) / 1_000),
        _ => format!("{}M", (number + 500_000) / 1_000_000),
    }
}

/// A number of bytes in three figures.
#[must_use]
pub fn short_bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// How long the update took to each server, over how long the shortest way takes; ns.
pub fn paint_directness(
    painter: &mut impl Painter,
    ways: &[(u64, u64)],
    palette: &Palette,
    size: (f64, f64),
) {
    let most = ways.iter().map(|(short, took)| *short.max(took)).max().unwrap_or(0);
    let most = most.max(1_000_000) as f64 * 1.08;
    let axes = Axes { palette, size, most: (most, most) };
    axes.paint(painter, "shortest", &format!("{:.0}", most / 1e6));
    let diagonal = (axes.at(0.0, 0.0), axes.at(most, most));
    painter.lines(&[diagonal], Stroke::new(Ink::new(palette.link), 1.0).dashed(4.0));
    let points: Vec<Point> =
        ways.iter().map(|(short, took)| axes.at(*short as f64, *took as f64)).collect();
    let rim = Stroke::new(Ink::new(palette.paper), 1.0);
    painter.circles(&points, 3.5, Fill::solid(Ink::new(palette.newest)).with(rim));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::Recorder;

    #[test]
    fn the_curve_ends_where_everyone_knows() {
        let mut recorder = Recorder::default();
        paint_reach(&mut recorder, &[0, 100, 50], 3, &Palette::LIGHT, (146.0, 134.0));
        let curve = recorder.lines.iter().filter(|line| line.contains(Palette::LIGHT.newest));
        // Three servers: three steps of two lines, and the line to the right edge, at the top.
        let curve: Vec<_> = curve.collect();
        assert_eq!(curve.len(), 7, "{curve:?}");
        assert!(curve[6].contains("134,12"), "{curve:?}");
    }

    #[test]
    fn two_protocols_are_two_curves() {
        let mut recorder = Recorder::default();
        let side = |reach| Side { updates: 1, reach, ..Side::default() };
        let sides = [side(vec![(0.1, 1.0), (0.2, 2.0)]), side(vec![(0.1, 2.0)])];
        paint_race(&mut recorder, &sides, 3, &Palette::LIGHT, (146.0, 134.0));
        let count = |colour: &str| recorder.lines.iter().filter(|l| l.contains(colour)).count();
        assert_eq!((count(Palette::LIGHT.newest), count(Palette::LIGHT.older)), (5, 3));
    }

    #[test]
    fn a_flood_is_a_bar_up_to_its_form() {
        let mut recorder = Recorder::default();
        paint_cost(&mut recorder, &[(6, 2)], (4, 6), &Palette::LIGHT, (146.0, 134.0));
        let text = recorder.lines.join("\n");
        let mut bars = recorder.lines.iter().filter(|line| line.starts_with("polygon"));
        let bar = bars.nth(1).expect("what was known stands above what was news");
        let line = recorder.lines.iter().find(|line| line.contains("dashed")).expect("a form");
        let top = |line: &str| line.split([' ', ',']).nth(4).map(str::to_owned);
        assert_eq!(top(bar), line.split([' ', ',']).nth(2).map(str::to_owned), "{text}");
    }
}
