//! Where things stand, and what is under a hand.

use super::*;
use crate::session::Session;

fn square() -> (Session, Geometry) {
    let session = Session::open("herd 1 topology=grid:2x2\n").expect("a script");
    let stage = &session.frame().stage;
    let geometry = Geometry::new(stage, 1000.0, 700.0, Camera::default(), &Moved::new());
    (session, geometry)
}

#[test]
fn the_knife_crosses_and_the_lasso_encloses() {
    let (session, geometry) = square();
    let stage = &session.frame().stage;
    let at = |server: usize| geometry.servers[server];
    // Down the middle: across both horizontal links.
    let middle = at(0).towards(at(1), 0.5);
    let stroke = [middle.plus(0.0, -50.0), at(2).towards(at(3), 0.5).plus(0.0, 50.0)];
    assert_eq!(geometry.crossed(stage, &stroke).len(), 2);
    assert_eq!(geometry.crossed(stage, &[middle.plus(0.0, -50.0), middle.plus(0.0, -5.0)]), []);
    let ring = [(-40.0, -40.0), (40.0, -40.0), (40.0, 40.0), (-40.0, 40.0)];
    let ring = ring.map(|(x, y)| at(1).plus(x, y));
    assert_eq!(geometry.enclosed(&ring), [1]);
    assert_eq!(geometry.nearest_to(at(2).plus(5.0, 0.0), session.frame(), 1), [2]);
}

#[test]
fn what_is_under_the_hand_stays_there() {
    let (session, geometry) = square();
    let stage = &session.frame().stage;
    let mut camera = Camera::default();
    camera.zoom_at(3.0, geometry.servers[1], geometry.middle());
    let near = Geometry::new(stage, 1000.0, 700.0, camera, &Moved::new());
    assert!(near.servers[1].distance(geometry.servers[1]) < 1e-6);
    let apart = |geometry: &Geometry| geometry.servers[0].distance(geometry.servers[1]);
    assert!((apart(&near) / apart(&geometry) - 3.0).abs() < 1e-6);
    // A server that is dragged stands where it was let go, whatever the camera.
    let there = Point::new(333.0, 222.0);
    let moved = Moved::from([(3, near.place_at(there))]);
    let dragged = Geometry::new(stage, 1000.0, 700.0, camera, &moved);
    assert!(dragged.servers[3].distance(there) < 0.01);
}

#[test]
fn no_server_touches_a_text() {
    let session = Session::open("herd 1 topology=grid:5x5\n").expect("a script");
    let stage = &session.frame().stage;
    let beside = |text: Point| {
        Geometry::beside(text, stage, (1066.0, 470.0), Camera::default(), &Moved::new())
    };
    let (plain, high) = (beside(Point::default()), beside(Point::new(480.0, 110.0)));
    assert!(plain.servers[0].y - plain.radius < 110.0, "it would touch");
    assert!(high.servers[0].y - high.radius > 110.0, "{:?}", high.servers[0]);
    assert!((high.servers[24].y - plain.servers[24].y).abs() < 0.01, "below nothing changes");
    // A text that is in nobody's way moves nobody, but for the counters on the other side.
    let low = beside(Point::new(480.0, 20.0));
    assert!(low.servers[4].y - low.radius > COUNTERS.1);
    // Who stands in the middle above it is not in its way.
    let ring = Session::open("herd 1 topology=ring:8\n").expect("a script");
    let stage = &ring.frame().stage;
    let size = (1066.0, 470.0);
    let text = Point::new(300.0, 60.0);
    let with = Geometry::beside(text, stage, size, Camera::default(), &Moved::new());
    let without = Geometry::beside(Point::default(), stage, size, Camera::default(), &Moved::new());
    assert_eq!(with.servers, without.servers);
}

#[test]
fn a_client_stands_where_nothing_is_in_the_way() {
    let script = |server: &str| {
        format!("herd 1 topology=places-2016\n@1 say {server} IAMAT kiwi +34-118 1700000001\n")
    };
    // A telephone, whose tools lie above the stage.
    let (width, height, tools) = (390.0, 490.0, 98.0);
    for name in ["Alford", "Ball", "Hamilton", "Holiday", "Welsh"] {
        let mut session = Session::open(&script(name)).expect("a script");
        session.seek(2_000_000_000);
        let frame = session.frame();
        let text = Point::new(width, tools);
        let geometry =
            Geometry::beside(text, &frame.stage, (width, height), Camera::default(), &Moved::new());
        let at = geometry.client(frame, 0).expect("kiwi has spoken");
        assert!(at.y > tools + 10.0, "{name}: {at:?} lies under the tools");
        for (server, name) in geometry.servers.iter().zip(&frame.stage.names) {
            let by = at.minus(*server);
            assert!(at.distance(*server) > geometry.radius + 10.0, "{name}: {at:?}");
            let over = by.x.abs() < 20.0 && (0.0..60.0).contains(&by.y);
            assert!(!over, "over the name of {name}: {by:?}");
        }
    }
}

#[test]
fn two_that_stand_on_one_another_do_not_make_the_others_small() {
    let ring = |count: u32| {
        let at = |n: u32| f64::from(n) * std::f64::consts::TAU / f64::from(count);
        (0..count).map(|n| Point::new(300.0 * at(n).cos(), 300.0 * at(n).sin())).collect::<Vec<_>>()
    };
    let mut servers = ring(8);
    let apart = nearest(&servers, 1.0);
    assert!((apart - servers[0].distance(servers[1])).abs() < 1e-6, "{apart}");
    servers.push(servers[3].plus(2.0, 1.0));
    assert!(nearest(&servers, 1.0) > apart * 0.95);
    assert!(nearest(&[], 1.0).is_infinite(), "there is nobody");
}
