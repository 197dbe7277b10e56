//! An allocator that counts, per thread, so that tests beside it do not matter.
#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

/// How often `work` allocated or grew, and what it gave.
pub(crate) fn allocations<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = COUNT.get();
    let result = work();
    (COUNT.get() - before, result)
}

/// How many bytes `work` asked for, and what it gave.
pub(crate) fn bytes<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = BYTES.get();
    let result = work();
    (BYTES.get() - before, result)
}

// SAFETY: every call goes to the system's allocator unchanged; the counter is a plain thread-local
// cell with a constant initial value and no destructor, so touching it never allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        BYTES.set(BYTES.get() + layout.size());
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        BYTES.set(BYTES.get() + size);
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(block, layout, size) }
    }
}
