//! Sorting in little room.

/// Sorts what is short or seldom sorted. As in [`slice::sort_unstable`], whose sort is quicker on long
/// lists and three kilobytes of program for every type that is sorted, those that are equal may change
/// places. (Heapsort: Williams, "Algorithm 232", 1964.)
pub fn sort<T: Ord>(items: &mut [T]) {
    for root in (0..items.len() / 2).rev() {
        sink(items, root);
    }
    for end in (1..items.len()).rev() {
        items.swap(0, end);
        sink(&mut items[..end], 0);
    }
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

    use super::sort;

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
                sort(&mut items);
                assert_eq!(items, expected);
            }
        }
        let mut items: Vec<u64> = (0..1000).map(|n: u64| n * 7919 % 1009).collect();
        let mut expected = items.clone();
        expected.sort_unstable();
        sort(&mut items);
        assert_eq!(items, expected);
    }
}
