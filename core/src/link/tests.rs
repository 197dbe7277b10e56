use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::limits::CLASSIC_QUEUE;
use crate::time::{MILLISECOND, SECOND};

fn waits(peer: &Peer, mut now: Instant, attempts: usize) -> Vec<u64> {
    let mut link = Link::new(peer, now);
    let mut waits = vec![];
    for _ in 0..attempts {
        link.put_off(peer, now);
        let Dial::Waiting(at) = link.dial() else { panic!("{link:?}") };
        waits.push((at.0 - now.0) / MILLISECOND);
        now = at;
    }
    waits
}

#[test]
fn waits_double_to_two_seconds_and_after_a_minute_to_ten() {
    let waits = waits(&Peer::new("Ball"), Instant(5 * SECOND), 45);
    let (soon, late) = (REDIAL_SOON / MILLISECOND, REDIAL_LATE / MILLISECOND);
    assert_eq!((soon, late, REDIAL_PATIENCE), (2000, 10_000, 60 * SECOND));
    assert_eq!(waits[..8], [50, 100, 200, 400, 800, 1600, soon, soon]);
    assert_eq!(waits[44], late);
    let patient: u64 = waits.iter().take_while(|wait| **wait <= 2000).sum();
    assert!((58_000..=62_000).contains(&patient), "{patient} ms");
}

#[test]
fn where_only_we_dial_waits_stay_below_half_a_second() {
    let one_way = Peer { direction: Direction::Out, ..Peer::new("Ball") };
    let classic = Peer { style: Style::Classic, ..Peer::new("Ball") };
    for peer in [one_way, classic] {
        let longest = REDIAL_ONE_WAY / MILLISECOND;
        assert!(longest < 500);
        assert_eq!(waits(&peer, Instant(0), 5), [50, 100, 200, 400, longest]);
    }
}

#[test]
fn a_lost_neighbour_is_dialed_at_once_unless_it_did_not_last() {
    let peer = Peer::new("Ball");
    let mut link = Link::new(&peer, Instant(0));
    link.raise(Session::new(ConnId(1), true, 7, Instant(0)));
    assert_eq!(link.dial(), Dial::Idle);
    link.drop_live(&peer, Instant(3 * SECOND));
    assert_eq!(link.dial(), Dial::Waiting(Instant(3 * SECOND)));
    link.raise(Session::new(ConnId(1), true, 7, Instant(3 * SECOND)));
    link.drop_live(&peer, Instant(4 * SECOND));
    assert_eq!(link.dial(), Dial::Waiting(Instant(4 * SECOND + REDIAL_FIRST)));
}

#[test]
fn a_neighbour_that_dials_us_is_never_dialed() {
    let peer = Peer { direction: Direction::In, ..Peer::new("Ball") };
    let mut link = Link::new(&peer, Instant(0));
    assert_eq!(link.dial(), Dial::Idle);
    link.raise(Session::new(ConnId(1), false, 7, Instant(0)));
    link.drop_live(&peer, Instant(3 * SECOND));
    assert_eq!(link.dial(), Dial::Idle);
}

#[test]
fn a_classic_neighbours_queue_holds_each_client_once_and_a_bounded_number() {
    let full = u32::try_from(CLASSIC_QUEUE).unwrap();
    let mut waiting = Waiting::default();
    for _ in 0..2 {
        for record in 0..full {
            assert!(!waiting.push(record), "no older one gave way");
        }
    }
    assert!(waiting.push(full), "the oldest gives way");
    assert_eq!(waiting.pop(), Some(1));
    assert!(!waiting.push(1));
}

#[test]
fn a_dial_under_way_is_not_asked_for_twice() {
    let peer = Peer::new("Ball");
    let mut link = Link::new(&peer, Instant(0));
    link.dial = Dial::Connecting;
    link.raise(Session::new(ConnId(1), false, 7, Instant(0)));
    link.drop_live(&peer, Instant(3 * SECOND));
    assert_eq!(link.dial(), Dial::Connecting);
}
