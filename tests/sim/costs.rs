//! What updates cost, and when they are everywhere, for every preset: in calm on the herds of the
//! field and of the literature, and through faults. `costs.txt`, compared exactly; `UPDATE_EXPECT=1`
//! rewrites it. `docs/protocol-costs.md` says what the numbers mean.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use herd_core::Preset;
use herd_sim_wasm::{Costs, Script, ServerId, Topology};

const HERDS: [&str; 9] = [
    "places-2016",
    "line:25",
    "ring:25",
    "grid:5x5",
    "tree:25:4",
    "star:25",
    "random:25:4",
    "small-world:25:4:20",
    "complete:25",
];
/// Where faults are looked at.
const FAULTY: [&str; 2] = ["grid:5x5", "random:25:4"];
const FAULTS: [&str; 5] = ["jitter", "loss", "cut", "crash", "partition"];

/// Updates of a run, one every 40 ms from second 10 on.
const UPDATES: u32 = 100;

/// The run: every server is told something in turn, but the sixth, which a crash takes. What is broken
/// is broken in second 11 and put right in second 15, after the last update.
fn run(herd: &str, preset: &str, fault: &str) -> Script {
    let topology = Topology::named(herd, 1).expect("a known topology");
    let relay = ServerId(u32::try_from(topology.names().len() / 4).expect("few"));
    let tellers: Vec<ServerId> = topology.servers().filter(|server| *server != relay).collect();
    let half = topology.names().len() / 2;
    let half = topology.names()[..half].join(",");
    let (a, b) = (topology.edges()[0].a.0, topology.edges()[0].b.0);
    let (breaks, heals) = match fault {
        "loss" => ("@9 datagram all loss=1%".to_owned(), String::new()),
        "cut" => (format!("@11 cut {a}-{b}"), "@15 heal".to_owned()),
        "crash" => (format!("@11 kill {}", relay.0), format!("@15 restart {} empty", relay.0)),
        "partition" => (format!("@11 partition set {half}"), "@15 heal".to_owned()),
        _ => (String::new(), String::new()),
    };
    let jitter = if fault == "jitter" { " jitter=50ms" } else { "" };
    let options =
        format!("topology={herd} preset={preset} latency=100ms client-latency=0s{jitter}");
    let mut lines: Vec<(u32, String)> = (0..UPDATES)
        .map(|n| {
            let ms = 10_000 + 40 * n;
            let teller = tellers[n as usize % tellers.len()].0;
            let at = format!("{}.{:03}", ms / 1000, ms % 1000);
            (ms, format!("@{at} say {teller} IAMAT c{n} +1+1 {at}"))
        })
        .collect();
    for line in [breaks, heals].into_iter().filter(|line| !line.is_empty()) {
        let second: u32 =
            line[1..].split(' ').next().and_then(|at| at.parse().ok()).expect("a second");
        lines.push((1000 * second, line));
    }
    lines.sort_by_key(|(ms, _)| *ms);
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    format!("herd 1 {options}\n{}\n", lines.join("\n")).parse().expect("a script")
}

/// Every preset, and those that can be planned once more.
fn presets() -> Vec<String> {
    let planned = Preset::ALL.into_iter().filter(|preset| preset.feeds().is_some());
    let planned = planned.map(|preset| format!("{} trees=planned", preset.name()));
    Preset::ALL.into_iter().map(|preset| preset.name().to_owned()).chain(planned).collect()
}

fn table() -> String {
    let head = format!("{:<19} {:<26} {}\n", "herd", "preset", Costs::HEAD);
    let mut table = String::new();
    let calm = [("calm", &HERDS[..])];
    let faulty = FAULTS.map(|fault| (fault, &FAULTY[..]));
    for (fault, herds) in calm.into_iter().chain(faulty) {
        let _ = write!(table, "{fault}\n{head}");
        for herd in herds {
            for preset in presets() {
                let costs = Costs::of(&run(herd, &preset, fault));
                assert_eq!(costs.updates, u64::from(UPDATES), "{herd}, {preset}, {fault}");
                bounds(herd, &preset, fault, &costs);
                let _ = writeln!(table, "{herd:<19} {preset:<26} {costs}");
            }
        }
        table.push('\n');
    }
    table
}

/// What has to hold whatever the numbers are.
fn bounds(herd: &str, preset: &str, fault: &str, costs: &Costs) {
    let topology = Topology::named(herd, 1).expect("a known topology");
    let (servers, links) = (topology.names().len() as u64, topology.edges().len() as u64);
    let flood = 2 * links + 1 - servers;
    let what = format!("{herd}, {preset}, {fault}: {costs:?}");
    let repairs =
        Preset::named(preset.split(' ').next().unwrap_or_default()).is_some_and(Preset::repairs);
    if repairs || fault == "calm" {
        assert_eq!(costs.lacks, 0, "nothing is lost: {what}");
    }
    if fault == "calm" {
        let least = match preset {
            "classic" | "flood" | "flood_ack" | "flood_sync" => Some(flood),
            "grove trees=planned" => Some(servers - 1),
            _ => None,
        };
        if let Some(least) = least {
            assert_eq!(costs.pushes, least * costs.updates, "{what}");
        }
    }
}

#[test]
fn every_preset_costs_what_the_table_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sim/costs.txt");
    let got = table();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&file, &got).expect("a writable file");
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(got, expected, "UPDATE_EXPECT=1 rewrites {}", file.display());
}
