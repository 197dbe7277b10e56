//! The map of the clients: a plain drawing of the coast by Los Angeles, where the field's clients
//! live, and a grid of degrees for anywhere else. It needs no network.

use crate::paint::{Align, Fill, Ink, Painter, Point, Stroke, Type};
use crate::palette::Palette;

/// A place on the earth, degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// To the north.
    pub lat: f64,
    /// To the east.
    pub lon: f64,
}

impl Spot {
    /// The place at these degrees.
    #[must_use]
    pub const fn new(lat: f64, lon: f64) -> Self {
        Self { lat, lon }
    }

    /// As ISO 6709 and the protocol write it, six decimals.
    #[must_use]
    pub fn iso(self) -> String {
        format!("{:+010.6}{:+011.6}", self.lat, self.lon)
    }
}

/// Where the field's clients start: Powell Library.
pub const HOME: Spot = Spot::new(34.068_93, -118.445_127);

/// The part of the earth that a picture shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Its middle.
    pub centre: Spot,
    /// Degrees of latitude from the bottom to the top.
    pub span: f64,
    /// Of the picture, pixels.
    pub width: f64,
    /// Of the picture, pixels.
    pub height: f64,
}

impl Window {
    /// Pixels for a degree of longitude and of latitude. Near the middle a mile is a mile both ways.
    fn scale(&self) -> (f64, f64) {
        let lat = self.height / self.span;
        (lat * self.centre.lat.to_radians().cos().max(0.2), lat)
    }

    /// Where a place is in the picture.
    #[must_use]
    pub fn point(&self, spot: Spot) -> Point {
        let (x, y) = self.scale();
        Point::new(
            self.width / 2.0 + (spot.lon - self.centre.lon) * x,
            self.height / 2.0 - (spot.lat - self.centre.lat) * y,
        )
    }

    /// Which place a point of the picture shows, kept on the earth.
    #[must_use]
    pub fn spot(&self, at: Point) -> Spot {
        let (x, y) = self.scale();
        let lat = self.centre.lat - (at.y - self.height / 2.0) / y;
        let lon = self.centre.lon + (at.x - self.width / 2.0) / x;
        Spot::new(lat.clamp(-90.0, 90.0), lon.clamp(-180.0, 180.0))
    }

    /// The smallest window that shows these places with a margin, but never less than a town.
    #[must_use]
    pub fn around(spots: &[Spot], width: f64, height: f64) -> Self {
        let all = || spots.iter().copied().chain([HOME].into_iter().filter(|_| spots.is_empty()));
        let edge = |pick: fn(Spot) -> f64| {
            let low = all().map(pick).fold(f64::INFINITY, f64::min);
            let high = all().map(pick).fold(f64::NEG_INFINITY, f64::max);
            (f64::midpoint(low, high), high - low)
        };
        let ((lat, tall), (lon, wide)) = (edge(|spot| spot.lat), edge(|spot| spot.lon));
        let across = wide * lat.to_radians().cos().max(0.2) * height / width.max(1.0);
        let span = (tall.max(across) * 1.7).clamp(SPAN_MIN, SPAN_MOST);
        Self { centre: Spot::new(lat, lon), span, width, height }
    }

    /// The window after its picture was pulled by so many pixels.
    #[must_use]
    pub fn pulled(self, by: Point) -> Self {
        let middle = Point::new(self.width / 2.0, self.height / 2.0);
        Self { centre: self.spot(middle.plus(-by.x, -by.y)), ..self }
    }

    /// The window so many times as near; what is at `at` stays there.
    #[must_use]
    pub fn nearer(self, factor: f64, at: Point) -> Self {
        let there = self.spot(at);
        let span = (self.span / factor).clamp(SPAN_LEAST, SPAN_MOST);
        let near = Self { span, ..self };
        let moved = near.point(there);
        near.pulled(Point::new(at.x - moved.x, at.y - moved.y))
    }
}

/// Degrees of latitude that are shown at least, unless somebody comes nearer.
const SPAN_MIN: f64 = 0.06;
/// As near as one may come, and as far away, degrees of latitude.
const SPAN_LEAST: f64 = 0.004;
const SPAN_MOST: f64 = 200.0;

