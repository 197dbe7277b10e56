//! Five servers on five hosts: network namespaces with names of their own, delay, loss and cuts.
//!
//! It changes the machine's network, so it runs only when it is asked to, as root:
//! `HERD_TEST_HOSTS=1 cargo test -p herd-tests --test native hosts -- --nocapture`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use herd_tests::lan::{Lan, Line};
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

/// Five hosts on a network, and a server on each. Takes everything away again.
struct Hosts {
    folder: TempDir,
    lan: Lan,
    servers: Vec<Option<Process>>,
}

impl Drop for Hosts {
    fn drop(&mut self) {
        self.servers.clear();
        for number in 0..NAMES.len() {
            let _ = ran(&["ip", "netns", "del", &format!("herd{number}")]);
            let _ = fs::remove_dir_all(format!("/etc/netns/herd{number}"));
        }
    }
}

impl Hosts {
    fn new() -> Self {
        let namespaces: Vec<_> = (0..NAMES.len()).map(|number| format!("herd{number}")).collect();
        for name in &namespaces {
            run(&format!("ip netns add {name}"));
            run(&format!("ip -n {name} link set lo up"));
            fs::create_dir_all(format!("/etc/netns/{name}")).expect("root may");
        }
        let line =
            Line { delay: Duration::from_millis(20), jitter: Duration::from_millis(5), loss: 2 };
        let lan = Lan::new(&namespaces, line, 1);
        for (number, name) in namespaces.iter().enumerate() {
            run(&format!("ip -n {name} addr add 10.77.0.{}/24 dev eth0", number + 1));
        }
        let folder = TempDir::new().expect("a folder");
        let hosts = Self { folder, lan, servers: Vec::new() };
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
    hosts.lan.cut(4, true);
    let near = hosts.say(1, "IAMAT near +1+1 1");
    let far = hosts.say(4, "IAMAT far +2+2 1");
    assert!(near.starts_with("AT Ball ") && far.starts_with("AT Welsh "), "{near} {far}");
    hosts.know(&[0, 1, 2, 3], "near", &near);
    hosts.lan.cut(4, false);
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
    let [arrived, lost] = hosts.lan.counts();
    assert!(lost > 0, "the network loses something of {arrived}");
    crate::notice(&format!("{arrived} frames arrived, {lost} were lost"));
}
