//! Coverage is a set of numbers, whatever order they come in.

use std::collections::BTreeSet;

use herd_core::Have;
use proptest::prelude::*;

/// Numbers that are looked at.
const LAST: u64 = 80;

/// A few spans: first and last of each.
fn spans() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((1..LAST - 10, 0_u64..10), 0..12)
        .prop_map(|spans| spans.into_iter().map(|(first, more)| (first, first + more)).collect())
}

fn have(spans: &[(u64, u64)]) -> Have {
    let mut have = Have::default();
    for (first, last) in spans {
        have.add(*first, *last);
    }
    have
}

fn set(spans: impl IntoIterator<Item = (u64, u64)>) -> BTreeSet<u64> {
    spans.into_iter().flat_map(|(first, last)| first..=last).collect()
}

proptest! {
    /// It claims what it was told and nothing else, up to the first number that is missing and beyond.
    #[test]
    fn it_holds_what_was_added_in_any_order(spans in spans(), turn in any::<prop::sample::Index>()) {
        let numbers = set(spans.clone());
        let one = have(&spans);
        let missing = (1..).find(|number| !numbers.contains(number)).expect("some are");
        prop_assert_eq!(one.prefix(), missing - 1);
        prop_assert_eq!(one.top(), numbers.last().copied().unwrap_or(0));
        prop_assert_eq!(&set(one.spans()), &numbers);
        for number in 1..=LAST {
            prop_assert_eq!(one.contains(number), numbers.contains(&number), "{}", number);
        }
        let mut other = spans.clone();
        other.rotate_left(if spans.is_empty() { 0 } else { turn.index(spans.len()) });
        other.reverse();
        other.extend(spans);
        prop_assert_eq!(have(&other), one);
    }

    /// What one has and the other lacks is what is sent: who is given that has what both had.
    #[test]
    fn who_is_given_what_it_lacks_has_what_both_had(ours in spans(), theirs in spans()) {
        let (one, mut other) = (have(&ours), have(&theirs));
        let (ours, theirs) = (set(ours), set(theirs));
        let lacked: Vec<(u64, u64)> = one.lacked_by(&other).collect();
        prop_assert_eq!(set(lacked.clone()), ours.difference(&theirs).copied().collect());
        prop_assert_eq!(one.exceeds(&other), !lacked.is_empty());
        let mut joined = other.clone();
        joined.join(&one);
        for (first, last) in lacked {
            other.add(first, last);
        }
        prop_assert_eq!(set(joined.spans()), ours.union(&theirs).copied().collect());
        prop_assert_eq!(other, joined);
    }
}
