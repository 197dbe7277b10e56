use super::*;
use crate::codec::{Frame, Part, put_ranges};

fn items(places: impl IntoIterator<Item = u64>) -> Items {
    let item = |(place, at)| Item { place, print: place * 3, at };
    let mut items: Vec<Item> = places.into_iter().zip(0..).map(item).collect();
    items.sort_unstable();
    Items(items)
}

/// What is said of a range, as ranges and how many records each has; `None` for a list.
fn said(items: &Items, range: Range) -> Vec<(Range, Option<u64>)> {
    let (mut parts, mut frame) = (Vec::new(), Vec::new());
    put_held(&mut parts, range, items.within(range));
    put_ranges(&mut frame, (true, false), 7, &parts);
    let length = frame.iter().position(|byte| byte & 0x80 == 0).unwrap();
    let Ok(Frame::Ranges(ranges)) = Frame::parse(&frame[length + 1..]) else { panic!("{frame:?}") };
    assert!(ranges.answer && !ranges.last && ranges.number == 7);
    let said = |part: Part<'_>| match part {
        Part::Print { first, last, print } => {
            assert_eq!(print, print_of(items.within((first, last))));
            ((first, last), Some(items.within((first, last)).len() as u64))
        }
        Part::List { first, last, ids } => {
            let held = items.within((first, last)).iter().map(|item| (item.place, item.print));
            assert!(ids.iter().eq(held));
            ((first, last), None)
        }
        Part::Wish(_) => panic!("nothing was wished for"),
    };
    ranges.parts.iter().map(said).collect()
}

#[test]
fn a_range_is_split_evenly_without_a_gap_until_it_can_be_listed() {
    for held in [0, 1, RANGE_LISTED, RANGE_LISTED + 1, 200, 5_000] {
        let items = items((0..held as u64).map(|n| n << 40));
        let mut open = Vec::from([EVERYWHERE]);
        let mut listed = 0;
        while let Some(range) = open.pop() {
            let parts = said(&items, range);
            assert!(parts.len() <= RANGE_SPLIT);
            assert_eq!((parts[0].0.0, parts.last().unwrap().0.1), range);
            assert!(parts.windows(2).all(|two| two[0].0.1 + 1 == two[1].0.0));
            for (part, records) in parts {
                match records {
                    None => listed += items.within(part).len(),
                    Some(records) => {
                        assert!(records < items.within(range).len() as u64);
                        open.push(part);
                    }
                }
            }
        }
        assert_eq!(listed, held);
    }
}

#[test]
fn who_shares_a_place_stays_together() {
    let items = items((0..100).map(|n| n / 50));
    let parts = said(&items, EVERYWHERE);
    assert!(parts.iter().all(|(_, records)| *records == Some(50)), "{parts:?}");
}

#[test]
fn what_differs_is_given_or_wished_for_and_what_is_held_differently_is_wished_for() {
    let mine = items([1, 2, 4]);
    let mut bytes = Vec::new();
    // They hold another version of 2, the same of 4, and 9.
    put_list(&mut bytes, EVERYWHERE, [(2, 99), (4, 12), (9, 27)].into_iter());
    let mut frame = Vec::new();
    put_ranges(&mut frame, (false, true), 1, &bytes);
    let Ok(Frame::Ranges(ranges)) = Frame::parse(&frame[1..]) else { panic!() };
    let Some(Part::List { ids, .. }) = ranges.parts.iter().next() else { panic!() };
    let mut difference = Difference::default();
    compare(mine.within(EVERYWHERE), ids, &mut difference);
    assert_eq!(difference, Difference { gives: [0].into(), wishes: [2, 9].into() });
}
