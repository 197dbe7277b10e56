//! Five servers on five hosts: network namespaces with names of their own, delay, loss and cuts.
//!
//! It changes the machine's network, so it runs only when it is asked to, as root:
//! `HERD_TEST_HOSTS=1 cargo test -p herd-tests --test native hosts -- --nocapture`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use herd_tests::tcp::{Process, until};
use tempfile::TempDir;

use crate::HERD;

const NAMES: [&str; 5] = ["Alford", "Ball", "Hamilton", "Holiday", "Welsh"];
/// The default herd's links, each said by one side.
const LINKS: [(&str, &[&str]); 5] = [
    ("Alford", &["Hamilton", "Welsh"]),
    ("Ball", &["Holiday", "Welsh"]),
    ("Hamilton", &["Holiday"]),
    ("Holiday", &[]),
    ("Welsh", &[]),
];

fn ran(words: &[&str]) -> Output {
    Command::new(words[0]).args(&words[1..]).output().expect("it can be run")
}

#[track_caller]
fn run(command: &str) {
    let words: Vec<_> = command.split(' ').collect();
    let output = ran(&words);
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Delays and loses what a host sends. A kernel without `netem` at least makes the line a slow one,
/// which delays what comes together and drops what does not fit.
fn spoil(number: usize) {
    let device = format!("tc -n herd{number} qdisc add dev eth0 root");
    let netem = format!("{device} netem delay 20ms 5ms loss 2%");
    let words: Vec<_> = netem.split(' ').collect();
    if !ran(&words).status.success() {
        if number == 0 {
            crate::notice(
                "this kernel has no netem: lines of 256 kbit/s instead of delay and loss",
            );
        }
        run(&format!("{device} tbf rate 256kbit burst 1600 latency 50ms"));
    }
}

/// Five hosts on a network, and a server on each. Takes everything away again.
struct Hosts {
    folder: TempDir,
    servers: Vec<Option<Process>>,
}

impl Drop for Hosts {
    fn drop(&mut self) {
        self.servers.clear();
        for number in 0..NAMES.len() {
            let _ = ran(&["ip", "netns", "del", &format!("herd{number}")]);
            let _ = fs::remove_dir_all(format!("/etc/netns/herd{number}"));
        }
        let _ = ran(&["ip", "netns", "del", "herdnet"]);
    }
}

impl Hosts {
    fn new() -> Self {
        let hosts = Self { folder: TempDir::new().expect("a folder"), servers: Vec::new() };
        run("ip netns add herdnet");
        run("ip -n herdnet link add bridge type bridge");
        run("ip -n herdnet link set bridge up");
        for number in 0..NAMES.len() {
            run(&format!("ip netns add herd{number}"));
            run(&format!(
                "ip link add eth0 netns herd{number} type veth peer port{number} netns herdnet"
            ));
            run(&format!("ip -n herdnet link set port{number} master bridge up"));
            run(&format!("ip -n herd{number} link set lo up"));
            run(&format!("ip -n herd{number} link set eth0 up"));
            run(&format!("ip -n herd{number} addr add 10.77.0.{}/24 dev eth0", number + 1));
            spoil(number);
            fs::create_dir_all(format!("/etc/netns/herd{number}")).expect("root may");
        }
        hosts.name(&[1, 2, 3, 4, 5]);
        hosts
    }

    /// Gives every host's name this address, for all hosts.
    fn name(&self, addresses: &[usize; 5]) {
        let lines = NAMES
            .iter()
            .zip(addresses)
            .map(|(name, last)| format!("10.77.0.{last} {}.herd.internal\n", name.to_lowercase()));
        let lines = format!("127.0.0.1 localhost\n{}", lines.collect::<String>());
        for number in 0..NAMES.len() {
            // The file itself is what a running process sees: it is written, not replaced.
            fs::write(format!("/etc/netns/herd{number}/hosts"), &lines).expect("root may");
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&mut self, number: usize) {
        let (file, logs, data) = (self.path("herd.toml"), self.path("logs"), self.path("data"));
        let words = [
            "netns",
            "exec",
            &format!("herd{number}"),
            HERD,
            "server",
            NAMES[number],
            "--herd",
            &file.display().to_string(),
            "--log-dir",
            &logs.display().to_string(),
            "--data",
            &data.display().to_string(),
        ];
        let process = Process::start("ip", &words);
        assert!(process.listens(), "{} starts", NAMES[number]);
        self.servers.resize_with(NAMES.len(), || None);
        self.servers[number] = Some(process);
    }

    fn log(&self, number: usize) -> String {
        let path = self.path("logs").join(format!("{}.log", NAMES[number]));
        fs::read_to_string(path).unwrap_or_default()
    }

    /// What a server answers to a client on its own host.
    fn say(&self, number: usize, line: &str) -> String {
        let host = format!("{}.herd.internal:12000", NAMES[number].to_lowercase());
        let words = ["ip", "netns", "exec", &format!("herd{number}"), HERD, "say", &host, line];
        String::from_utf8_lossy(&ran(&words).stdout).into_owned()
    }

    /// Waits until these servers say this of a client.
    #[track_caller]
    fn know(&self, numbers: &[usize], client: &str, told: &str) {
        for &number in numbers {
            until(&format!("{} knows {told}\n{}", NAMES[number], self.log(number)), || {
                (self.say(number, &format!("IAMAT {client} +0+0 0")) == told).then_some(())
            });
        }
    }
}

#[test]
fn five_servers_on_five_hosts() {
    if std::env::var_os("HERD_TEST_HOSTS").is_none() {
        crate::notice("not run: HERD_TEST_HOSTS=1 lets it, as root, make network namespaces");
        return;
    }
    let mut hosts = Hosts::new();
    let keys = hosts.path("keys").display().to_string();
    run(&format!("{HERD} keys init {keys}"));
    let mut file = format!("[links]\nkeys = \"{keys}\"\n");
    for (name, peers) in LINKS {
        run(&format!("{HERD} keys add {name} --dir {keys}"));
        let host = name.to_lowercase();
        file += &format!(
            "[[server]]\nname = \"{name}\"\nlisten = \"0.0.0.0:12000\"\n\
             address = \"{host}.herd.internal:12000\"\npeers = {peers:?}\n"
        );
    }
    fs::write(hosts.path("herd.toml"), file).expect("a file");
    for number in 0..NAMES.len() {
        hosts.start(number);
    }
    let all = [0, 1, 2, 3, 4];
    let told = hosts.say(0, "IAMAT kiwi +1+1 1");
    assert!(told.starts_with("AT Alford "), "{told}\n{}", hosts.log(0));
    hosts.know(&all, "kiwi", &told);

    // A host is cut off; both sides go on, and agree once it is back.
    run("ip -n herdnet link set port4 down");
    let near = hosts.say(1, "IAMAT near +1+1 1");
    let far = hosts.say(4, "IAMAT far +2+2 1");
    assert!(near.starts_with("AT Ball ") && far.starts_with("AT Welsh "), "{near} {far}");
    hosts.know(&[0, 1, 2, 3], "near", &near);
    run("ip -n herdnet link set port4 up");
    hosts.know(&all, "near", &near);
    hosts.know(&all, "far", &far);

    // A server moves to another address: its name says where, when it is dialed again.
    hosts.servers[3] = None;
    run("ip -n herd3 addr del 10.77.0.4/24 dev eth0");
    run("ip -n herd3 addr add 10.77.0.44/24 dev eth0");
    let while_away = hosts.say(0, "IAMAT owl +1+1 1");
    hosts.name(&[1, 2, 3, 44, 5]);
    hosts.start(3);
    hosts.know(&all, "owl", &while_away);
    let log = hosts.log(1);
    assert!(log.contains("at 10.77.0.44:12000") || log.contains("from 10.77.0.44:"), "{log}");
    // This is no loopback: something was held up on its way.
    let shown = ran(&["tc", "-n", "herd0", "-s", "qdisc", "show", "dev", "eth0"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("netem") || shown.contains("tbf"), "{shown}");
    crate::notice(&shown);
}
