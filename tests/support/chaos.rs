//! Random runs: scripts full of faults, drawn from a seed.

use herd_core::Preset;
use herd_core::time::{MILLISECOND, SECOND};
use herd_sim_wasm::rng::{Purpose, below, draw};
use herd_sim_wasm::{
    Command, DiskLoss, Habits, Latency, Lossy, Options, Path, Script, ServerId, Share, Sides,
};

/// Draws one thing after the other.
struct Luck {
    seed: u64,
    drawn: u64,
}

impl Luck {
    fn below(&mut self, bound: u64) -> u64 {
        self.drawn += 1;
        below(draw(self.seed, Purpose::Workload, 1 << 40, 0, self.drawn), bound)
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        let at = self.below(list.len() as u64);
        list[usize::try_from(at).unwrap_or(0)].clone()
    }
}

/// A script of faults and commands that ends with everything put right. Equal seeds give equal
/// scripts.
///
/// # Panics
/// Never: what is drawn makes sense.
#[must_use]
pub fn script(seed: u64) -> Script {
    let mut luck = Luck { seed, drawn: 0 };
    let options = options(&mut luck);
    let mut script = Script::new(options).expect("drawn options make sense");
    let mut at = 0;
    for n in 0..10 + luck.below(40) {
        at += luck.below(400 * MILLISECOND);
        let command = command(&mut luck, &script, n);
        script.add(at, command).expect("a drawn command can be done");
    }
    at += SECOND;
    let servers: Vec<ServerId> = script.topology().servers().collect();
    for calm in [Command::Heal(None), Command::Release(None), Command::Stream(None)] {
        script.add(at, calm).expect("calm");
    }
    for server in servers {
        script.add(at, Command::Resume(server)).expect("resume");
        script.add(at, Command::Slow { server, takes: 0 }).expect("fast");
        if luck.below(2) == 0 {
            // One that runs is restarted all the same: that is a fault like any other.
            let store = luck.below(2) == 0;
            script.add(at, Command::Restart { server, store }).expect("restart");
        }
    }
    script
}

fn options(luck: &mut Luck) -> Options {
    let topology = [
        "places-2016",
        "seed-2016",
        "asyncio-2020",
        "line:4",
        "ring:6",
        "star:5",
        "grid:3x3",
        "tree:7",
        "complete:5",
        "small-world:8:4:30",
        "random:8:3",
        "line:2",
    ];
    let latency = [
        Latency::Constant(100 * MILLISECOND),
        Latency::Constant(0),
        Latency::Uniform { low: 5 * MILLISECOND, high: 200 * MILLISECOND },
        Latency::Exponential { floor: MILLISECOND, mean: 80 * MILLISECOND },
    ];
    Options {
        seed: luck.seed,
        topology: luck.pick(&topology).into(),
        preset: Preset::FloodSync,
        latency: luck.pick(&latency),
        jitter: luck.pick(&[0, 0, 50 * MILLISECOND]),
        skew: luck.pick(&[0, 5 * SECOND]),
        clients: u32::try_from(luck.below(4)).unwrap_or(0),
        pace: 300 * MILLISECOND,
        ..Options::default()
    }
}

fn command(luck: &mut Luck, script: &Script, n: u64) -> Command {
    let servers = script.topology().names().len() as u64;
    let server = ServerId(u32::try_from(luck.below(servers)).unwrap_or(0));
    let edge = luck.pick(script.topology().edges());
    let turned = luck.below(2) == 0;
    let (from, to) = if turned { (edge.b, edge.a) } else { (edge.a, edge.b) };
    let path = Path { from, to, one_way: luck.below(4) == 0 };
    match luck.below(20) {
        16..=19 => fault(luck, server, path),
        0 | 1 => Command::Cut { path, late: 0 },
        2 => Command::Cut { path, late: luck.below(2 * SECOND) },
        3 => Command::Heal(Some(path)),
        4 => Command::Heal(None),
        5 | 6 => Command::Kill(server),
        7 => Command::Restart { server, store: luck.below(2) == 0 },
        8 => Command::Pause(server),
        9 => Command::Resume(server),
        10 => Command::Clock { server, offset: luck.below(4 * SECOND).cast_signed() },
        11 => Command::say(server, &format!("WHATSAT c{} 10 1", luck.below(3))),
        12 => Command::Latency { path, latency: Latency::Constant(luck.below(400 * MILLISECOND)) },
        _ => {
            let stamp = 1_000 + luck.below(30);
            Command::say(server, &format!("IAMAT c{} +{n}-{n} {stamp}", luck.below(3)))
        }
    }
}

/// One of the rarer faults.
fn fault(luck: &mut Luck, server: ServerId, path: Path) -> Command {
    let ms = |luck: &mut Luck, most: u64| luck.below(most) * MILLISECOND;
    let share =
        |luck: &mut Luck, most: u64| Share::new(u16::try_from(luck.below(most)).unwrap_or(0));
    match luck.below(20) {
        0..=3 => Command::Datagram {
            path: (luck.below(2) == 0).then_some(path),
            lossy: Lossy {
                loss: share(luck, 3_000),
                duplicate: share(luck, 5_000),
                corrupt: share(luck, 300),
                reorder: ms(luck, 300),
            },
        },
        4 => Command::Stream(None),
        5 => Command::Bandwidth { path, rate: 4_000 + luck.below(20_000) },
        6 => Command::Capacity { path, bytes: 4_000 + luck.below(20_000) },
        7 => Command::Clog { path, lasts: ms(luck, 3_000) },
        8 => Command::Hold(path),
        9 => Command::Lag { path, extra: ms(luck, 300) },
        10 => Command::Slow { server, takes: ms(luck, 20) },
        11 => Command::Disk { server, sync: ms(luck, 1_000) },
        12 => Command::RestartLossy { server, loss: DiskLoss::Unsynced },
        13 => Command::RestartLossy { server, loss: DiskLoss::Torn },
        14 => Command::RestartLossy { server, loss: DiskLoss::Older(ms(luck, 2_000)) },
        15 => Command::Partition {
            sides: luck.pick(&[Sides::Coin, Sides::Ring, Sides::Isolate(server), Sides::Size(2)]),
            one_way: luck.below(4) == 0,
        },
        16 => Command::Drift { server, ppm: luck.below(400).cast_signed() - 200 },
        17 => Command::Wobble { server, swing: ms(luck, 2_000), period: SECOND + ms(luck, 3_000) },
        18 => Command::Swizzle { links: 3, spacing: ms(luck, 300) },
        _ => Command::Clients(Habits {
            skew: ms(luck, 5_000),
            repeat: share(luck, 3_000),
            burst: share(luck, 1_000),
            future: share(luck, 500),
        }),
    }
}
