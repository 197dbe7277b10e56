//! What a measurement reads: the processor's time, and the bytes in use.
#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use herd_sim_wasm::bench::Meter;
use rustix::time::{ClockId, clock_gettime};

/// The meter of this process, and what tells the most bytes that were in use since it was last asked.
pub(super) fn meter() -> (Meter, fn() -> usize) {
    let meter = Meter { now_ms, bytes: || IN_USE.load(Ordering::Relaxed) };
    (meter, || MOST_IN_USE.swap(IN_USE.load(Ordering::Relaxed), Ordering::Relaxed))
}

/// Processor time, so that it matters less what else the machine does.
fn now_ms() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

/// The system's allocator, with the bytes in use counted.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST_IN_USE: AtomicUsize = AtomicUsize::new(0);

fn taken(bytes: usize) {
    let before = IN_USE.fetch_add(bytes, Ordering::Relaxed);
    MOST_IN_USE.fetch_max(before + bytes, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator unchanged; the counters are only numbers.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        taken(size);
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(block, layout, size) }
    }
}
