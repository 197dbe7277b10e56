//! Sorting: in little room where the program travels, quickly elsewhere.

use alloc::vec::Vec;

/// Sorts; those that are equal may change places, and so must not differ: the result is to be the same
/// everywhere. [`slice::sort_unstable`] is three kilobytes of program for every type that is sorted,
/// which a page does not carry; it is eight times as quick for a million items, which a server holds.
pub fn sort<T: Ord>(items: &mut [T]) {
    if cfg!(target_arch = "wasm32") {
        heapsort(items);
    } else {
        items.sort_unstable();
    }
}

/// Williams, "Algorithm 232", 1964.
fn heapsort<T: Ord>(items: &mut [T]) {
    for root in (0..items.len() / 2).rev() {
        sink(items, root);
    }
    for end in (1..items.len()).rev() {
        items.swap(0, end);
        sink(&mut items[..end], 0);
    }
}

/// Each of them once, in order.
pub(crate) fn set<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    sort(&mut items);
    items.dedup();
    items
}

/// Lets an item down to where none below it is greater.
fn sink<T: Ord>(items: &mut [T], mut at: usize) {
    loop {
        let mut below = 2 * at + 1;
        if below + 1 < items.len() && items[below] < items[below + 1] {
            below += 1;
        }
        if below >= items.len() || items[at] >= items[below] {
            return;
        }
        items.swap(at, below);
        at = below;
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{heapsort, set};

    #[test]
    fn all_orders_of_a_few_and_a_long_list_are_sorted() {
        for count in 0..=6_usize {
            let orders: usize = (1..=count).product();
            for mut order in 0..orders.max(1) {
                // The order of that number, and each value twice where it is odd.
                let mut left: Vec<usize> = (0..count).map(|value| value / 2).collect();
                let mut items = Vec::new();
                while !left.is_empty() {
                    items.push(left.remove(order % left.len()));
                    order /= left.len() + 1;
                }
                let mut expected = items.clone();
                expected.sort_unstable();
                heapsort(&mut items);
                assert_eq!(items, expected);
                expected.dedup();
                assert_eq!(set(items.into_iter().rev()), expected);
            }
        }
        let mut items: Vec<u64> = (0..1000).map(|n: u64| n * 7919 % 1009).collect();
        let mut expected = items.clone();
        expected.sort_unstable();
        heapsort(&mut items);
        assert_eq!(items, expected);
    }
}
