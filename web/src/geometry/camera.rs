//! From where the stage is looked at.

use crate::paint::{Point, Within};

/// Farthest out and farthest in.
const ZOOM: (f64, f64) = (0.25, 24.0);

/// From where the stage is looked at: how near, and how far from the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// 1 shows all of it.
    pub zoom: f64,
    /// Pixels that the picture is shifted to the right and down.
    pub shift: Point,
}

impl Default for Camera {
    fn default() -> Self {
        Self { zoom: 1.0, shift: Point::new(0.0, 0.0) }
    }
}

impl Camera {
    /// Whether everything is shown, in the middle.
    #[must_use]
    pub fn fits(&self) -> bool {
        *self == Self::default()
    }

    /// Comes nearer by a factor; what is at `at` stays there. `middle` is that of the stage.
    pub fn zoom_at(&mut self, factor: f64, at: Point, middle: Point) {
        let zoom = (self.zoom * factor).within(ZOOM.0, ZOOM.1);
        let by = zoom / self.zoom;
        let from = at.minus(middle);
        let shift = from.minus(from.minus(self.shift).times(by));
        *self = Self { zoom, shift };
    }

    /// Is pulled by a hand.
    pub fn pull(&mut self, by: Point) {
        self.shift = self.shift.plus(by.x, by.y);
    }

    /// Two fingers hold two points of the stage, of which one goes on.
    pub fn pinch(&mut self, before: Point, at: Point, other: Point, middle: Point) {
        self.pull(at.minus(before).times(0.5));
        let factor = at.distance(other) / before.distance(other).max(1.0);
        self.zoom_at(factor, at.towards(other, 0.5), middle);
    }

    pub(super) fn look(&self, at: Point, middle: Point) -> Point {
        let there = at.minus(middle).times(self.zoom);
        middle.plus(there.x + self.shift.x, there.y + self.shift.y)
    }

    /// The point that is seen there.
    pub(super) fn unlook(&self, seen: Point, middle: Point) -> Point {
        let from = seen.minus(middle).minus(self.shift).times(1.0 / self.zoom);
        middle.plus(from.x, from.y)
    }
}
