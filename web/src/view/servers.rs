//! The middle layer: servers and clients.

use std::f64::consts::{FRAC_PI_2, TAU};

use herd_sim_wasm::text::show_offset;
use herd_sim_wasm::view::{Frame, ServerState, ServerView};

use super::marks::octagon;
use super::{Picture, cross};
use crate::geometry::Thing;
use crate::paint::{Align, Fill, Ink, Painter, Point, Stroke, Type, Within};

const MILLISECOND: u64 = herd_core::time::MILLISECOND;

pub(super) fn paint(picture: &Picture<'_>, painter: &mut impl Painter) {
    paint_clients(picture, painter);
    let small = !picture.geometry.has_names();
    if small {
        paint_small(picture, painter);
    }
    let servers = picture.frame.servers.iter().enumerate();
    for (index, server) in servers.filter(|(_, server)| !server.away) {
        let Some(at) = picture.geometry.servers.get(index).copied() else { continue };
        if !small || !is_plain(picture, index, server) {
            paint_server(picture, painter, index, server, at);
        }
    }
    paint_broken(picture, painter);
}

/// A thick halo and an octagon at every server that has its part in a broken promise.
fn paint_broken(picture: &Picture<'_>, painter: &mut impl Painter) {
    let broken = picture.frame.lamps.iter().filter_map(|lamp| lamp.broken.as_ref());
    let servers = broken.flat_map(|broken| &broken.servers);
    let places = &picture.geometry.servers;
    let at: Vec<Point> = servers.filter_map(|server| places.get(server.index()).copied()).collect();
    let (radius, wrong) = (picture.geometry.radius, Ink::new(picture.palette.wrong));
    painter.circles(&at, radius + 4.0, Fill::outline(Stroke::new(wrong, 4.0)));
    let size = (radius * 0.32).within(4.0, 9.0);
    for at in at {
        let at = at.plus(radius * 0.8, radius * 0.8);
        let rim = Stroke::new(Ink::new(picture.palette.paper), 2.0);
        painter.polygon(&octagon(at, size), Fill::solid(wrong).with(rim));
        let bar = (at.plus(-size * 0.45, 0.0), at.plus(size * 0.45, 0.0));
        painter.lines(&[bar], Stroke::new(Ink::new(picture.palette.paper), 2.0));
    }
}

/// Whether a server is nothing but a dot where dots are small.
fn is_plain(picture: &Picture<'_>, index: usize, server: &ServerView) -> bool {
    let chosen = u32::try_from(index).is_ok_and(|at| picture.is_selected(Thing::Server(at)));
    server.state == ServerState::Up && !server.blank && !chosen
}

/// The plain ones among thousands: all of one colour in one path.
fn paint_small(picture: &Picture<'_>, painter: &mut impl Painter) {
    let palette = picture.palette;
    let mut dots: [Vec<Point>; 3] = Default::default();
    let places = picture.geometry.servers.iter();
    for ((index, server), at) in picture.frame.servers.iter().enumerate().zip(places) {
        if server.away || !is_plain(picture, index, server) {
            continue;
        }
        let known = picture.knowledge(index);
        dots[if known.version == 0 { 0 } else { 1 + usize::from(known.newest) }].push(*at);
    }
    let [unaware, older, newest] = &dots;
    let radius = picture.geometry.radius;
    let rim = Stroke::new(Ink::new(palette.quiet), (radius / 6.0).within(0.5, 1.0));
    painter.circles(unaware, radius, Fill::solid(Ink::new(palette.paper)).with(rim));
    painter.circles(older, radius, Fill::solid(Ink::new(palette.older)));
    painter.circles(newest, radius, Fill::solid(Ink::new(palette.newest)));
}

fn paint_server(
    picture: &Picture<'_>,
    painter: &mut impl Painter,
    index: usize,
    server: &ServerView,
    at: Point,
) {
    let palette = picture.palette;
    let radius = picture.geometry.radius;
    if u32::try_from(index).is_ok_and(|index| picture.is_selected(Thing::Server(index))) {
        let glow = Fill::solid(Ink::faded(palette.newest, 0.14));
        painter.circles(&[at], radius + 11.0, glow);
        let ring = Stroke::new(Ink::new(palette.newest), 2.0);
        painter.circles(&[at], radius + 6.0, Fill::outline(ring));
    }
    let known = picture.knowledge(index);
    let (fill, on) = match (known.version, known.newest) {
        (0, _) => (palette.paper, palette.quiet),
        (_, true) => (palette.newest, palette.on_newest),
        (_, false) => (palette.older, palette.on_older),
    };
    let rim = Stroke::new(Ink::new(if known.version == 0 { palette.ink } else { fill }), 2.0);
    let outline_width = (radius / 12.0).within(0.8, 2.0);
    let rim = Stroke { width: outline_width, ..rim };
    let rim = if server.blank { Stroke { width: rim.width * 1.5, ..rim }.dotted() } else { rim };
    match server.state {
        ServerState::Up => painter.circles(&[at], radius, Fill::solid(Ink::new(fill)).with(rim)),
        ServerState::Down => {
            let dead = Stroke::new(Ink::new(palette.wrong), outline_width).dashed(4.0);
            let paper = Fill::solid(Ink::new(palette.paper)).with(dead);
            painter.circles(&[at], radius, paper);
            let stroke = Stroke::new(Ink::new(palette.wrong), outline_width * 1.25);
            painter.lines(&cross(at, radius * 0.3), stroke);
        }
        ServerState::Paused => {
            let pale = Ink::faded(fill, 0.45);
            painter.circles(&[at], radius, Fill::solid(Ink::new(palette.paper)));
            painter.circles(&[at], radius, Fill::solid(pale).with(rim));
            paint_bars(painter, at, radius, Ink::new(palette.ink));
        }
    }
    if server.state == ServerState::Up && known.version > 0 && radius >= 9.0 {
        let letters = Type {
            size: (radius * 0.62).within(9.0, 16.0),
            weight: 700,
            ink: Ink::new(on),
            align: Align::Middle,
            halo: None,
        };
        painter.text(at, &known.version.to_string(), letters);
        if !known.newest {
            paint_notch(picture, painter, at);
        }
    }
    paint_name(picture, painter, index, server, at);
}

