//! Paints on a canvas of the page.

use std::f64::consts::TAU;
use std::ptr::null;

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::paint::{Align, Fill, Ink, Painter, Point, Stroke, Type, Within};
use crate::view::Picture;

const FONT: &str = "Inter, 'Segoe UI', system-ui, -apple-system, 'Liberation Sans', sans-serif";
/// Sharper than this nobody sees, and it costs.
const RATIO_MAX: f64 = 2.0;

/// Nobody sees whether a dot with a smaller radius than this is round, and a square costs a tenth.
const DOT: f64 = 2.2;
/// A line no wider than this, in pixels, is a hair.
const THIN: f64 = 1.0;
/// The side of a square that is as large as a circle of radius 1: √π.
const SQUARE: f64 = 1.772;

/// A canvas, cleared and sized to its element.
#[derive(Debug)]
pub(crate) struct Canvas {
    context: CanvasRenderingContext2d,
    /// The letters that were set last: their weight and their size in tenths of a pixel.
    font: (u16, u32),
    /// Where the colours stand that were set last: a browser reads one anew each time that it is set.
    inside: *const u8,
    around: *const u8,
    /// CSS pixels.
    pub(crate) width: f64,
    /// CSS pixels.
    pub(crate) height: f64,
}

/// Paints links and servers, if they are to show something else than what these prints were made of (see
/// [`Picture::links_print`]); what they show now.
pub(super) fn paint_still(
    picture: &Picture<'_>,
    [links, servers]: [&HtmlCanvasElement; 2],
    shown: (u64, u64),
) -> (u64, u64) {
    let prints = (picture.links_print(), picture.servers_print());
    if prints.0 != shown.0
        && let Some(mut canvas) = Canvas::clear(links)
    {
        picture.paint_links(&mut canvas);
    }
    if prints.1 != shown.1
        && let Some(mut canvas) = Canvas::clear(servers)
    {
        picture.paint_servers(&mut canvas);
    }
    prints
}

/// Paints what moves.
pub(super) fn paint_moving(picture: &Picture<'_>, messages: &HtmlCanvasElement) {
    if let Some(mut canvas) = Canvas::clear(messages) {
        picture.paint_messages(&mut canvas);
    }
}

impl Canvas {
    /// Clears a canvas and makes it as large as it is shown. `None` while it is not shown.
    pub(crate) fn clear(canvas: &HtmlCanvasElement) -> Option<Self> {
        let (width, height) = size(canvas)?;
        let ratio = window().device_pixel_ratio().within(1.0, RATIO_MAX);
        let pixels = (whole(width * ratio), whole(height * ratio));
        if (canvas.width(), canvas.height()) != pixels {
            canvas.set_width(pixels.0);
            canvas.set_height(pixels.1);
        }
        let context = canvas.get_context("2d").ok()??;
        let context: CanvasRenderingContext2d = context.dyn_into().ok()?;
        context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0).ok()?;
        context.clear_rect(0.0, 0.0, width, height);
        context.set_line_cap("round");
        context.set_text_baseline("middle");
        Some(Self { context, font: (0, 0), inside: null(), around: null(), width, height })
    }

    fn fill_and_outline(&mut self, fill: Fill) {
        if let Some(ink) = fill.inside {
            self.ink_inside(ink);
            self.context.fill();
        }
        if let Some(stroke) = fill.outline {
            self.outline(stroke);
        }
    }

    /// Begins a path with a part of a circle.
    fn round(&self, centre: Point, radius: f64, from: f64, to: f64) {
        self.context.begin_path();
        // Refused, and then there is nothing to see, if the radius is below zero.
        drop(self.context.arc(centre.x, centre.y, radius, from, to));
    }

    fn ink_inside(&mut self, ink: Ink) {
        self.context.set_global_alpha(ink.alpha);
        if self.inside != ink.color.as_ptr() {
            self.inside = ink.color.as_ptr();
            self.context.set_fill_style_str(ink.color);
        }
    }

    fn outline(&mut self, stroke: Stroke) {
        self.context.set_global_alpha(stroke.ink.alpha);
        if self.around != stroke.ink.color.as_ptr() {
            self.around = stroke.ink.color.as_ptr();
            self.context.set_stroke_style_str(stroke.ink.color);
        }
        self.context.set_line_width(stroke.width);
        if stroke.dash > 0.0 {
            self.set_dash(&js_sys::Array::of2(
                &JsValue::from_f64(stroke.dash),
                &JsValue::from_f64(stroke.gap),
            ));
            self.context.stroke();
            self.set_dash(&js_sys::Array::new());
        } else {
            self.context.stroke();
        }
    }

    fn set_dash(&self, pattern: &js_sys::Array) {
        let set = self.context.set_line_dash(pattern);
        debug_assert!(set.is_ok(), "the pattern is two positive numbers or none");
    }
}

