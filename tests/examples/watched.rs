//! What a busy herd costs to be watched, and what who watches is sent: `cargo run --release -p herd-tests
//! --example watched -- --rate 100000 --seconds 5 --rounds 5`. The herd is a process of its own, the command
//! that was built last (or `HERD`). It is given the same updates in turn with nobody watching and with one.

use std::env;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use herd_native_node::clock::{self, Clock};
use herd_tests::tcp::Client;
use herd_tests::up::Up;
use herd_tests::websocket::WebSocket;

/// The command that was built last.
const HERD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/herd");
/// Connections that say updates, and how often each does, a second.
const CONNECTIONS: u64 = 10;
const BURSTS: u64 = 100;
/// Clients of each connection that the updates are about.
const CLIENTS: u64 = 10_000;

/// What is measured.
#[derive(Clone, Copy)]
struct Wanted {
    /// Updates a second.
    rate: u64,
    seconds: u64,
    rounds: usize,
}

fn main() -> ExitCode {
    let mut wanted = Wanted { rate: 100_000, seconds: 5, rounds: 5 };
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse().ok());
        match (name.as_str(), value) {
            ("--rate", Some(value)) => wanted.rate = value,
            ("--seconds", Some(value)) => wanted.seconds = value,
            ("--rounds", Some(value)) => wanted.rounds = usize::try_from(value).unwrap_or(1),
            _ => {
                report("expected: [--rate N] [--seconds N] [--rounds N]");
                return ExitCode::from(2);
            }
        }
    }
    measure(wanted);
    ExitCode::SUCCESS
}

fn measure(wanted: Wanted) {
    let herd = env::var("HERD").unwrap_or_else(|_| HERD.to_owned());
    let up = Up::start(&herd, &["--log", "off"]);
    let names: Vec<String> = up.names().map(str::to_owned).collect();
    // Once, so that every client is known.
    say_for(&up, &names, Wanted { seconds: 1, ..wanted });
    let mut costs = [Vec::new(), Vec::new()];
    let mut memory = [Vec::new(), Vec::new()];
    let mut seen = Seen::default();
    for round in 0..2 * wanted.rounds {
        let watched = round % 2;
        let before = up.process.cpu();
        let (said, took) = if watched == 1 {
            let over = AtomicBool::new(false);
            let (http, first, over) = (up.http, &names[0], &over);
            thread::scope(|scope| {
                let eye = scope.spawn(move || look(http, first, over));
                let said = say_for(&up, &names, wanted);
                over.store(true, Ordering::Relaxed);
                seen.add(eye.join().expect("it has watched to the end"));
                said
            })
        } else {
            say_for(&up, &names, wanted)
        };
        let used = up.process.cpu() - before;
        let per_million = used.as_secs_f64() * 1e6 / said as f64;
        costs[watched].push(per_million);
        memory[watched].push(up.process.resident() as f64 / f64::from(1 << 20));
        let rate = said as f64 / took.as_secs_f64();
        let who = ["nobody watches", "one watches   "][watched];
        report(&format!("{who}: {rate:.0} updates/s, {per_million:.2} CPU s per million"));
    }
    let [without, with] = costs.map(median);
    let ratio = with / without;
    report(&format!("medians: {without:.2} and {with:.2} CPU s per million: {ratio:.3} times"));
    let [without, with] = memory.map(|all| all.iter().copied().fold(0.0, f64::max));
    report(&format!("memory at most: {without:.0} MB, watched {with:.0} MB"));
    seen.report();
}

