//! Paints into an SVG picture: what a canvas shows, to keep and to print.

use std::fmt::Write;

use crate::paint::{Align, Fill, Ink, Painter, Point, Stroke, Type};

/// The letters that the page uses, where they are there.
const FONT: &str = "Inter, system-ui, sans-serif";

/// A picture in the making.
#[derive(Clone, Debug)]
pub struct Svg {
    size: (f64, f64),
    body: String,
}

impl Svg {
    /// An empty picture of this size (pixels) on this paper.
    #[must_use]
    pub fn new(size: (f64, f64), paper: &str) -> Self {
        let body = format!("<rect width=\"100%\" height=\"100%\" fill=\"{paper}\"/>\n");
        Self { size, body }
    }

    /// The whole picture, as the text of a file; `title` says what it is to those who do not see it.
    #[must_use]
    pub fn finish(self, title: &str) -> String {
        let Self { size: (width, height), body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<title>{}</title>\n{body}</svg>\n",
            plain(title)
        )
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.body.write_fmt(text).expect("a String takes everything");
    }
}

/// A coordinate, as short as a tenth of a pixel allows.
fn short(number: f64) -> String {
    let tenths = (number * 10.0).round() / 10.0;
    // A minus before nothing says nothing.
    if tenths == 0.0 { "0".to_owned() } else { tenths.to_string() }
}

fn opacity(name: &str, ink: Ink) -> String {
    if ink.alpha < 1.0 { format!(" {name}-opacity=\"{:.2}\"", ink.alpha) } else { String::new() }
}

fn outline(stroke: Stroke) -> String {
    let Stroke { ink, width, dash, gap } = stroke;
    let dash = if dash > 0.0 {
        format!(" stroke-dasharray=\"{} {}\"", short(dash), short(gap))
    } else {
        String::new()
    };
    let faded = opacity("stroke", ink);
    format!("stroke=\"{}\" stroke-width=\"{width}\"{dash}{faded}", ink.color)
}

fn look(fill: Fill) -> String {
    let inside = match fill.inside {
        Some(ink) => format!("fill=\"{}\"{}", ink.color, opacity("fill", ink)),
        None => "fill=\"none\"".to_owned(),
    };
    match fill.outline {
        Some(stroke) => format!("{inside} {}", outline(stroke)),
        None => inside,
    }
}

/// A text without what is a sign to XML.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A file that holds one of these cannot be read.
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

impl Painter for Svg {
    fn lines(&mut self, lines: &[(Point, Point)], stroke: Stroke) {
        if lines.is_empty() {
            return;
        }
        let mut path = String::new();
        for (a, b) in lines {
            let [ax, ay, bx, by] = [a.x, a.y, b.x, b.y].map(short);
            write!(path, "M{ax} {ay}L{bx} {by}").expect("a String takes everything");
        }
        self.put(format_args!("<path d=\"{path}\" fill=\"none\" {}/>\n", outline(stroke)));
    }

    fn circles(&mut self, centres: &[Point], radius: f64, fill: Fill) {
        if centres.is_empty() {
            return;
        }
        self.put(format_args!("<g {}>", look(fill)));
        let radius = short(radius.max(0.0));
        for at in centres {
            let [x, y] = [at.x, at.y].map(short);
            self.put(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"));
        }
        self.put(format_args!("</g>\n"));
    }

    fn polygon(&mut self, corners: &[Point], fill: Fill) {
        let corners: Vec<String> =
            corners.iter().map(|at| format!("{},{}", short(at.x), short(at.y))).collect();
        let (points, look) = (corners.join(" "), look(fill));
        self.put(format_args!("<polygon points=\"{points}\" {look}/>\n"));
    }

    fn arc(&mut self, centre: Point, radius: f64, from: f64, to: f64, stroke: Stroke) {
        let at = |angle: f64| centre.plus(radius * angle.cos(), radius * angle.sin());
        let ends = [at(from), at(to)];
        let [ax, ay, bx, by] = [ends[0].x, ends[0].y, ends[1].x, ends[1].y].map(short);
        let (large, radius) = (u8::from((to - from).abs() > std::f64::consts::PI), short(radius));
        let path = format!("M{ax} {ay}A{radius} {radius} 0 {large} 1 {bx} {by}");
        self.put(format_args!("<path d=\"{path}\" fill=\"none\" {}/>\n", outline(stroke)));
    }

    fn text(&mut self, at: Point, text: &str, letters: Type) {
        let anchor = match letters.align {
            Align::Left => "start",
            Align::Middle => "middle",
            Align::Right => "end",
        };
        let halo = letters.halo.map_or_else(String::new, |halo| {
            format!(" stroke=\"{halo}\" stroke-width=\"4\" paint-order=\"stroke\"")
        });
        let ([x, y], ink) = ([at.x, at.y].map(short), letters.ink);
        self.put(format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-family=\"{FONT}\" font-size=\"{}\" font-weight=\"{}\" \
             text-anchor=\"{anchor}\" dominant-baseline=\"central\" fill=\"{}\"{}{halo}>{}</text>\n",
            short(letters.size),
            letters.weight,
            ink.color,
            opacity("fill", ink),
            plain(text)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_an_element() {
        let mut svg = Svg::new((200.0, 100.0), "#fff");
        let stroke = Stroke::new(Ink::faded("#123", 0.5), 2.0).dashed(4.0);
        svg.lines(&[(Point::new(1.04, 2.0), Point::new(-0.01, 4.0))], stroke);
        svg.circles(&[Point::new(5.0, 6.0)], 3.5, Fill::solid(Ink::new("#456")));
        svg.polygon(&[Point::new(1.0, 1.0), Point::new(2.0, 2.0)], Fill::default());
        svg.arc(Point::new(10.0, 10.0), 5.0, 0.0, 3.0, stroke);
        let letters = Type {
            size: 11.0,
            weight: 600,
            ink: Ink::new("#789"),
            align: Align::Right,
            halo: Some("#fff"),
        };
        svg.text(Point::new(9.0, 9.0), "a < b & c", letters);
        let text = svg.finish("two & more");
        for part in [
            "viewBox=\"0 0 200 100\"",
            "<title>two &amp; more</title>",
            "<path d=\"M1 2L0 4\" fill=\"none\" stroke=\"#123\" stroke-width=\"2\" \
             stroke-dasharray=\"4 5\" stroke-opacity=\"0.50\"/>",
            "<g fill=\"#456\"><circle cx=\"5\" cy=\"6\" r=\"3.5\"/></g>",
            "<polygon points=\"1,1 2,2\" fill=\"none\"/>",
            "<path d=\"M15 10A5 5 0 0 1 5.1 10.7\"",
            "text-anchor=\"end\"",
            ">a &lt; b &amp; c</text>",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(text.ends_with("</svg>\n"));
    }
}
