//! Lists that grow by a little: a simulated herd has a few of each for every server, and twice as
//! much as is needed would be most of its memory.

use alloc::vec::Vec;

/// Adds one to a list; what it costs to move is still constant on average.
pub(crate) fn push<T>(list: &mut Vec<T>, one: T) {
    if list.len() == list.capacity() && list.len() < LONG {
        list.reserve_exact(LEAST + list.len() / 4);
    }
    list.push(one);
}

const LEAST: usize = 3;
/// A list as long as that is one of few, and grows as lists do: moving it is what costs.
const LONG: usize = 1_024;
