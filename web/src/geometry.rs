//! Where on the stage everything stands, and what is under a pointer.

mod camera;
mod clients;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use herd_sim_wasm::view::{Frame, LinkState, LinkView, MessageView, Stage};

pub use camera::Camera;

use crate::paint::{Point, Within};
use crate::view::Hidden;

/// Pixels kept free at the top (title), the sides and the bottom (caption).
const MARGINS: (f64, f64, f64) = (84.0, 96.0, 124.0);
/// Where the stage is small, less is kept free.
const SMALL_MARGINS: (f64, f64, f64) = (170.0, 52.0, 134.0);
/// In a picture beside another there is neither title nor caption.
const TINY_MARGINS: (f64, f64, f64) = (26.0, 40.0, 54.0);
/// Width and height of the counters in the right upper corner, pixels.
const COUNTERS: (f64, f64) = (264.0, 88.0);
/// Pixels between a server and a text.
const CLEAR: f64 = 10.0;
/// Widest (and tallest) picture, as a ratio: a circle may become an ellipse, not a line.
const STRETCH: f64 = 2.0;
/// The same where there are so many servers that one would hide the next.
const STRETCH_MANY: f64 = 1.5;
/// So many are many.
const MANY: usize = 2_000;

/// The least radius of a server with a name, and the room for names below, pixels.
const NAMED: f64 = 9.0;
const NAMES: f64 = 36.0;
/// The radius of a server among ten thousand, pixels.
const SMALLEST: f64 = 1.3;
/// How near a pointer has to come to a message, pixels.
const MESSAGE_REACH: f64 = 13.0;
/// A layout less wide (or tall) than this is a line.
const LINE: f32 = 0.2;

/// Where servers were dragged to, as in [`Stage::positions`], by their index.
pub type Moved = BTreeMap<u32, (f32, f32)>;

/// The servers' places in pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Geometry {
    /// Of the stage, pixels.
    pub width: f64,
    /// Of the stage, pixels.
    pub height: f64,
    /// What it was made for.
    pub stage: Arc<Stage>,
    /// Changes with the size, with where anyone stands, and with what anyone is called.
    pub print: u64,
    /// From where it is looked at.
    pub camera: Camera,
    /// Whom somebody has dragged elsewhere.
    pub moved: Moved,
    /// The size of the text in the left upper corner, which no server touches.
    pub text: Point,
    /// The middle of each server.
    pub servers: Vec<Point>,
    /// The radius of every server.
    pub radius: f64,
    /// The middle of all servers.
    centre: Point,
    /// What of the layout fills which part of the stage, before it is looked at.
    from: Area,
    onto: Area,
}

/// A rectangle: its left upper corner and its size.
type Area = (Point, Point);

/// What can be under a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    /// A server, by its index.
    Server(u32),
    /// A link, by its index.
    Link(u32),
    /// A message in flight, by its name in the frame.
    Message(u64),
}

impl Geometry {
    /// Fits the servers into a stage of this size, as a camera sees it.
    #[must_use]
    pub fn new(stage: &Arc<Stage>, width: f64, height: f64, camera: Camera, moved: &Moved) -> Self {
        Self::beside(Point::default(), stage, (width, height), camera, moved)
    }

    /// The same, so that no server touches a text of this size in the left upper corner, nor the
    /// counters in the right one, if there is a text.
    #[must_use]
    pub fn beside(
        text: Point,
        stage: &Arc<Stage>,
        (width, height): (f64, f64),
        camera: Camera,
        moved: &Moved,
    ) -> Self {
        let margins = match (width < 700.0, height < 320.0) {
            (_, true) => TINY_MARGINS,
            (true, false) => SMALL_MARGINS,
            (false, false) => MARGINS,
        };
        let mut geometry = Self {
            width,
            height,
            stage: Arc::clone(stage),
            text,
            camera,
            moved: moved.clone(),
            from: bounds(stage),
            ..Self::default()
        };
        let (mut fitted, mut radius) = geometry.lay_out(margins);
        if margins != TINY_MARGINS {
            let (top, side, bottom) = margins;
            let below = fitted.iter().filter_map(|at| geometry.covers(*at, radius + CLEAR));
            let top = below.max_by(f64::total_cmp).map_or(top, |low| low + radius + CLEAR);
            let named = margins == SMALL_MARGINS || radius >= NAMED;
            let bottom = if named { bottom } else { bottom - NAMES };
            (fitted, radius) = geometry.lay_out((top, side, bottom));
        }
        let middle = geometry.middle();
        let place = |(index, at): (u32, &Point)| {
            let at = moved.get(&index).map_or(*at, |at| geometry.fit(*at));
            camera.look(at, middle)
        };
        geometry.servers = (0..).zip(&fitted).map(place).collect();
        geometry.radius = (radius * camera.zoom).within(SMALLEST, 30.0_f64.max(radius));
        geometry.centre = camera.look(middle, middle);
        geometry.print = geometry.hashed();
        geometry
    }

