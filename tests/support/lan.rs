//! A local network in this process. Hosts are network namespaces, each with a device whose frames come
//! here, are held for a while, are lost now and then, and go where they are meant for. To make one, a
//! process has to be root.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use herd_native_node::clock::Clock;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tun::{Configuration, Device, Layer};

use crate::luck::Luck;

/// Bytes in a frame at most: an Ethernet frame, and room.
const FRAME: usize = 2_048;
/// How long the switch waits when nothing is on its way.
const IDLE: Duration = Duration::from_secs(1);

/// What becomes of a frame on its way.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// How long it is held, on average.
    pub delay: Duration,
    /// By how much that differs at most, either way: frames overtake each other.
    pub jitter: Duration,
    /// How many of a hundred are lost.
    pub loss: u64,
}

/// A network of hosts.
#[derive(Debug)]
pub struct Lan {
    hosts: Vec<Arc<Host>>,
    counts: Arc<[AtomicU64; 2]>,
}

struct Host {
    device: Device,
    cut: AtomicBool,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Host {{ cut: {:?} }}", self.cut)
    }
}

/// A frame that is said: by which host, and its bytes.
type Said = (usize, Vec<u8>);
/// A frame on its way: when it arrives, its number, at which host, and its bytes.
type OnItsWay = (Duration, u64, usize, Vec<u8>);

impl Lan {
    /// Gives each of these namespaces a device `eth0` on a network of such lines. Ends when the
    /// namespaces do.
    ///
    /// # Panics
    /// If that is not permitted, or a namespace is not there.
    #[must_use]
    pub fn new(namespaces: &[String], line: Line, seed: u64) -> Self {
        let hosts: Vec<_> = namespaces.iter().map(|name| Arc::new(host(name))).collect();
        let counts = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let (tell, told) = mpsc::channel::<Said>();
        for (number, host) in hosts.iter().cloned().enumerate() {
            let tell = tell.clone();
            thread::spawn(move || {
                let mut frame = [0; FRAME];
                // It fails when the namespace has ended.
                while let Ok(size) = host.device.recv(&mut frame) {
                    if tell.send((number, frame[..size].to_vec())).is_err() {
                        return;
                    }
                }
            });
        }
        let switch = Switch { hosts: hosts.clone(), counts: Arc::clone(&counts), line };
        thread::spawn(move || switch.run(&told, Luck::new(seed, 0)));
        Self { hosts, counts }
    }

    /// Takes a host's cable out, or puts it in again.
    pub fn cut(&self, host: usize, is_cut: bool) {
        self.hosts[host].cut.store(is_cut, Ordering::Relaxed);
    }

    /// Frames that arrived, and frames that were lost on a whole line.
    #[must_use]
    pub fn counts(&self) -> [u64; 2] {
        [0, 1].map(|which: usize| self.counts[which].load(Ordering::Relaxed))
    }
}

/// The host of a namespace. A device belongs to the namespace of the thread that makes it.
fn host(namespace: &str) -> Host {
    let path = Path::new("/run/netns").join(namespace);
    let make = move || {
        let file = File::open(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
            .expect("root may enter a namespace");
        let mut wanted = Configuration::default();
        wanted.layer(Layer::L2).tun_name("eth0").up();
        tun::create(&wanted).expect("root may make a device")
    };
    let device = thread::spawn(make).join().expect("a device");
    Host { device, cut: AtomicBool::new(false) }
}

struct Switch {
    hosts: Vec<Arc<Host>>,
    counts: Arc<[AtomicU64; 2]>,
    line: Line,
}

impl Switch {
    fn run(&self, told: &mpsc::Receiver<Said>, mut luck: Luck) {
        let clock = Clock::start();
        let mut way: BinaryHeap<Reverse<OnItsWay>> = BinaryHeap::new();
        let mut behind: BTreeMap<[u8; 6], usize> = BTreeMap::new();
        let mut number = 0;
        loop {
            let due = way.peek().map(|Reverse((at, ..))| at.saturating_sub(clock.elapsed()));
            match told.recv_timeout(due.unwrap_or(IDLE)) {
                Ok((from, frame)) => {
                    let address = |at: usize| frame.get(at..at + 6)?.try_into().ok();
                    let (Some(to), Some(source)) = (address(0), address(6)) else { continue };
                    behind.insert(source, from);
                    let one = behind.get(&to).copied();
                    let to = (0..self.hosts.len()).filter(|to| one.is_none_or(|one| one == *to));
                    for to in to.filter(|to| *to != from) {
                        number += 1;
                        let late = luck.below(2 * self.jitter()) + self.shortest();
                        let at = clock.elapsed() + Duration::from_nanos(late);
                        let lost = luck.below(100) < self.line.loss;
                        let cut = [from, to].iter().any(|host| self.is_cut(*host));
                        if lost && !cut {
                            self.counts[1].fetch_add(1, Ordering::Relaxed);
                        } else if !cut {
                            way.push(Reverse((at, number, to, frame.clone())));
                        }
                    }
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            while way.peek().is_some_and(|Reverse((at, ..))| *at <= clock.elapsed()) {
                let Some(Reverse((_, _, to, frame))) = way.pop() else { break };
                // A host may have gone, or been cut off meanwhile.
                if !self.is_cut(to) && self.hosts[to].device.send(&frame).is_ok() {
                    self.counts[0].fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    fn is_cut(&self, host: usize) -> bool {
        self.hosts[host].cut.load(Ordering::Relaxed)
    }

    fn jitter(&self) -> u64 {
        u64::try_from(self.line.jitter.as_nanos()).unwrap_or(u64::MAX).max(1)
    }

    fn shortest(&self) -> u64 {
        let delay = self.line.delay.saturating_sub(self.line.jitter);
        u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX)
    }
}
