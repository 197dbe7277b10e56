//! Where clients stand: outside of the server they last spoke to, where nothing is in the way.

use herd_sim_wasm::view::Frame;

use super::{Geometry, NAMES};
use crate::paint::{Point, Within};

/// Half a letter's width in a name, and the room that a client takes around its middle, pixels.
const NAME_HALF: f64 = 4.0;
const CLIENT: f64 = 13.0;
/// The angles at which clients stand beside a server, in steps from straight outside.
const STEPS: [f64; 7] = [0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0];
/// In so small a herd one sees who stands over whom.
const FEW: usize = 120;

impl Geometry {
    /// Where a client stands.
    #[must_use]
    pub fn client(&self, frame: &Frame, client: usize) -> Option<Point> {
        let server = frame.clients.get(client)?.server;
        let at = *self.servers.get(server as usize)?;
        let here = |other: &usize| frame.clients[*other].server == server;
        let before = (0..client).filter(here).count();
        let middle = at.distance(self.centre);
        // In the middle of the picture there is no outside: up and to the right is free of names.
        let away = if middle < 1.0 {
            Point::new(1.0, 0.0).turned(-0.8)
        } else {
            at.minus(self.centre).times(1.0 / middle)
        };
        // One stands straight outside, the others to both sides of it; where nothing is in the way first.
        let far = self.radius + 30.0 + 16.0 * (before / STEPS.len()) as f64;
        let places = STEPS.map(|step| {
            let way = away.turned(step * 0.62).times(far);
            let place = at.plus(way.x, way.y);
            (place, self.is_free(place))
        });
        let free = places.iter().filter(|(_, free)| *free);
        let mut places = free.chain(places.iter().filter(|(_, free)| !*free));
        let (least, most) = self.for_clients();
        let at = places.nth(before % STEPS.len())?.0;
        Some(Point::new(at.x.within(least.x, most.x), at.y.within(least.y, most.y)))
    }

    /// The corners of the part of the stage in which clients stand.
    fn for_clients(&self) -> (Point, Point) {
        let bottom = self.height - self.height.min(640.0) / 10.0;
        (Point::new(16.0, 16.0), Point::new((self.width - 16.0).max(16.0), bottom.max(16.0)))
    }

    /// Whether a client can stand there: not over the edge, a text, a server, or its name.
    fn is_free(&self, place: Point) -> bool {
        let (least, most) = self.for_clients();
        let within =
            place == Point::new(place.x.within(least.x, most.x), place.y.within(least.y, most.y));
        let few = if self.servers.len() <= FEW { &*self.servers } else { &[] };
        let over = |(at, name): (&Point, &str)| {
            let by = place.minus(*at);
            let wide = NAME_HALF * name.chars().count() as f64 + CLIENT;
            let named = self.has_names() && by.x.abs() < wide;
            by.x.hypot(by.y) < self.radius + CLIENT
                || named && (0.0..self.radius + NAMES).contains(&by.y)
        };
        within
            && self.covers(place, CLIENT).is_none()
            && !few.iter().zip(self.stage.names.iter().map(|name| &**name)).any(over)
    }
}
