//! `herd check`: what it says about herd files.

use herd_tests::tcp::run;
use tempfile::TempDir;

use crate::HERD;

#[track_caller]
fn check(text: &str, status: i32, expected: &str) {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("herd.toml");
    std::fs::write(&file, text).expect("a writable folder");
    let output = run(HERD, &["check", &file.display().to_string()]);
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said).replace(&file.display().to_string(), "herd.toml");
    assert_eq!(said, expected, "\n{said}");
    assert_eq!(output.status.code(), Some(status), "{said}");
}

const TWO: &str = r#"[[server]]
name = "Alford"
listen = "127.0.0.1:12000"
peers = ["Ball"]

[[server]]
name = "Ball"
listen = "127.0.0.1:12001"
"#;

#[test]
fn a_file_without_faults() {
    check(TWO, 0, "fine: herd.toml: 2 servers, 1 link\n");
}

#[test]
fn an_unknown_neighbour() {
    check(
        &TWO.replace("peers = [\"Ball\"]", "peers = [\"Ball\", \"Bell\"]"),
        1,
        "\
error: there is no server `Bell`; there are: Alford, Ball
 --> herd.toml:4:18
  |
4 | peers = [\"Ball\", \"Bell\"]
  |                  ^
",
    );
}

#[test]
fn an_address_given_twice() {
    check(
        &TWO.replace("12001", "12000"),
        1,
        "\
error: `Alford` has the address 127.0.0.1:12000 already
 --> herd.toml:8:10
  |
8 | listen = \"127.0.0.1:12000\"
  |          ^
",
    );
}

#[test]
fn an_address_nobody_can_reach() {
    check(
        &TWO.replace("127.0.0.1:12001", "0.0.0.0:12001"),
        1,
        "\
error: nobody can reach `0.0.0.0:12001`: say in `address` where others find this server
 --> herd.toml:8:10
  |
8 | listen = \"0.0.0.0:12001\"
  |          ^
",
    );
}

#[test]
fn an_isolated_server_is_a_warning() {
    check(
        &format!("{TWO}\n[[server]]\nname = \"Welsh\"\nlisten = \"127.0.0.1:12002\"\n"),
        0,
        "\
warning: `Welsh` has no neighbours: it will hear nothing and tell nobody
  --> herd.toml:11:8
   |
11 | name = \"Welsh\"
   |        ^
fine: herd.toml: 3 servers, 1 link
",
    );
}

#[test]
fn every_fault_is_told() {
    check(
        "preset = \"raft\"\ncluster = \"a b\"\ntrees = \"tall\"\n[[server]]\nname = \"A\"\nlisten = \"nowhere\"\n\
         peers = [\"A\"]\n[[server]]\nname = \"A\"\nlisten = \"::1:5\"\n",
        1,
        "\
error: there is no preset `raft`; there are: classic, flood, flood_ack, flood_sync, plumtree, gossip, grove, \
         grove2, grove_batch
 --> herd.toml:1:10
  |
1 | preset = \"raft\"
  |          ^
error: the cluster's name cannot be used: a name has no white space or control characters
 --> herd.toml:2:11
  |
2 | cluster = \"a b\"
  |           ^
error: trees are learned or planned, not `tall`
 --> herd.toml:3:9
  |
3 | trees = \"tall\"
  |         ^
error: `nowhere` is no address: an address is HOST:PORT, like 127.0.0.1:12000; the port is missing
 --> herd.toml:6:10
  |
6 | listen = \"nowhere\"
  |          ^
error: there are two servers called `A`
 --> herd.toml:9:8
  |
9 | name = \"A\"
  |        ^
error: `::1:5` is no address: an IPv6 address stands in brackets, like [::1]:12000
  --> herd.toml:10:10
   |
10 | listen = \"::1:5\"
   |          ^
",
    );
}

#[test]
fn what_is_no_toml() {
    check(
        "[[server]]\nname = Alford\n",
        1,
        "\
error: string values must be quoted, expected literal string
 --> herd.toml:2:8
  |
2 | name = Alford
  |        ^
",
    );
}

#[test]
fn an_unknown_key() {
    check(
        &TWO.replace("peers", "pears"),
        1,
        "\
error: unknown field `pears`, expected one of `name`, `listen`, `address`, `http`, `peers`, \
`peers_out`, `peers_in`, `classic`
 --> herd.toml:4:1
  |
4 | pears = [\"Ball\"]
  | ^
",
    );
}

#[test]
fn a_file_that_is_not_there() {
    let output = run(HERD, &["check", "no-such-file.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("error: no-such-file.toml cannot be read: "), "{said}");
}
