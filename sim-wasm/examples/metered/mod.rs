//! What a measurement reads: the processor's time, and the bytes in use.
#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use herd_sim_wasm::bench::Meter;
use rustix::time::{ClockId, clock_gettime};

/// The meter of this process, and what tells the most bytes that were in use since it was last asked.
pub(super) fn meter() -> (Meter, fn() -> usize) {
    let meter = Meter { now_ms, bytes: || IN_USE.get() };
    (meter, || MOST_IN_USE.replace(IN_USE.get()))
}

/// Processor time, so that it matters less what else the machine does.
fn now_ms() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

/// The system's allocator, with the bytes in use counted: per thread, as everything measured has
/// one, and counting for all would take more time than many an event.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static IN_USE: Cell<usize> = const { Cell::new(0) };
    static MOST_IN_USE: Cell<usize> = const { Cell::new(0) };
}

fn taken(bytes: usize) {
    let now = IN_USE.get().wrapping_add(bytes);
    IN_USE.set(now);
    MOST_IN_USE.set(MOST_IN_USE.get().max(now));
}

fn given_back(bytes: usize) {
    IN_USE.set(IN_USE.get().wrapping_sub(bytes));
}

// SAFETY: every call goes to the system's allocator unchanged; the counters are plain thread-local
// cells with constant initial values and no destructors, so touching them never allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        given_back(layout.size());
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        taken(size);
        given_back(layout.size());
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(block, layout, size) }
    }
}