/// The name, and below it what is not as usual.
fn paint_name(
    picture: &Picture<'_>,
    painter: &mut impl Painter,
    index: usize,
    server: &ServerView,
    at: Point,
) {
    let palette = picture.palette;
    let radius = picture.geometry.radius;
    let chosen = u32::try_from(index).is_ok_and(|at| picture.is_selected(Thing::Server(at)));
    if !picture.geometry.has_names() && !chosen {
        return;
    }
    let Some(name) = picture.frame.stage.names.get(index) else { return };
    let size = (radius * 0.55).within(10.5, 14.0);
    let name_at = at.plus(0.0, radius + size + 3.0);
    let ink = Ink::new(palette.ink);
    painter.text(
        name_at,
        name,
        Type { size, weight: 600, ink, align: Align::Middle, halo: Some(palette.paper) },
    );
    let below = Type {
        size: size - 2.0,
        weight: 400,
        ink: Ink::new(palette.quiet),
        align: Align::Middle,
        halo: Some(palette.paper),
    };
    let second = name_at.plus(0.0, size + 3.0);
    if let Some(age) = age_label(picture.frame, server) {
        painter.text(second, &age, Type { ink: Ink::new(palette.wrong), ..below });
    } else if server.clock_offset != 0 {
        let hundredth = server.clock_offset / 10_000_000 * 10_000_000;
        painter.text(second, &format!("clock {} s", show_offset(hundredth)), below);
    }
    if server.clock_offset != 0 && server.state == ServerState::Up {
        paint_clock(picture, painter, at);
    }
}

/// How long a server has been down or paused; changes ten times a second.
pub(super) fn age_label(frame: &Frame, server: &ServerView) -> Option<String> {
    let word = match server.state {
        ServerState::Up => return None,
        ServerState::Down => "down",
        ServerState::Paused => "paused",
    };
    let tenths = frame.time.saturating_sub(server.since) / (100 * MILLISECOND);
    Some(format!("{word} {}.{} s", tenths / 10, tenths % 10))
}

/// Two bars: paused.
fn paint_bars(painter: &mut impl Painter, at: Point, radius: f64, ink: Ink) {
    let (apart, tall) = (radius * 0.18, radius * 0.34);
    let bar = |x: f64| (at.plus(x, -tall), at.plus(x, tall));
    painter.lines(&[bar(-apart), bar(apart)], Stroke::new(ink, (radius * 0.15).max(1.5)));
}

/// A bite out of the rim: what it knows is not the newest.
fn paint_notch(picture: &Picture<'_>, painter: &mut impl Painter, at: Point) {
    let radius = picture.geometry.radius;
    let notch = at.plus(radius * 0.62, -radius * 0.62);
    painter.circles(&[notch], radius * 0.25, Fill::solid(Ink::new(picture.palette.paper)));
}

/// A small clock at the rim: its wall clock is off.
fn paint_clock(picture: &Picture<'_>, painter: &mut impl Painter, at: Point) {
    let radius = picture.geometry.radius;
    let (centre, size) = (at.plus(-radius * 0.8, -radius * 0.8), (radius * 0.32).max(5.0));
    let rim = Stroke::new(Ink::new(picture.palette.ink), 1.25);
    painter.circles(&[centre], size, Fill::solid(Ink::new(picture.palette.paper)).with(rim));
    painter.lines(&[(centre, centre.plus(0.0, -size * 0.7))], rim);
    painter.arc(centre, size * 0.5, -FRAC_PI_2, 0.1 * TAU, rim);
}

/// Clients: small squares outside of the server they last spoke to, with their first letter.
fn paint_clients(picture: &Picture<'_>, painter: &mut impl Painter) {
    let palette = picture.palette;
    for (index, client) in picture.frame.clients.iter().enumerate() {
        let Some(at) = picture.geometry.client(picture.frame, index) else { continue };
        let Some(server) = picture.geometry.servers.get(client.server as usize) else { continue };
        let thread = Stroke::new(Ink::faded(palette.quiet, 0.45), 1.0).dashed(3.0);
        painter.lines(&[(at, *server)], thread);
        let size = 10.0;
        let box_ = [
            at.plus(-size, -size),
            at.plus(size, -size),
            at.plus(size, size),
            at.plus(-size, size),
        ];
        let rim = if client.waiting > 0 { palette.question } else { palette.quiet };
        let rim = Stroke::new(Ink::new(rim), if client.waiting > 0 { 2.0 } else { 1.25 });
        painter.polygon(&box_, Fill::solid(Ink::new(palette.paper)).with(rim));
        let initial = picture.frame.client_names.get(index).and_then(|name| name.chars().next());
        let letters = Type {
            size: 11.0,
            weight: 600,
            ink: Ink::new(palette.ink),
            align: Align::Middle,
            halo: None,
        };
        painter.text(at, &initial.unwrap_or('?').to_string(), letters);
    }
}
