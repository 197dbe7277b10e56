//! The second phase of a run: what the chaos has left broken is put right, in some runs only a core of
//! it, and the herd has to come to rest.

use herd_core::time::{MILLISECOND, SECOND};

use super::{Plan, herd, luck::Luck};
use crate::command::{Command, Path};
use crate::options::{Options, PlacesMode};
use crate::topology::ServerId;

/// What the chaos has left.
struct Left {
    /// Of each server: whether it is up, and whether it runs.
    servers: Vec<(bool, bool)>,
    gone: Vec<ServerId>,
    slow: Vec<ServerId>,
    cut: bool,
    held: bool,
    places: bool,
    slow_places: bool,
    /// Links with a limit.
    rates: Vec<Path>,
    capacities: Vec<Path>,
    /// Links that lose messages; `None` is all of them.
    lossy: Vec<Option<Path>>,
}

/// Puts right what is left broken; each server with luck of its own, so that what one kind of fault
/// left shifts nothing else.
pub(super) fn calm(plan: &Plan) -> Vec<(u64, Command)> {
    let left = Left::of(plan);
    let whole = luck(plan, 0).below(4) > 0;
    let mut commands = Vec::new();
    links(plan, &left, whole, &mut commands);
    for (server, (up, running)) in plan.script.topology().servers().zip(&left.servers) {
        if left.gone.contains(&server) {
            continue;
        }
        let mut luck = luck(plan, 10 + u64::from(server.0));
        if !up && (whole || luck.below(2) == 0) {
            commands.push(Command::Restart { server, store: luck.below(4) > 0 });
        } else if *up && !running {
            commands.push(Command::Resume(server));
        }
    }
    commands.extend(left.slow.iter().map(|&server| Command::Slow { server, takes: 0 }));
    if !left.places {
        commands.push(Command::Places(PlacesMode::Ok));
    }
    if left.slow_places {
        commands.push(Command::PlacesSlow(Options::default().places_delay));
    }
    let at = (plan.length + 500 * MILLISECOND) / MILLISECOND * MILLISECOND;
    let mut calm: Vec<(u64, Command)> = commands.into_iter().map(|c| (at, c)).collect();
    let mut luck = luck(plan, 2);
    let server = ServerId(u32::try_from(luck.below(plan.servers())).unwrap_or(0));
    let after = at + luck.between(0, 2 * SECOND) / MILLISECOND * MILLISECOND;
    calm.push((after, Command::say(server, &herd::update(&mut luck, 0, after, 0))));
    calm
}

const fn luck(plan: &Plan, what: u64) -> Luck {
    Luck::new(plan.seed, 2_000 + what)
}

/// Links: limits go, what is held goes on, cuts heal. What was lost on datagram links is made up for
/// when the two ends meet anew.
fn links(plan: &Plan, left: &Left, whole: bool, commands: &mut Vec<Command>) {
    let links = plan.script.topology().edges().len();
    commands.extend(left.rates.iter().map(|&path| Command::Bandwidth { path, rate: 0 }));
    commands.extend(left.capacities.iter().map(|&path| Command::Capacity { path, bytes: 0 }));
    if left.held {
        commands.push(Command::Release(None));
    }
    if !left.lossy.is_empty() {
        commands.push(Command::Stream(None));
        let links = u32::try_from(links).unwrap_or(u32::MAX);
        for path in &left.lossy {
            match *path {
                None => commands.push(Command::Swizzle { links, spacing: 0 }),
                Some(path) => {
                    let path = Path { one_way: false, ..path };
                    commands.push(Command::Cut { path, late: 0 });
                    commands.push(Command::Heal(Some(path)));
                }
            }
        }
    }
    if left.cut {
        commands.push(Command::Heal(None));
        if !whole && links > 0 {
            let edge = luck(plan, 1).pick(plan.script.topology().edges());
            let path = Path { from: edge.a, to: edge.b, one_way: false };
            commands.push(Command::Cut { path, late: 0 });
        }
    }
}

impl Left {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others leave nothing behind")]
    fn of(plan: &Plan) -> Self {
        let mut left = Self {
            servers: vec![(true, true); plan.script.topology().names().len()],
            gone: Vec::new(),
            slow: Vec::new(),
            cut: false,
            held: false,
            places: plan.options().places == PlacesMode::Ok,
            slow_places: false,
            rates: Vec::new(),
            capacities: Vec::new(),
            lossy: Vec::new(),
        };
        for (_, command) in &plan.commands {
            match command {
                Command::Bandwidth { path, .. } => note(&mut left.rates, *path),
                Command::Capacity { path, .. } => note(&mut left.capacities, *path),
                Command::Cut { .. } | Command::Partition { .. } | Command::Swizzle { .. } => {
                    left.cut = true;
                }
                Command::Datagram { path, .. } => note(&mut left.lossy, *path),
                Command::Hold(_) => left.held = true,
                Command::Leave(server) => left.gone.push(*server),
                Command::Kill(server) => left.set(*server, (false, true)),
                Command::Pause(server) if left.servers[server.index()].0 => {
                    left.servers[server.index()].1 = false;
                }
                Command::Restart { server, .. } | Command::RestartLossy { server, .. } => {
                    left.set(*server, (true, true));
                }
                Command::Resume(server) => left.servers[server.index()].1 = true,
                Command::Slow { server, .. } => note(&mut left.slow, *server),
                Command::Places(mode) => left.places = *mode == PlacesMode::Ok,
                Command::PlacesSome(..) => left.places = false,
                Command::PlacesSlow(_) => left.slow_places = true,
                _ => {}
            }
        }
        left
    }

    /// How a server was left; one that joined looks after itself.
    fn set(&mut self, server: ServerId, state: (bool, bool)) {
        if let Some(place) = self.servers.get_mut(server.index()) {
            *place = state;
        }
    }
}

/// Remembers something once.
fn note<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}
