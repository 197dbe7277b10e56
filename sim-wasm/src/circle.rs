//! Where things stand around something: the same on every machine up to the last bit, which nobody
//! promises of the sine of a machine, and a tenth of its size.

use std::f64::consts::FRAC_PI_2;

/// The sine and the cosine of an angle, in radians, up to 10⁻⁸: of some turns, not of millions.
/// (Their series around the nearest right angle.)
#[must_use]
pub fn sin_cos(angle: f64) -> (f64, f64) {
    let turns = (angle / FRAC_PI_2 + 0.5).floor();
    let rest = angle - turns * FRAC_PI_2;
    // Each is one less than a part of the one before.
    let square = rest * rest;
    let series = |parts: [f64; 4]| parts.iter().fold(1.0, |sum, part| 1.0 - square / part * sum);
    let sin = rest * series([72.0, 42.0, 20.0, 6.0]);
    let cos = 1.0 - square / 2.0 * series([90.0, 56.0, 30.0, 12.0]);
    match turns.rem_euclid(4.0) {
        0.0 => (sin, cos),
        1.0 => (cos, -sin),
        2.0 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

#[cfg(test)]
mod tests {
    use super::sin_cos;

    #[test]
    fn it_is_as_far_up_and_to_the_side_as_ever() {
        for step in -4000..4000 {
            let angle = f64::from(step) / 100.0;
            let ((sin, cos), known) = (sin_cos(angle), angle.sin_cos());
            let wrong = (sin - known.0).abs().max((cos - known.1).abs());
            assert!(wrong < 1e-8, "{angle}: {sin}, {cos} is {wrong} off");
        }
    }
}