/// Says updates at that rate for so long; how many, and how long that took.
fn say_for(up: &Up, names: &[String], wanted: Wanted) -> (u64, Duration) {
    let burst = (wanted.rate / CONNECTIONS / BURSTS).max(1);
    let every = Duration::from_nanos(1_000_000_000 * CONNECTIONS * burst / wanted.rate);
    let stamp = clock::wall().0 / 1_000_000_000;
    let said = AtomicU64::new(0);
    let clock = Clock::start();
    thread::scope(|scope| {
        for number in 0..CONNECTIONS {
            let name = &names[usize::try_from(number).unwrap_or(0) % names.len()];
            let (address, said) = (up.address(name), &said);
            scope.spawn(move || {
                let mut client = Client::connect(address);
                let (mut index, mut due) = (0_u64, Duration::ZERO);
                while clock.elapsed() < Duration::from_secs(wanted.seconds) {
                    let lines: String = (index..index + burst)
                        .map(|index| {
                            let about = number * CLIENTS + index % CLIENTS;
                            format!("IAMAT client-{about} +34.06-118.44 {stamp}.{index:09}\n")
                        })
                        .collect();
                    client.send(lines);
                    for _ in 0..burst {
                        assert!(client.line().starts_with("AT "), "it is taken");
                    }
                    index += burst;
                    due += every;
                    while let Some(rest) = due.checked_sub(clock.elapsed()) {
                        thread::park_timeout(rest.max(Duration::from_micros(50)));
                    }
                }
                said.fetch_add(index, Ordering::Relaxed);
            });
        }
    });
    (said.load(Ordering::Relaxed), clock.elapsed())
}

/// What somebody who watches was sent.
#[derive(Default)]
struct Seen {
    seconds: f64,
    messages: u64,
    bytes: u64,
    largest: usize,
    /// Updates drawn, of how many.
    told: u64,
    news: u64,
    missed: u64,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.messages += other.messages;
        self.bytes += other.bytes;
        self.largest = self.largest.max(other.largest);
        self.told += other.told;
        self.news += other.news;
        self.missed += other.missed;
    }

    fn report(&self) {
        let Self { seconds, messages, bytes, largest, told, news, missed } = self;
        let second = |count: u64| count as f64 / seconds;
        let (frames, kilobytes) = (second(*messages), second(*bytes) / 1e3);
        report(&format!(
            "sent: {frames:.1} messages/s, {kilobytes:.0} kB/s, {largest} bytes at most"
        ));
        let (shown, share) = (second(*told), *news as f64 / (*told).max(1) as f64);
        report(&format!("drawn: {shown:.0} hops/s, one in {share:.0} of {news}; {missed} missed"));
    }
}

/// Watches until it is over.
fn look(http: SocketAddr, root: &str, over: &AtomicBool) -> Seen {
    let mut socket = WebSocket::open(http, "/v1/live", None);
    // As the page does: what is held of the last clients, and the tree of a server.
    let clients: Vec<String> = (0..24).map(|number| format!("client-{number}")).collect();
    socket.send(format!("FOLLOW {}", clients.join(" ")));
    socket.send(format!("TREE {root}"));
    let clock = Clock::start();
    let mut seen = Seen::default();
    let mut samples = Vec::<(String, [u64; 5], [u64; 5])>::new();
    while !over.load(Ordering::Relaxed) {
        let text = socket.text();
        seen.messages += 1;
        seen.bytes += text.len() as u64;
        seen.largest = seen.largest.max(text.len());
        for line in text.lines().filter_map(|line| line.strip_prefix("SAMPLE ")) {
            let (name, rest) = line.split_once(' ').expect("a server");
            let mut numbers = rest.split(' ').map(|number| number.parse().expect("a number"));
            let now = std::array::from_fn(|_| numbers.next().expect("five numbers"));
            match samples.iter_mut().find(|(known, ..)| known == name) {
                Some((_, _, last)) => *last = now,
                None => samples.push((name.to_owned(), now, now)),
            }
            seen.missed += now[4];
        }
    }
    for (_, first, last) in &samples {
        seen.news += last[0] - first[0];
        seen.told += last[1] - first[1];
    }
    seen.seconds = clock.elapsed().as_secs_f64();
    seen
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

#[expect(clippy::print_stdout, reason = "it is a report")]
fn report(line: &str) {
    println!("{line}");
}