/// The coast from Malibu to Huntington Beach, closed far out at sea.
const COAST: [(f64, f64); 24] = [
    (34.033, -118.850),
    (34.025, -118.780),
    (34.032, -118.683),
    (34.038, -118.583),
    (34.028, -118.528),
    (34.010, -118.499),
    (33.985, -118.474),
    (33.962, -118.459),
    (33.930, -118.437),
    (33.884, -118.412),
    (33.842, -118.394),
    (33.806, -118.394),
    (33.774, -118.428),
    (33.741, -118.411),
    (33.705, -118.292),
    (33.742, -118.235),
    (33.762, -118.180),
    (33.741, -118.115),
    (33.690, -118.045),
    (33.650, -117.995),
    (33.400, -117.600),
    (32.500, -117.300),
    (32.500, -122.000),
    (34.400, -120.500),
];

/// Freeways, as they help to find one's way: 405, 10, 101.
const ROADS: [&[(f64, f64)]; 3] = [
    &[
        (34.290, -118.470),
        (34.150, -118.468),
        (34.090, -118.475),
        (34.050, -118.447),
        (34.020, -118.425),
        (33.985, -118.395),
        (33.930, -118.368),
        (33.870, -118.330),
        (33.810, -118.230),
    ],
    &[
        (34.011, -118.492),
        (34.030, -118.440),
        (34.036, -118.380),
        (34.037, -118.300),
        (34.030, -118.220),
        (34.070, -118.100),
    ],
    &[
        (34.150, -118.640),
        (34.157, -118.470),
        (34.130, -118.350),
        (34.100, -118.325),
        (34.062, -118.250),
    ],
];

const TOWNS: [(f64, f64, &str); 9] = [
    (34.074, -118.400, "Beverly Hills"),
    (34.021, -118.396, "Culver City"),
    (34.101, -118.330, "Hollywood"),
    (34.045, -118.250, "Downtown"),
    (34.019, -118.488, "Santa Monica"),
    (33.990, -118.458, "Venice"),
    (34.152, -118.450, "Sherman Oaks"),
    (33.935, -118.400, "LAX"),
    (34.0535, -118.437, "Westwood"),
];

/// Steps of the grid, degrees.
const STEPS: [f64; 9] = [0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 30.0];

/// Paints what stands still: water, land, roads, grid and names.
pub fn paint(painter: &mut impl Painter, window: &Window, palette: &Palette) {
    let to = |&(lat, lon): &(f64, f64)| window.point(Spot::new(lat, lon));
    let Window { width, height, .. } = *window;
    let frame = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
    let frame = frame.map(|(x, y)| Point::new(x, y));
    painter.polygon(&frame, Fill::solid(Ink::new(palette.land)));
    let shore = Stroke::new(Ink::faded(palette.quiet, 0.35), 1.0);
    let coast: Vec<Point> = COAST.iter().map(to).collect();
    painter.polygon(&coast, Fill::solid(Ink::new(palette.sea)).with(shore));
    for road in ROADS {
        let points: Vec<Point> = road.iter().map(to).collect();
        let lines: Vec<(Point, Point)> = points.windows(2).map(|pair| (pair[0], pair[1])).collect();
        painter.lines(&lines, Stroke::new(Ink::faded(palette.link, 0.55), 2.5));
    }
    paint_grid(painter, window, palette);
    if window.span > 0.5 {
        return;
    }
    let letters = Type {
        size: 11.0,
        weight: 400,
        ink: Ink::faded(palette.quiet, 0.9),
        align: Align::Middle,
        halo: None,
    };
    for (lat, lon, name) in TOWNS {
        painter.text(window.point(Spot::new(lat, lon)), name, letters);
    }
    let bay = Type { ink: Ink::faded(palette.newest, 0.6), ..letters };
    painter.text(window.point(Spot::new(33.975, -118.545)), "Santa Monica Bay", bay);
}

