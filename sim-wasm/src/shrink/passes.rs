//! What a shrinker proposes.

use std::collections::BTreeSet;

use herd_core::time::MILLISECOND;

use super::Shrinker;
use crate::command::Command;
use crate::options::Options;
use crate::script::{Entry, Script};
use crate::topology::{ServerId, Topology};

/// The passes, cheapest first.
pub(super) const PASSES: [fn(&mut Shrinker); 8] = [
    cut_tail,
    drop_off,
    drop_kinds,
    ddmin,
    plain_options,
    smaller_limits,
    smaller_herd,
    round_times,
];

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

/// Delta debugging: takes out a half, then a quarter, … one, as long as it still fails; one such size at
/// a time.
fn ddmin(shrinker: &mut Shrinker) {
    let size = match shrinker.chunk {
        0 => shrinker.script.entries().len().div_ceil(2),
        size => size,
    };
    if size == 0 {
        return;
    }
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
    shrinker.chunk = match size {
        1 => usize::from(found),
        size => size / 2,
    };
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

/// A link that takes less is full after fewer commands; what clients say once still has to pass.
fn smaller_limits(shrinker: &mut Shrinker) {
    for index in 0..shrinker.script.entries().len() {
        for least in [300, 600] {
            let mut entries = shrinker.script.entries().to_vec();
            let Some(Command::Capacity { bytes, .. }) =
                entries.get_mut(index).map(|entry| &mut entry.command)
            else {
                break;
            };
            if *bytes <= least {
                break;
            }
            *bytes = least;
            if shrinker.try_entries(&entries) {
                break;
            }
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
    let founders = script.topology().founders();
    // The numbers of those that join, in the new herd.
    let mut joined: Vec<Option<ServerId>> = Vec::new();
    for entry in script.entries() {
        let place = |server: ServerId| match server.index().checked_sub(founders) {
            None => to(server),
            Some(at) => joined.get(at).copied().flatten(),
        };
        let command = entry.command.renamed(&place);
        let added = command.and_then(|command| new.add(entry.at, command).ok());
        if let Some(id) = added {
            new.switch(id, entry.on);
        }
        if matches!(entry.command, Command::Join { .. }) {
            let number = new.topology().servers().last();
            joined.push(number.filter(|_| added.is_some()));
        }
    }
    Some(new)
}

/// A herd with fewer servers: the ones that are spoken of, or those and their like, as a shape.
fn smaller_herd(shrinker: &mut Shrinker) {
    let now = shrinker.script.topology().founders();
    let mut used: BTreeSet<ServerId> = shrinker.failure.servers.iter().copied().collect();
    for entry in shrinker.script.entries() {
        used.extend(entry.command.servers());
    }
    used.retain(|server| server.index() < now);
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