    /// Fits the layout into what the margins (top, sides, bottom) leave; where each server is before it
    /// is looked at, and their radius.
    fn lay_out(&mut self, (top, side, bottom): (f64, f64, f64)) -> (Vec<Point>, f64) {
        let wide = (self.width - 2.0 * side).max(40.0);
        let tall = (self.height - top - bottom).max(40.0);
        let many = self.stage.positions.len() >= MANY;
        let stretch = if many { STRETCH_MANY } else { STRETCH };
        let size = Point::new(wide.min(tall * stretch), tall.min(wide * stretch));
        let corner = Point::new(side, top).plus((wide - size.x) / 2.0, (tall - size.y) / 2.0);
        self.onto = (corner, size);
        let fitted: Vec<Point> = self.stage.positions.iter().map(|at| self.fit(*at)).collect();
        let radius = (nearest(&fitted, size.x * size.y) * 0.26).within(SMALLEST, 30.0);
        (fitted, radius)
    }

    /// The lower edge of the text that a server there would touch.
    fn covers(&self, at: Point, reach: f64) -> Option<f64> {
        let (wide, low) = COUNTERS;
        let left = at.x - reach < self.text.x && at.y - reach < self.text.y;
        let right = at.x + reach > self.width - wide && at.y - reach < low;
        match (left, right) {
            _ if self.text == Point::default() => None,
            (true, _) => Some(self.text.y),
            (false, true) => Some(low),
            (false, false) => None,
        }
    }

    fn hashed(&self) -> u64 {
        let mut state = DefaultHasher::new();
        self.stage.names.hash(&mut state);
        (self.width.to_bits(), self.height.to_bits()).hash(&mut state);
        for at in &self.servers {
            (at.x.to_bits(), at.y.to_bits()).hash(&mut state);
        }
        state.finish()
    }

    /// Where a place of the layout is before it is looked at.
    fn fit(&self, (x, y): (f32, f32)) -> Point {
        let (from, onto) = (self.from, self.onto);
        onto.0.plus(
            (f64::from(x) - from.0.x) / from.1.x * onto.1.x,
            (f64::from(y) - from.0.y) / from.1.y * onto.1.y,
        )
    }

    /// The middle of the stage, about which the camera turns.
    #[must_use]
    pub fn middle(&self) -> Point {
        self.onto.0.plus(self.onto.1.x / 2.0, self.onto.1.y / 2.0)
    }

    /// The place of the layout that is seen at a point of the stage.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a pixel is enough")]
    pub fn place_at(&self, seen: Point) -> (f32, f32) {
        let at = self.camera.unlook(seen, self.middle());
        let (from, onto) = (self.from, self.onto);
        let x = from.0.x + (at.x - onto.0.x) / onto.1.x * from.1.x;
        let y = from.0.y + (at.y - onto.0.y) / onto.1.y * from.1.y;
        (x as f32, y as f32)
    }

