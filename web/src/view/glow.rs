//! What is painted of many things at once: links by how many messages they carry, the front of the
//! wave, and losses. Everything of one look goes into one path.

use herd_core::sort::sort;
use herd_sim_wasm::view::{DEATH_SHOWN, DeathView};

use super::messages::{colour, ends, newest};
use super::{Picture, cross};
use crate::geometry::Thing;
use crate::paint::{Fill, Ink, Painter, Point, Stroke, Within};

/// Messages on one link from which it glows brighter: faint, clear, full.
const BRIGHTER: [usize; 2] = [2, 4];
/// How faint each is.
const ALPHAS: [f64; 3] = [0.4, 0.7, 1.0];
/// Ages that are told apart where something fades.
const AGES: usize = 4;

/// Links that carry something, in its colour, the brighter the more it is.
pub(super) fn paint_links(picture: &Picture<'_>, painter: &mut impl Painter) {
    let newest = newest(picture);
    let shown = picture.frame.messages.iter().filter(|m| !picture.hidden.hides(m.kind));
    // Which link, whichever way, and in which colour; endpoints are fewer than 2^31.
    let mut carried: Vec<u64> = shown
        .map(|message| {
            let (low, high) = (message.from.min(message.to), message.from.max(message.to));
            let colour = colour(picture, message, newest) as u64;
            colour << 62 | u64::from(low) << 31 | u64::from(high)
        })
        .collect();
    sort(&mut carried);
    let mut lines: [[Vec<(Point, Point)>; 3]; 3] = Default::default();
    for same in carried.chunk_by(|a, b| a == b) {
        let [low, high] = [same[0] >> 31, same[0]]
            .map(|end| u32::try_from(end & 0x7fff_ffff).unwrap_or(u32::MAX));
        let Some(ends) = ends(picture, low, high) else { continue };
        let bright = BRIGHTER.iter().filter(|least| same.len() >= **least).count();
        lines[usize::try_from(same[0] >> 62).unwrap_or(2)][bright].push(ends);
    }
    let width = (picture.geometry.radius * 0.45).within(1.0, 4.0);
    let palette = picture.palette;
    for (color, lines) in
        [palette.quiet, palette.older, palette.newest].into_iter().zip(lines.iter().rev())
    {
        for (alpha, lines) in ALPHAS.into_iter().zip(lines) {
            painter.lines(lines, Stroke::new(Ink::faded(color, alpha), width));
        }
    }
    let selected = picture.frame.messages.iter();
    for message in selected.filter(|message| picture.is_selected(Thing::Message(message.id))) {
        if let Some((from, to)) = ends(picture, message.from, message.to) {
            let at = from.towards(to, f64::from(message.fraction));
            let ring = Stroke::new(Ink::new(palette.ink), 1.5);
            painter.circles(&[at], 8.0, Fill::outline(ring));
        }
    }
}

/// Rings that widen where news arrived; grey ones that stay where it was known already.
pub(super) fn paint_arrivals(picture: &Picture<'_>, painter: &mut impl Painter) {
    if picture.still {
        return;
    }
    let mut rings: [[Vec<Point>; AGES]; 2] = Default::default();
    for arrival in picture.arrivals {
        if let Some(at) = picture.geometry.servers.get(arrival.server as usize) {
            rings[usize::from(arrival.news)][step(arrival.age)].push(*at);
        }
    }
    let radius = picture.geometry.radius;
    let crowd = !picture.geometry.has_names();
    let [known, news] = &rings;
    for (age, (known, news)) in known.iter().zip(news).enumerate() {
        let age = (age as f64 + 0.5) / AGES as f64;
        let left = 1.0 - age;
        let blue = Ink::faded(picture.palette.newest, 0.65 * left);
        if crowd {
            // Among many servers the ring of one would cover the next ones: the front is a glow.
            painter.circles(news, radius * (1.4 + age), Fill::solid(blue));
            continue;
        }
        let wide = 1.0 + 2.0 * left;
        let grey = Stroke::new(Ink::faded(picture.palette.quiet, 0.6 * left), wide);
        painter.circles(known, radius + 5.0, Fill::outline(grey));
        painter.circles(news, radius + 4.0 + 22.0 * age, Fill::outline(Stroke::new(blue, wide)));
    }
}

/// Crosses where messages were lost, fading.
pub(super) fn paint_deaths(picture: &Picture<'_>, painter: &mut impl Painter) {
    let mut crosses: [Vec<(Point, Point)>; AGES] = Default::default();
    let size = picture.geometry.radius.within(3.0, 6.0);
    let shown = picture.frame.deaths.iter().filter(|death| !picture.hidden.hides(death.kind));
    for death in shown {
        if let Some(at) = place(picture, death) {
            let age = picture.frame.time.saturating_sub(death.at) as f64 / DEATH_SHOWN as f64;
            crosses[step(age)].extend(cross(at, size));
        }
    }
    for (age, crosses) in crosses.iter().enumerate() {
        let left = 1.0 - age as f64 / AGES as f64;
        let ink = Ink::faded(picture.palette.wrong, left);
        painter.lines(crosses, Stroke::new(ink, (size * 0.4).max(1.25)));
    }
}

fn place(picture: &Picture<'_>, death: &DeathView) -> Option<Point> {
    let (from, to) = ends(picture, death.from, death.to)?;
    Some(from.towards(to, f64::from(death.fraction)))
}

/// Which of the ages that are told apart.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is small")]
fn step(age: f64) -> usize {
    ((age.within(0.0, 1.0) * AGES as f64) as usize).min(AGES - 1)
}
