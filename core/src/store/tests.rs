use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::form::Source;
use crate::origin::OriginId;

fn put(store: &mut Store, client: &str, stamp: u32) -> bool {
    let line = alloc::format!("AT Ball +0.1 {client} +1-1 {stamp}");
    let at = At::canonical(line.as_bytes()).unwrap();
    let count = Count { origin: OriginId(0), incarnation: 1, seq: 1 };
    if store.is_below(at.stamp, at.client) {
        return false;
    }
    match store.find(at.client) {
        Some(index) => store.set(index, &at, line.as_bytes(), count),
        None => {
            store.insert(&at, line.as_bytes(), count);
        }
    }
    assert!(store.is_consistent());
    true
}

fn held(store: &Store) -> Vec<String> {
    let name = |record: &Record| String::from_utf8(record.client().into()).unwrap();
    let mut held: Vec<String> = store.iter().map(name).collect();
    held.sort();
    held
}

#[test]
fn the_oldest_fall_first_and_what_has_moved_on_does_not() {
    let mut store = Store::new(7);
    for (client, stamp) in [("a", 3), ("b", 1), ("c", 2), ("d", 5)] {
        put(&mut store, client, stamp);
    }
    assert_eq!(store.fit(4), 0);
    assert_eq!(store.floor(), Floor::BOTTOM);
    assert_eq!(store.fit(3), 1);
    assert_eq!(held(&store), ["a", "c", "d"]);
    put(&mut store, "c", 9);
    assert_eq!(store.fit(2), 1);
    assert_eq!(held(&store), ["c", "d"]);
    assert!(store.is_consistent());
    assert_eq!(store.floor().stamp, Wall(3_000_000_000));
    // What has fallen does not come back, but what is newer does, in the place of another.
    assert!(!put(&mut store, "b", 1) && !put(&mut store, "a", 3));
    assert!(put(&mut store, "b", 4));
    assert_eq!((store.len(), store.end()), (3, 4));
    assert!(store.at(store.find(b"b").unwrap()).is_some());
}

#[test]
fn of_equal_stamps_some_fall_and_the_others_do_not() {
    let mut store = Store::new(7);
    for client in ["a", "b", "c", "d", "e", "f"] {
        put(&mut store, client, 1);
    }
    assert_eq!(store.fit(4), 2);
    let kept = held(&store);
    for client in ["a", "b", "c", "d", "e", "f"] {
        let is_kept = kept.iter().any(|kept| kept == client);
        assert_eq!(store.is_below(Wall(1_000_000_000), client.as_bytes()), !is_kept, "{client}");
    }
}

#[test]
fn nobody_gets_in_who_would_be_the_first_to_go() {
    let mut store = Store::new(7);
    put(&mut store, "a", 5);
    put(&mut store, "b", 7);
    let second = |stamp: i64| Wall(stamp * 1_000_000_000);
    assert!(!store.turns_away(3, second(1), b"c"));
    assert!(store.turns_away(2, second(4), b"c"));
    assert!(store.is_below(second(4), b"c") && !store.is_below(second(5), b"a"));
    assert!(!store.turns_away(2, second(6), b"c"));
}

#[test]
fn the_floor_rises_in_bounded_steps() {
    let mut store = Store::new(7);
    let all = FORGOTTEN_AT_ONCE + 10;
    for client in 0..all {
        let line = alloc::format!("AT Ball +0.1 c{client} +1-1 {client}");
        let at = At::canonical(line.as_bytes()).unwrap();
        let count = Count { origin: OriginId(0), incarnation: 1, seq: 1 };
        store.insert(&at, line.as_bytes(), count);
    }
    let target = Floor { stamp: Wall(i64::from(all - 3) * 1_000_000_000), tie: u64::MAX };
    assert_eq!(store.raise_to(target), all - 10);
    assert_eq!((store.len(), store.floor() < target), (10, true));
    assert!(store.is_consistent());
    assert_eq!(store.raise_to(target), 8);
    assert_eq!((store.len(), store.floor()), (2, target));
    assert_eq!(store.raise_to(target), 0);
}

#[test]
fn what_is_read_is_what_was_written_also_of_a_broken_memory() {
    let mut store = Store::new(7);
    let line = b"AT Ball +0.1 kiwi +0001-1 5";
    let count = Count { origin: OriginId(0), incarnation: 1, seq: 1 };
    let place = store.insert(&At::canonical(line).unwrap(), line, count);
    put(&mut store, "plum", 6);
    store.damage(place);
    let damaged = store.at(place).unwrap().line();
    assert!(At::canonical(damaged).is_err(), "no such place");
    let mut bytes = Vec::new();
    store.put(&mut bytes);
    let mut back = Store::take(&mut Source::new(&bytes), 7).unwrap();
    assert_eq!(back.at(place).unwrap().line(), damaged);
    assert_eq!(back.find(b"kiwi"), Some(place));
    let mut again = Vec::new();
    back.put(&mut again);
    assert_eq!(again, bytes);
    back.take_out(place);
    assert!(back.is_consistent());
}

#[test]
fn a_place_that_is_vacant_twice_is_not_believed() {
    let mut store = Store::new(7);
    for (client, stamp) in [("a", 1), ("b", 2), ("c", 3)] {
        put(&mut store, client, stamp);
    }
    store.fit(1);
    let read = |store: &Store| {
        let mut bytes = Vec::new();
        store.put(&mut bytes);
        Store::take(&mut Source::new(&bytes), 7)
    };
    assert!(read(&store).is_some());
    store.vacant[1] = store.vacant[0];
    assert!(read(&store).is_none());
}
