//! What an update costs in herds of up to 100,000 servers, how long it takes, and how fast and how
//! large they are in the simulator.
//!
//! ```text
//! cargo run --release -p herd-sim-wasm --example scale
//! cargo run --release -p herd-sim-wasm --example scale -- 100000 16 1000 planned
//! ```
//!
//! The numbers are servers, servers that are told updates, and updates; the word is `flood`, `learned`
//! or `planned`. The flood of a thousand updates through 100,000 servers, 700 million messages, is
//! played only when it is asked for that way.
#![expect(clippy::print_stdout, reason = "it is a command")]
#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use herd_sim_wasm::bench::Meter;
use herd_sim_wasm::scale::{HEAD, SIZES, Size, Way, scale};
use rustix::time::{ClockId, clock_gettime};

/// Messages that take too long to be played unasked.
const MOST: u64 = 200_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let meter = Meter { now_ms, bytes: || IN_USE.load(Ordering::Relaxed) };
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let way = words.last().and_then(|word| Way::ALL.into_iter().find(|way| way.name() == word));
    words.truncate(words.len() - usize::from(way.is_some()));
    let numbers: Vec<u32> = words.iter().map(|word| word.parse()).collect::<Result<_, _>>()?;
    let sizes = match numbers[..] {
        [] => SIZES.to_vec(),
        [servers, origins, updates] => vec![Size { servers, origins, updates }],
        _ => return Err("servers, servers that are told updates, and updates are expected".into()),
    };
    println!("{HEAD}  most in use");
    for size in sizes {
        for way in way.map_or_else(|| Way::ALL.to_vec(), |way| vec![way]) {
            let messages = u64::from(size.servers) * u64::from(size.updates) * 7;
            if numbers.is_empty() && way == Way::Flood && messages > MOST {
                continue;
            }
            MOST_IN_USE.store(IN_USE.load(Ordering::Relaxed), Ordering::Relaxed);
            let row = scale(&meter, size, way)?;
            println!("{row}  {:>7} MiB", MOST_IN_USE.load(Ordering::Relaxed) >> 20);
        }
    }
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
static MOST_IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged; the counters are only numbers.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let before = IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        MOST_IN_USE.fetch_max(before + layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(block, layout) }
    }
}
