//! What a shrinker proposes.

use std::cell::RefCell;
use std::collections::BTreeSet;

use herd_core::time::MILLISECOND;

use super::Shrinker;
use crate::command::{Command, Path};
use crate::fault::Sides;
use crate::options::Options;
use crate::script::{Entry, Script};
use crate::topology::{ServerId, Topology};

/// The passes, cheapest first.
pub(super) const PASSES: [fn(&mut Shrinker); 7] =
    [cut_tail, drop_off, drop_kinds, ddmin, plain_options, smaller_herd, round_times];

/// Nothing after the failure had a part in it.
fn cut_tail(shrinker: &mut Shrinker) {
    let mut script = shrinker.script.clone();
    script.truncate(shrinker.failure.at);
    if script != shrinker.script {
        shrinker.try_script(&script);
    }
}

/// What is switched off does nothing.
fn drop_off(shrinker: &mut Shrinker) {
    let mut entries = shrinker.script.entries().to_vec();
    entries.retain(|entry| entry.on);
    if entries.len() < shrinker.script.entries().len() {
        shrinker.try_entries(&entries);
    }
}

/// All commands of one verb at once.
fn drop_kinds(shrinker: &mut Shrinker) {
    let verb = |entry: &Entry| std::mem::discriminant(&entry.command);
    let verbs: Vec<_> = shrinker.script.entries().iter().map(verb).collect();
    let mut tried = Vec::new();
    for kind in verbs {
        if tried.contains(&kind) {
            continue;
        }
        tried.push(kind);
        let mut entries = shrinker.script.entries().to_vec();
        entries.retain(|entry| verb(entry) != kind);
        if entries.len() < shrinker.script.entries().len() {
            shrinker.try_entries(&entries);
        }
    }
}

/// Delta debugging: takes out a half, a quarter, … one, as long as it still fails.
fn ddmin(shrinker: &mut Shrinker) {
    let mut size = shrinker.script.entries().len().div_ceil(2);
    while size > 0 {
        let mut start = 0;
        let mut found = false;
        while start < shrinker.script.entries().len() {
            let mut entries = shrinker.script.entries().to_vec();
            let end = (start + size).min(entries.len());
            entries.drain(start..end);
            if shrinker.try_entries(&entries) {
                found = true;
            } else {
                start = end;
            }
        }
        if size == 1 && !found {
            break;
        }
        size = if size == 1 { 1 } else { size / 2 };
    }
}

/// Every option that is not the default, made so; the latency at least a plain one.
fn plain_options(shrinker: &mut Shrinker) {
    let plain = Options::default();
    let changes: [&dyn Fn(&mut Options); 14] = [
        &|o| o.clients = 0,
        &|o| o.skew = 0,
        &|o| o.jitter = 0,
        &|o| o.window = plain.window,
        // A smaller one is full after fewer commands; what clients say once still has to pass.
        &|o| o.window = smaller(o.window, 300),
        &|o| o.window = smaller(o.window, 600),
        &|o| o.window = smaller(o.window, 1_000),
        &|o| o.classic.clear(),
        &|o| o.places = plain.places,
        &|o| o.places_delay = plain.places_delay,
        &|o| o.client_latency = plain.client_latency,
        &|o| o.latency = plain.latency,
        &|o| o.pace = plain.pace,
        &|o| o.seed = 1,
    ];
    for change in changes {
        let mut options = shrinker.script.options().clone();
        change(&mut options);
        if options != *shrinker.script.options()
            && let Some(script) = rebuilt(&shrinker.script, options, Some)
        {
            shrinker.try_script(&script);
        }
    }
}

/// A window that was small already, made smaller.
fn smaller(window: u64, to: u64) -> u64 {
    if window == Options::default().window { window } else { window.min(to) }
}

/// The same commands in another herd, servers renamed; those that cannot be done there are left out.
fn rebuilt(
    script: &Script,
    options: Options,
    to: impl Fn(ServerId) -> Option<ServerId>,
) -> Option<Script> {
    let mut new = Script::new(options).ok()?;
    for entry in script.entries() {
        let Some(command) = moved(&entry.command, &to) else { continue };
        if let Ok(id) = new.add(entry.at, command) {
            new.switch(id, entry.on);
        }
    }
    Some(new)
}

