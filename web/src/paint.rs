//! What can be painted, and on what: the canvas of the page, or a list for tests.

use herd_sim_wasm::circle::sin_cos;

/// A place in CSS pixels, from the top left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Point {
    /// The point at `x`, `y`.
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// The point at this part of the way to `other`: 0 is here, 1 is there.
    #[must_use]
    pub fn towards(self, other: Self, part: f64) -> Self {
        Self::new(self.x + (other.x - self.x) * part, self.y + (other.y - self.y) * part)
    }

    /// How far away `other` is.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The way from `other` to here.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }

    /// The way, so many times as long.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }

    /// The way, turned by this angle, in radians, to the right.
    #[must_use]
    pub fn turned(self, angle: f64) -> Self {
        let (sin, cos) = sin_cos(angle);
        Self::new(self.x * cos - self.y * sin, self.x * sin + self.y * cos)
    }

    /// The point this many pixels to the right and down.
    #[must_use]
    pub fn plus(self, x: f64, y: f64) -> Self {
        Self::new(self.x + x, self.y + y)
    }
}

/// A number that is kept between two others.
///
/// The standard library's own way writes the numbers out where the two are the wrong way round, and what
/// writes out numbers is larger than all that is painted with them: the first part of the page does
/// without.
pub trait Within {
    /// The number, or the nearer of the two.
    #[must_use]
    fn within(self, least: Self, most: Self) -> Self;
}

impl Within for f64 {
    fn within(self, least: Self, most: Self) -> Self {
        self.max(least).min(most)
    }
}

/// A colour of the palette, more or less opaque.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    /// As CSS writes it.
    pub color: &'static str,
    /// From 0 to 1.
    pub alpha: f64,
}

impl Ink {
    /// The colour, opaque.
    #[must_use]
    pub const fn new(color: &'static str) -> Self {
        Self { color, alpha: 1.0 }
    }

    /// The colour, this opaque.
    #[must_use]
    pub const fn faded(color: &'static str, alpha: f64) -> Self {
        Self { color, alpha }
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub ink: Ink,
    /// Its width, pixels.
    pub width: f64,
    /// Pixels of line; 0 is a whole line.
    pub dash: f64,
    /// Pixels between two dashes.
    pub gap: f64,
}

impl Stroke {
    /// A whole line.
    #[must_use]
    pub const fn new(ink: Ink, width: f64) -> Self {
        Self { ink, width, dash: 0.0, gap: 0.0 }
    }

    /// The same line in dashes.
    #[must_use]
    pub const fn dashed(self, dash: f64) -> Self {
        Self { dash, gap: dash * 1.25, ..self }
    }

    /// The same line in dots as wide as the line.
    #[must_use]
    pub const fn dotted(self) -> Self {
        Self { dash: 0.1, gap: self.width * 2.2, ..self }
    }
}

/// Inside and outline of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fill {
    /// The inside.
    pub inside: Option<Ink>,
    /// The outline.
    pub outline: Option<Stroke>,
}

impl Fill {
    /// A figure without outline.
    #[must_use]
    pub const fn solid(ink: Ink) -> Self {
        Self { inside: Some(ink), outline: None }
    }

    /// A figure without inside.
    #[must_use]
    pub const fn outline(stroke: Stroke) -> Self {
        Self { inside: None, outline: Some(stroke) }
    }

    /// The same figure with an outline.
    #[must_use]
    pub const fn with(self, stroke: Stroke) -> Self {
        Self { inside: self.inside, outline: Some(stroke) }
    }
}

/// Letters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Type {
    /// Their height, pixels.
    pub size: f64,
    /// 400 is regular, 600 is strong.
    pub weight: u16,
    /// Their colour.
    pub ink: Ink,
    /// Where they stand to their point.
    pub align: Align,
    /// The colour around them that keeps what lies below from showing through, if any.
    pub halo: Option<&'static str>,
}

/// Where a text stands to its point; vertically its middle is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// It begins there.
    Left,
    /// Its middle is there.
    Middle,
    /// It ends there.
    Right,
}

/// Something that can be painted on. Figures of one look are handed over together: what they have in
/// common is then said once, and the painter knows best how many it puts into one path.
pub trait Painter {
    /// Straight lines.
    fn lines(&mut self, lines: &[(Point, Point)], stroke: Stroke);
    /// Circles of one radius.
    fn circles(&mut self, centres: &[Point], radius: f64, fill: Fill);
    /// A closed figure with straight sides.
    fn polygon(&mut self, corners: &[Point], fill: Fill);
    /// A part of a circle's line, from one angle (radians, clockwise from the right) to another.
    fn arc(&mut self, centre: Point, radius: f64, from: f64, to: f64, stroke: Stroke);
    /// One line of text.
    fn text(&mut self, at: Point, text: &str, letters: Type);
}

/// Writes down what is painted, one line each, so that a test can read the picture.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// What was painted, in order.
    pub lines: Vec<String>,
}

impl Painter for Recorder {
    fn lines(&mut self, lines: &[(Point, Point)], stroke: Stroke) {
        for (a, b) in lines {
            let dash = if stroke.dash > 0.0 { " dashed" } else { "" };
            self.lines.push(format!(
                "line {:.0},{:.0} {:.0},{:.0} {} {:.1}{dash}",
                a.x, a.y, b.x, b.y, stroke.ink.color, stroke.width
            ));
        }
    }

    fn circles(&mut self, centres: &[Point], radius: f64, fill: Fill) {
        for at in centres {
            self.lines.push(format!("circle {:.0},{:.0} {radius:.1} {}", at.x, at.y, show(fill)));
        }
    }

    fn polygon(&mut self, corners: &[Point], fill: Fill) {
        let corners: Vec<String> =
            corners.iter().map(|at| format!("{:.0},{:.0}", at.x, at.y)).collect();
        self.lines.push(format!("polygon {} {}", corners.join(" "), show(fill)));
    }

    fn arc(&mut self, centre: Point, radius: f64, from: f64, to: f64, stroke: Stroke) {
        self.lines.push(format!(
            "arc {:.0},{:.0} {radius:.1} {from:.2}..{to:.2} {}",
            centre.x, centre.y, stroke.ink.color
        ));
    }

    fn text(&mut self, at: Point, text: &str, letters: Type) {
        self.lines.push(format!("text {:.0},{:.0} {text} {}", at.x, at.y, letters.ink.color));
    }
}

fn show(fill: Fill) -> String {
    let inside = fill.inside.map_or("none", |ink| ink.color);
    match fill.outline {
        Some(stroke) if stroke.dash > 0.0 => {
            format!("{inside} outline {} dashed", stroke.ink.color)
        }
        Some(stroke) => format!("{inside} outline {}", stroke.ink.color),
        None => inside.to_owned(),
    }
}