/// The graticule, with its degrees along the edges.
fn paint_grid(painter: &mut impl Painter, window: &Window, palette: &Palette) {
    let (x_scale, y_scale) = window.scale();
    let far_enough = |step: &f64| step * x_scale >= 76.0;
    let step = STEPS.into_iter().find(far_enough).unwrap_or(STEPS[STEPS.len() - 1]);
    let digits = if step < 0.1 { 2 } else { usize::from(step < 1.0) };
    let stroke = Stroke::new(Ink::faded(palette.quiet, 0.16), 1.0);
    let letters = Type {
        size: 10.0,
        weight: 400,
        ink: Ink::faded(palette.quiet, 0.75),
        align: Align::Left,
        halo: None,
    };
    let half = (window.width / 2.0 / x_scale, window.height / 2.0 / y_scale);
    let Spot { lat, lon } = window.centre;
    let marks = |from: f64, to: f64| {
        let first = (from / step).ceil();
        (0_u8..200).map(move |n| (first + f64::from(n)) * step).take_while(move |at| *at <= to)
    };
    for at in marks(lon - half.0, lon + half.0) {
        let x = window.point(Spot::new(lat, at)).x;
        painter.lines(&[(Point::new(x, 0.0), Point::new(x, window.height))], stroke);
        let side = if at < 0.0 { "W" } else { "E" };
        let label = format!("{:.digits$}° {side}", at.abs());
        painter.text(Point::new(x + 4.0, window.height - 9.0), &label, letters);
    }
    for at in marks(lat - half.1, lat + half.1) {
        let y = window.point(Spot::new(at, lon)).y;
        painter.lines(&[(Point::new(0.0, y), Point::new(window.width, y))], stroke);
        if y > window.height - 24.0 {
            continue; // The other degrees are written there.
        }
        let side = if at < 0.0 { "S" } else { "N" };
        painter.text(Point::new(5.0, y - 8.0), &format!("{:.digits$}° {side}", at.abs()), letters);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::Recorder;

    #[test]
    fn a_point_and_its_place_are_one() {
        let window = Window::around(&[HOME, Spot::new(33.9, -118.2)], 400.0, 300.0);
        let spot = Spot::new(34.01, -118.3);
        let back = window.spot(window.point(spot));
        assert!((back.lat - spot.lat).abs() < 1e-9 && (back.lon - spot.lon).abs() < 1e-9);
        for spot in [HOME, Spot::new(33.9, -118.2)] {
            let at = window.point(spot);
            assert!((0.0..400.0).contains(&at.x) && (0.0..300.0).contains(&at.y), "{at:?}");
        }
    }

    #[test]
    fn what_is_under_the_hand_stays_there() {
        let window = Window::around(&[HOME], 400.0, 300.0);
        let (home, at) = (window.point(HOME), Point::new(310.0, 40.0));
        let pulled = window.pulled(Point::new(25.0, -10.0)).point(HOME);
        assert!(pulled.distance(home.plus(25.0, -10.0)) < 0.01, "{pulled:?}");
        let (there, near) = (window.spot(at), window.nearer(4.0, at));
        assert!((near.span * 4.0 - window.span).abs() < 1e-9);
        // A degree of longitude is a little wider in the south: a pixel at most.
        assert!(near.point(there).distance(at) < 1.0, "{:?}", near.point(there));
        let nearest = (0..50).fold(window, |window, _| window.nearer(4.0, at));
        assert!((nearest.span - SPAN_LEAST).abs() < 1e-9);
    }

    #[test]
    fn iso_has_signs_and_digits() {
        assert_eq!(HOME.iso(), "+34.068930-118.445127");
        assert_eq!(Spot::new(-1.5, 7.0).iso(), "-01.500000+007.000000");
    }

    #[test]
    fn a_window_without_places_is_home() {
        let window = Window::around(&[], 400.0, 300.0);
        assert_eq!(window.point(HOME), Point::new(200.0, 150.0));
    }

    #[test]
    fn the_grid_says_its_degrees() {
        let mut recorder = Recorder::default();
        paint(&mut recorder, &Window::around(&[], 400.0, 300.0), &Palette::LIGHT);
        let text = recorder.lines.join("\n");
        assert!(text.contains("34.06° N") && text.contains("118.44° W"), "{text}");
        assert!(text.contains("Westwood"), "{text}");
    }
}