/// A herd with fewer servers: the ones that are spoken of, or those and their like, as a shape.
fn smaller_herd(shrinker: &mut Shrinker) {
    let now = shrinker.script.topology().names().len();
    let mut used: BTreeSet<ServerId> = shrinker.failure.servers.iter().copied().collect();
    for entry in shrinker.script.entries() {
        used.extend(servers(&entry.command));
    }
    let least = used.len().max(1);
    for size in least..now {
        for spec in shapes(shrinker.script.options(), size) {
            let mut options = shrinker.script.options().clone();
            options.topology = spec.into();
            options.classic.clear();
            let Ok(topology) = Topology::named(&options.topology, options.seed) else { continue };
            if topology.names().len() >= now {
                continue;
            }
            let places: Vec<ServerId> = used.iter().copied().collect();
            let place = |server: ServerId| {
                let at = places.binary_search(&server).ok()?;
                u32::try_from(at).ok().map(ServerId)
            };
            let same =
                |server: ServerId| (server.index() < topology.names().len()).then_some(server);
            for script in [
                rebuilt(&shrinker.script, options.clone(), place),
                rebuilt(&shrinker.script, options.clone(), same),
            ] {
                if script.is_some_and(|script| shrinker.try_script(&script)) {
                    return;
                }
            }
        }
    }
}

/// Herds of about this size: plain shapes, and smaller ones of the same shape.
fn shapes(options: &Options, size: usize) -> Vec<String> {
    let mut shapes = vec![format!("line:{size}"), format!("ring:{size}"), format!("star:{size}")];
    let mut parts = options.topology.split(':');
    if let (Some(kind), Some(_)) = (parts.next(), parts.next()) {
        let rest: String = parts.map(|part| format!(":{part}")).collect();
        shapes.push(format!("{kind}:{size}{rest}"));
    }
    shapes
}

/// The servers that a command names.
fn servers(command: &Command) -> Vec<ServerId> {
    let named = RefCell::new(Vec::new());
    let note = |server: ServerId| {
        named.borrow_mut().push(server);
        Some(server)
    };
    // Every server is renamed to itself: nothing is lost by it.
    moved(command, &note).map_or_else(Vec::new, |_| named.take())
}

/// The command with its servers renamed; `None` if one of them is gone.
fn moved(command: &Command, to: &dyn Fn(ServerId) -> Option<ServerId>) -> Option<Command> {
    let mut command = command.clone();
    let path_to = |path: &mut Path| -> Option<()> {
        path.from = to(path.from)?;
        path.to = to(path.to)?;
        Some(())
    };
    match &mut command {
        Command::Clock { server, .. }
        | Command::Disk { server, .. }
        | Command::Drift { server, .. }
        | Command::Hangup { server, .. }
        | Command::Kill(server)
        | Command::Pause(server)
        | Command::Restart { server, .. }
        | Command::RestartLossy { server, .. }
        | Command::Resume(server)
        | Command::Say { server, .. }
        | Command::Send { server, .. }
        | Command::Slow { server, .. }
        | Command::Wobble { server, .. } => *server = to(*server)?,
        Command::Bandwidth { path, .. }
        | Command::Capacity { path, .. }
        | Command::Clog { path, .. }
        | Command::Cut { path, .. }
        | Command::Datagram { path: Some(path), .. }
        | Command::Heal(Some(path))
        | Command::Hold(path)
        | Command::Lag { path, .. }
        | Command::Latency { path, .. }
        | Command::Release(Some(path))
        | Command::Stream(Some(path)) => path_to(path)?,
        Command::Partition { sides, .. } => match sides {
            Sides::Isolate(server) | Sides::Bridge(server) => *server = to(*server)?,
            Sides::Set(set) => {
                for server in set {
                    *server = to(*server)?;
                }
            }
            Sides::Size(_) | Sides::Coin | Sides::Ring => {}
        },
        Command::Clients(_)
        | Command::Datagram { path: None, .. }
        | Command::Heal(None)
        | Command::Places(_)
        | Command::PlacesSlow(_)
        | Command::PlacesSome(..)
        | Command::Release(None)
        | Command::Stream(None)
        | Command::Swizzle { .. } => {}
    }
    Some(command)
}

/// All instants rounded, or single ones.
fn round_times(shrinker: &mut Shrinker) {
    for unit in [1_000, 100, 10, 5, 1].map(|ms| ms * MILLISECOND) {
        let round = |at: u64| (at + unit / 2) / unit * unit;
        let mut entries = shrinker.script.entries().to_vec();
        for entry in &mut entries {
            entry.at = round(entry.at);
        }
        if entries != shrinker.script.entries() && shrinker.try_entries(&entries) {
            return;
        }
        for index in 0..shrinker.script.entries().len() {
            let mut entries = shrinker.script.entries().to_vec();
            let at = round(entries[index].at);
            // Their order stays as it is.
            let low = index.checked_sub(1).map_or(0, |before| entries[before].at);
            let high = entries.get(index + 1).map_or(u64::MAX, |after| after.at);
            if at != entries[index].at && (low..=high).contains(&at) {
                entries[index].at = at;
                shrinker.try_entries(&entries);
            }
        }
    }
}