    /// Whether the servers are large enough for names.
    #[must_use]
    pub fn has_names(&self) -> bool {
        self.radius >= NAMED
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

    /// What is at a point, of what is there now: a server before a link.
    #[must_use]
    pub fn at(&self, frame: &Frame, point: Point) -> Option<Thing> {
        let reach = self.radius.max(14.0);
        let near = |(index, at): (usize, &Point)| {
            let far = at.distance(point);
            let there = far <= reach && frame.servers.get(index).is_some_and(|view| !view.away);
            there.then_some((far, index))
        };
        let server = self.servers.iter().enumerate().filter_map(near);
        if let Some((_, index)) = server.min_by(|a, b| a.0.total_cmp(&b.0)) {
            return u32::try_from(index).ok().map(Thing::Server);
        }
        let near = |(index, link): (usize, &LinkView)| {
            let (a, b) = (self.servers.get(link.a as usize)?, self.servers.get(link.b as usize)?);
            let far = off_line(*a, *b, point);
            (far <= 9.0 && link.state != LinkState::Away).then_some((far, index))
        };
        let link = frame.links.iter().enumerate().filter_map(near);
        let (_, index) = link.min_by(|a, b| a.0.total_cmp(&b.0))?;
        u32::try_from(index).ok().map(Thing::Link)
    }

    /// The message that is nearest to a point, of those that are shown.
    #[must_use]
    pub fn message_at(&self, frame: &Frame, point: Point, hidden: Hidden) -> Option<Thing> {
        let near = |message: &MessageView| {
            let (from, to) =
                (self.endpoint(frame, message.from)?, self.endpoint(frame, message.to)?);
            let far = from.towards(to, f64::from(message.fraction)).distance(point);
            (far <= MESSAGE_REACH && !hidden.hides(message.kind)).then_some((far, message.id))
        };
        let nearest = frame.messages.iter().filter_map(near);
        nearest.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, id)| Thing::Message(id))
    }

    /// The links that a stroke crosses.
    #[must_use]
    pub fn crossed(&self, stage: &Stage, stroke: &[Point]) -> Vec<u32> {
        let crosses = |(index, edge): (u32, &herd_sim_wasm::topology::Edge)| {
            let (a, b) = (*self.servers.get(edge.a.index())?, *self.servers.get(edge.b.index())?);
            let cut = stroke.windows(2).any(|part| meet(a, b, part[0], part[1]));
            cut.then_some(index)
        };
        (0..).zip(&stage.edges).filter_map(crosses).collect()
    }

    /// The servers that a loop encloses.
    #[must_use]
    pub fn enclosed(&self, ring: &[Point]) -> Vec<u32> {
        let inside = |at: &Point| {
            let sides = ring.iter().zip(ring.iter().cycle().skip(1));
            let right = |(a, b): &(&Point, &Point)| {
                (a.y > at.y) != (b.y > at.y)
                    && at.x < (b.x - a.x) * (at.y - a.y) / (b.y - a.y) + a.x
            };
            sides.filter(right).count() % 2 == 1
        };
        let servers = (0..).zip(&self.servers);
        servers.filter(|(_, at)| inside(at)).map(|(index, _)| index).collect()
    }

    /// The servers that are nearest to a point, so many.
    #[must_use]
    pub fn nearest_to(&self, point: Point, frame: &Frame, count: usize) -> Vec<u32> {
        let there = |index: &u32| frame.servers.get(*index as usize).is_some_and(|view| !view.away);
        let mut servers: Vec<(u32, f64)> =
            (0..).zip(&self.servers).map(|(index, at)| (index, at.distance(point))).collect();
        servers.retain(|(index, _)| there(index));
        servers.sort_by(|a, b| a.1.total_cmp(&b.1));
        servers.into_iter().take(count).map(|(index, _)| index).collect()
    }

    /// The middle of a link.
    #[must_use]
    pub fn middle_of(&self, stage: &Stage, link: u32) -> Option<Point> {
        let edge = stage.edges.get(link as usize)?;
        let (a, b) = (self.servers.get(edge.a.index())?, self.servers.get(edge.b.index())?);
        Some(a.towards(*b, 0.5))
    }
}

/// What of the layout is used. What is nearly a line fills no height of its own.
fn bounds(stage: &Stage) -> Area {
    let range = |places: &mut dyn Iterator<Item = f32>| {
        let (least, most) =
            places.fold((f32::MAX, f32::MIN), |(least, most), at| (least.min(at), most.max(at)));
        if most - least < LINE { (0.0, 1.0) } else { (f64::from(least), f64::from(most - least)) }
    };
    let (x, wide) = range(&mut stage.positions.iter().map(|(x, _)| *x));
    let (y, tall) = range(&mut stage.positions.iter().map(|(_, y)| *y));
    (Point::new(x, y), Point::new(wide, tall))
}

/// How far apart the two nearest servers are, but for those that nearly stand on another; an estimate
/// where there are many.
fn nearest(servers: &[Point], area: f64) -> f64 {
    if servers.len() > 400 {
        return (area / servers.len() as f64).sqrt() * 0.8;
    }
    let own = |index: usize| {
        let others = servers.iter().enumerate().filter(|(other, _)| *other != index);
        others.map(|(_, at)| at.distance(servers[index])).fold(f64::INFINITY, f64::min)
    };
    let mut apart: Vec<f64> = (0..servers.len()).map(own).collect();
    apart.sort_by(f64::total_cmp);
    let usual = apart.get(servers.len() / 2).copied().unwrap_or(f64::INFINITY);
    // For two that somebody put on one another, the others do not become small.
    apart.into_iter().find(|apart| *apart >= usual / 6.0).unwrap_or(usual)
}

/// Whether two lines cross.
fn meet(a: Point, b: Point, c: Point, d: Point) -> bool {
    let side = |from: Point, to: Point, at: Point| {
        (to.x - from.x) * (at.y - from.y) - (to.y - from.y) * (at.x - from.x) > 0.0
    };
    side(a, b, c) != side(a, b, d) && side(c, d, a) != side(c, d, b)
}

/// How far a point is from a line between two others.
fn off_line(a: Point, b: Point, point: Point) -> f64 {
    let length = a.distance(b).max(1e-6);
    let along = ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / (length * length);
    point.distance(a.towards(b, along.within(0.0, 1.0)))
}

#[cfg(test)]
mod tests;