/// The size at which a canvas is shown, CSS pixels.
pub(crate) fn size(canvas: &HtmlCanvasElement) -> Option<(f64, f64)> {
    let (width, height) = (canvas.client_width(), canvas.client_height());
    (width > 0 && height > 0).then(|| (f64::from(width), f64::from(height)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a screen's size")]
fn whole(pixels: f64) -> u32 {
    pixels.round() as u32
}

impl Painter for Canvas {
    fn lines(&mut self, lines: &[(Point, Point)], stroke: Stroke) {
        // Thin lines are quickest in one path, and faint ones have to be, lest they show where they
        // cross; any other path takes the longer the more there is in it.
        let apart = stroke.width > THIN && stroke.ink.alpha >= 1.0 && stroke.dash == 0.0;
        for lines in lines.chunks(if apart { 1 } else { lines.len().max(1) }) {
            self.context.begin_path();
            for (a, b) in lines {
                self.context.move_to(a.x, a.y);
                self.context.line_to(b.x, b.y);
            }
            self.outline(stroke);
        }
    }

    fn circles(&mut self, centres: &[Point], radius: f64, fill: Fill) {
        let side = radius * SQUARE;
        for at in centres {
            match fill {
                Fill { inside: Some(ink), outline: None } if radius < DOT => {
                    self.ink_inside(ink);
                    self.context.fill_rect(at.x - side / 2.0, at.y - side / 2.0, side, side);
                }
                // Each in a path of its own: one of many figures takes longer than many of one.
                _ => {
                    self.round(*at, radius, 0.0, TAU);
                    self.fill_and_outline(fill);
                }
            }
        }
    }

    fn polygon(&mut self, corners: &[Point], fill: Fill) {
        let Some((first, rest)) = corners.split_first() else { return };
        self.context.begin_path();
        self.context.move_to(first.x, first.y);
        for at in rest {
            self.context.line_to(at.x, at.y);
        }
        self.context.close_path();
        self.fill_and_outline(fill);
    }

    fn arc(&mut self, centre: Point, radius: f64, from: f64, to: f64, stroke: Stroke) {
        self.round(centre, radius, from, to);
        self.outline(stroke);
    }

    fn text(&mut self, at: Point, text: &str, letters: Type) {
        let font = (letters.weight, whole(letters.size * 10.0));
        // A browser reads a font anew each time that it is set.
        if font != self.font {
            self.font = font;
            let (weight, size) = font;
            self.context.set_font(&format!("{weight} {}.{}px {FONT}", size / 10, size % 10));
        }
        self.context.set_text_align(match letters.align {
            Align::Left => "left",
            Align::Middle => "center",
            Align::Right => "right",
        });
        if let Some(halo) = letters.halo {
            self.context.set_global_alpha(0.9);
            self.around = halo.as_ptr();
            self.context.set_stroke_style_str(halo);
            self.context.set_line_width(4.0);
            self.context.set_line_join("round");
            // Refused for nothing that a page writes; so is the next.
            drop(self.context.stroke_text(text, at.x, at.y));
        }
        self.ink_inside(letters.ink);
        drop(self.context.fill_text(text, at.x, at.y));
    }
}
