//! Where on the stage everything stands, and what is under a pointer.

use herd_sim_wasm::view::{Frame, Stage};

use crate::paint::Point;

/// Pixels kept free at the top (title), the sides and the bottom (caption).
const MARGINS: (f64, f64, f64) = (84.0, 96.0, 104.0);
/// Where the stage is small, less is kept free.
const SMALL_MARGINS: (f64, f64, f64) = (64.0, 52.0, 104.0);
/// Widest (and tallest) picture, as a ratio: a circle may become an ellipse, not a line.
const STRETCH: f64 = 2.0;

/// The servers' places in pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Geometry {
    /// Of the stage, pixels.
    pub width: f64,
    /// Of the stage, pixels.
    pub height: f64,
    /// Whom it was made for: the servers' names.
    pub names: Vec<Box<str>>,
    /// The middle of each server.
    pub servers: Vec<Point>,
    /// The radius of every server.
    pub radius: f64,
    /// The middle of all servers.
    centre: Point,
}

/// What can be under a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A server, by its index.
    Server(u32),
    /// A link, by its index.
    Link(u32),
}

impl Geometry {
    /// Fits the servers into a stage of this size.
    #[must_use]
    pub fn new(stage: &Stage, width: f64, height: f64) -> Self {
        let (top, side, bottom) = if width < 700.0 { SMALL_MARGINS } else { MARGINS };
        let room = ((width - 2.0 * side).max(40.0), (height - top - bottom).max(40.0));
        let (wide, tall) = (room.0.min(room.1 * STRETCH), room.1.min(room.0 * STRETCH));
        let corner = Point::new(side + (room.0 - wide) / 2.0, top + (room.1 - tall) / 2.0);
        let place = |&(x, y): &(f32, f32)| corner.plus(f64::from(x) * wide, f64::from(y) * tall);
        let servers: Vec<Point> = stage.positions.iter().map(place).collect();
        let radius = (nearest(&servers, wide * tall) * 0.26).clamp(2.5, 30.0);
        let centre = corner.plus(wide / 2.0, tall / 2.0);
        Self { width, height, names: stage.names.clone(), servers, radius, centre }
    }

    /// Whether the servers are large enough for names.
    #[must_use]
    pub fn has_names(&self) -> bool {
        self.radius >= 9.0
    }

    /// Where an endpoint of a message stands: a server, or a client, which stands outside of the
    /// server it last spoke to.
    #[must_use]
    pub fn endpoint(&self, frame: &Frame, endpoint: u32) -> Option<Point> {
        let index = endpoint as usize;
        match index.checked_sub(frame.servers.len()) {
            None => self.servers.get(index).copied(),
            Some(client) => self.client(frame, client),
        }
    }

    /// Where a client stands.
    #[must_use]
    pub fn client(&self, frame: &Frame, client: usize) -> Option<Point> {
        let server = frame.clients.get(client)?.server;
        let at = *self.servers.get(server as usize)?;
        let here = |other: &usize| frame.clients[*other].server == server;
        let before = (0..client).filter(here).count();
        let away = (at.y - self.centre.y).atan2(at.x - self.centre.x);
        // In the middle of the picture there is no outside: up and to the right is free of names.
        let away = if at.distance(self.centre) < 1.0 { -0.8 } else { away };
        // One stands straight outside, the others to both sides of it.
        let steps = [0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0];
        let angle = away + steps[before % steps.len()] * 0.62;
        let far = self.radius + 30.0 + 16.0 * (before / steps.len()) as f64;
        let at = at.plus(angle.cos() * far, angle.sin() * far);
        Some(Point::new(
            at.x.clamp(16.0, (self.width - 16.0).max(16.0)),
            at.y.clamp(16.0, (self.height - 64.0).max(16.0)),
        ))
    }

    /// What is at a point: a server before a link.
    #[must_use]
    pub fn at(&self, stage: &Stage, point: Point) -> Option<Thing> {
        let reach = self.radius.max(14.0);
        let near = |(index, at): (usize, &Point)| {
            let far = at.distance(point);
            (far <= reach).then_some((far, index))
        };
        let server = self.servers.iter().enumerate().filter_map(near);
        if let Some((_, index)) = server.min_by(|a, b| a.0.total_cmp(&b.0)) {
            return u32::try_from(index).ok().map(Thing::Server);
        }
        let near = |(index, edge): (usize, &herd_sim_wasm::topology::Edge)| {
            let (a, b) = (self.servers.get(edge.a.index())?, self.servers.get(edge.b.index())?);
            let far = off_line(*a, *b, point);
            (far <= 9.0).then_some((far, index))
        };
        let link = stage.edges.iter().enumerate().filter_map(near);
        let (_, index) = link.min_by(|a, b| a.0.total_cmp(&b.0))?;
        u32::try_from(index).ok().map(Thing::Link)
    }

    /// The middle of a link.
    #[must_use]
    pub fn middle(&self, stage: &Stage, link: u32) -> Option<Point> {
        let edge = stage.edges.get(link as usize)?;
        let (a, b) = (self.servers.get(edge.a.index())?, self.servers.get(edge.b.index())?);
        Some(a.towards(*b, 0.5))
    }
}

/// How far apart the two nearest servers are; an estimate where there are many.
fn nearest(servers: &[Point], area: f64) -> f64 {
    if servers.len() > 400 {
        return (area / servers.len() as f64).sqrt() * 0.8;
    }
    let mut least = f64::INFINITY;
    for (index, a) in servers.iter().enumerate() {
        for b in &servers[index + 1..] {
            least = least.min(a.distance(*b));
        }
    }
    least
}

/// How far a point is from a line between two others.
fn off_line(a: Point, b: Point, point: Point) -> f64 {
    let length = a.distance(b).max(1e-6);
    let along = ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / (length * length);
    point.distance(a.towards(b, along.clamp(0.0, 1.0)))
}
