//! The files in `deploy/` say what the command understands.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use herd_native_node::config::{Severity, file};
use herd_tests::repository::{read, root};
use herd_tests::tcp;
use ini::Ini;
use yaml_rust2::{Yaml, YamlLoader};

use crate::HERD;

fn deploy(name: &str) -> PathBuf {
    root().join("deploy").join(name)
}

fn yaml(name: &str) -> Vec<Yaml> {
    let text = read(&deploy(name));
    YamlLoader::load_from_str(&text).unwrap_or_else(|why| panic!("{name}: {why}"))
}

fn strings(list: &Yaml) -> Vec<String> {
    let list = list.as_vec().unwrap_or_else(|| panic!("a list: {list:?}"));
    list.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

/// The options that `herd server` knows.
fn known() -> BTreeSet<String> {
    let help = tcp::run(HERD, &["server", "--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    let word = |word: &str| word.trim_matches(|c| !matches!(c, 'a'..='z' | '-')).to_owned();
    text.split_whitespace().map(word).filter(|word| word.starts_with("--")).collect()
}

/// A command line of `herd server`: its options exist, its herd file is there and names the server.
#[track_caller]
fn check(words: &[String], servers: &[&str]) {
    let known = known();
    assert_eq!(words[0], "server");
    assert!(servers.contains(&words[1].as_str()), "{words:?}");
    for word in words.iter().filter(|word| word.starts_with("--")) {
        assert!(known.contains(word), "`herd server` has no {word}");
    }
    let value = |option: &str| {
        let at = words.iter().position(|word| word == option).expect("the option is there");
        words[at + 1].clone()
    };
    assert_eq!(value("--herd"), "/etc/herd/herd.toml");
    assert_eq!(value("--data"), "/var/lib/herd");
    assert_eq!(value("--log-dir"), "/var/log/herd");
}

/// The names of the servers in a herd file of the folder, which has nothing wrong with it.
#[track_caller]
fn herd(name: &str) -> Vec<String> {
    let (herd, problems) = file::read(&read(&deploy(name)));
    let errors: Vec<_> = problems.iter().filter(|p| p.severity == Severity::Error).collect();
    assert!(errors.is_empty() && problems.is_empty(), "{name}: {problems:?}");
    let herd = herd.expect("a herd");
    assert_eq!(herd.servers.len(), 5, "{name}");
    assert!(herd.security.keys.is_some(), "{name}: links on a network have keys");
    herd.servers.into_iter().map(|server| server.name).collect()
}

#[test]
fn herd_files_are_sound() {
    for name in ["herd.toml", "compose.toml", "kubernetes/herd.toml"] {
        herd(name);
    }
}

#[test]
fn the_systemd_unit_starts_a_server_and_hardens_it() {
    let path = deploy("systemd/herd@.service");
    let unit = Ini::load_from_file_noescape(&path).expect("a unit");
    let service = unit.section(Some("Service")).expect("a service");
    let start = service.get("ExecStart").expect("a command");
    let words: Vec<String> = start.split(' ').map(str::to_owned).collect();
    assert_eq!(words[0], "/usr/local/bin/herd");
    check(&words[1..], &["%I"]);
    assert_eq!(service.get("Type"), Some("notify"));
    assert!(service.get("ExecReload").is_some_and(|reload| reload.contains("-HUP")));
    for (key, value) in [("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("User", "herd")]
    {
        assert_eq!(service.get(key), Some(value));
    }
    // What systemd itself says, where it is.
    let folder = tempfile::TempDir::new().expect("a folder");
    let copy = folder.path().join("herd@Alford.service");
    let text = read(&path).replace("/usr/local/bin/herd", HERD);
    fs::write(&copy, text).expect("a file");
    match Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(&copy).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && !said.contains("herd@Alford"), "{said}");
        }
        Err(why) => crate::notice(&format!("systemd-analyze is not here: {why}")),
    }
}

#[test]
fn systemd_is_told_when_a_server_is_ready() {
    use std::os::unix::net::UnixDatagram;
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    socket.set_read_timeout(Some(tcp::PATIENCE)).expect("a time");
    let words = [
        &format!("NOTIFY_SOCKET={}", path.display()),
        HERD,
        "server",
        "Alford",
        "--listen",
        "127.0.0.1:0",
        "--log",
        "off",
    ];
    let mut process = tcp::Process::start("env", &words);
    let heard = || {
        let mut bytes = [0; 256];
        let size = socket.recv(&mut bytes).expect("it tells");
        String::from_utf8_lossy(&bytes[..size]).into_owned()
    };
    assert!(heard().contains("READY=1"));
    process.terminate();
    assert!(heard().contains("STOPPING=1"));
    assert_eq!(process.ended(), Some(0));
}

#[test]
fn the_compose_file_starts_the_herd() {
    let names = herd("compose.toml");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let documents = yaml("compose.yaml");
    let services = documents[0]["services"].as_hash().expect("services");
    assert_eq!(services.len(), 5);
    // Whoever follows its first lines gives away no more than the servers' own keys.
    let text = read(&deploy("compose.yaml"));
    let given: Vec<&str> = text.lines().filter(|line| line.contains("chown")).collect();
    assert!(given.len() == 1 && given[0].contains("/$name.key"), "{given:?}");
    let volumes = documents[0]["volumes"].as_hash().expect("volumes");
    for (service, about) in services {
        let service = service.as_str().expect("a name");
        let words = strings(&about["command"]);
        check(&words, &names);
        assert_eq!(words[1].to_lowercase(), service, "found by its service's name");
        let mounts = strings(&about["volumes"]).join(" ");
        for file in ["ca.pem".to_owned(), format!("{}.pem", words[1]), format!("{}.key", words[1])]
        {
            assert!(mounts.contains(&format!("/etc/herd/keys/{file}:ro")), "{mounts}");
        }
        assert!(!mounts.contains("ca.key"), "{mounts}");
        for volume in [format!("{service}-data"), format!("{service}-logs")] {
            assert!(volumes.contains_key(&Yaml::String(volume.clone())), "{volume}");
        }
    }
}

#[test]
fn the_manifests_start_the_herd() {
    let names = herd("kubernetes/herd.toml");
    let documents = yaml("kubernetes/herd.yaml");
    let of_kind = |kind: &str| -> Vec<&Yaml> {
        documents.iter().filter(|one| one["kind"].as_str() == Some(kind)).collect()
    };
    let set = of_kind("StatefulSet")[0];
    let replicas = set["spec"]["replicas"].as_i64().expect("a number");
    let pods: Vec<String> = (0..replicas).map(|number| format!("herd-{number}")).collect();
    assert_eq!(names, pods, "servers are called as their pods are");
    let pod = &set["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    check(&strings(&container["args"]), &["$(POD_NAME)"]);
    let words = strings(&container["args"]);
    let http = words.iter().position(|word| word == "--http").map(|at| words[at + 1].as_str());
    assert_eq!(http, Some("0.0.0.0:8080"), "the probes ask there");
    for (probe, path) in
        [("startupProbe", "/healthz"), ("readinessProbe", "/readyz"), ("livenessProbe", "/healthz")]
    {
        let get = &container[probe]["httpGet"];
        assert_eq!(get["path"].as_str(), Some(path), "{probe}");
        assert_eq!(get["port"].as_str(), Some("http"), "{probe}");
    }
    // The service that gives names is the one the set asks for, and needs no address.
    let services = of_kind("Service");
    let named = set["spec"]["serviceName"].as_str();
    let headless = services.iter().find(|one| one["metadata"]["name"].as_str() == named);
    assert_eq!(headless.expect("a service")["spec"]["clusterIP"].as_str(), Some("None"));
    assert_eq!(of_kind("PodDisruptionBudget").len(), 1);
    let label = |one: &Yaml| one["matchLabels"]["app"].as_str().map(str::to_owned);
    let budget = label(&of_kind("PodDisruptionBudget")[0]["spec"]["selector"]);
    assert_eq!(budget, label(&set["spec"]["selector"]));
    // Whatever is mounted is there.
    let mut volumes: BTreeSet<&str> = BTreeSet::new();
    for list in [&pod["volumes"], &set["spec"]["volumeClaimTemplates"]] {
        for volume in list.as_vec().expect("a list") {
            volumes.extend(volume["name"].as_str().or_else(|| volume["metadata"]["name"].as_str()));
        }
    }
    for mount in container["volumeMounts"].as_vec().expect("mounts") {
        let name = mount["name"].as_str().expect("a name");
        assert!(volumes.contains(name), "{name}");
    }
    let custom = &yaml("kubernetes/kustomization.yaml")[0];
    for file in strings(&custom["resources"]) {
        assert!(deploy("kubernetes").join(&file).exists(), "{file}");
    }
}

#[test]
fn the_container_file_runs_the_command_as_nobody() {
    let text = read(&deploy("Containerfile"));
    let stages = text.lines().filter(|line| line.starts_with("FROM ")).count();
    assert_eq!(stages, 2, "what builds is not what runs");
    assert!(text.contains("\nUSER 65532:65532\n"));
    assert!(text.contains("ENTRYPOINT [\"/usr/local/bin/herd\"]"));
    assert!(text.contains("--no-default-features -p herd-native-node"));
}
