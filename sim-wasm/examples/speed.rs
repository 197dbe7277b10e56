//! How fast and how large the simulator is: events per second, bytes per server, clones and seeks.
//!
//! ```text
//! cargo run --release -p herd-sim-wasm --example speed
//! cargo run --release -p herd-sim-wasm --example speed -- 10000 20
//! ```
#![expect(clippy::print_stdout, reason = "it is a command")]
#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use herd_sim_wasm::bench::{self, Meter};
use rustix::time::{ClockId, clock_gettime};

fn main() -> Result<(), Box<dyn Error>> {
    let meter = Meter { now_ms, bytes: || IN_USE.load(Ordering::Relaxed) };
    let mut words = std::env::args().skip(1);
    if let Some(servers) = words.next() {
        let updates = words.next().ok_or("how many updates?")?;
        println!("{}", bench::speed(&meter, servers.parse()?, updates.parse()?)?);
        return Ok(());
    }
    for (servers, updates) in bench::SIZES {
        println!("{}", bench::speed(&meter, servers, updates)?);
    }
    println!("{}", bench::seek(&meter)?);
    Ok(())
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

// SAFETY: every call goes to the system's allocator unchanged; the counter is only a number.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        IN_USE.fetch_add(size, Ordering::Relaxed);
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(block, layout, size) }
    }
}
