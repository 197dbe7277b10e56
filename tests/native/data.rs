//! Data under keys, over real TCP and HTTP, on disks and through repair.

use std::fs;

use herd_tests::http::{request, request_with};
use herd_tests::tcp::{self, Client, Server, free_address, until};

use crate::{HERD, one_server, servers, servers_with};

/// Bytes that would be something else, were they taken for lines: and as many as there may be.
fn articles() -> Vec<Vec<u8>> {
    let all: Vec<u8> = (0..=255).collect();
    vec![
        Vec::new(),
        b"\n".to_vec(),
        b"IAMAT trap +1-1 1\nGET nothing\n".to_vec(),
        all.clone(),
        all.iter().copied().cycle().take(64 << 10).collect(),
    ]
}

fn put(server: &Server, key: &str, stamp: u32, data: &[u8]) -> String {
    let line = format!("PUT {key} {stamp} {}\n", data.len());
    server.exchange([line.as_bytes(), data].concat())
}

/// What a server gives of a key: a head, and the data.
fn given(server: &Server, key: &str) -> Option<Vec<u8>> {
    let mut client = Client::connect(server.address);
    client.send(format!("GET {key}\n"));
    client.end();
    let answer = client.rest();
    let end = answer.iter().position(|byte| *byte == b'\n').expect("a line");
    answer.starts_with(b"DATA ").then(|| answer[end + 1..answer.len() - 1].to_vec())
}

#[track_caller]
fn has(server: &Server, key: &str, data: &[u8]) {
    let what = format!("{} has {key}", server.name);
    until(&what, || (given(server, key).as_deref() == Some(data)).then_some(()));
}

#[test]
fn data_is_flooded_repaired_and_kept_as_it_is() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let data = folder.path().join("data");
    let kept = ["--data", data.to_str().expect("a path of letters")];
    let lists: [(&str, &[&str]); 3] =
        [("Alford", &["Ball"]), ("Ball", &["Alford", "Welsh"]), ("Welsh", &["Ball"])];
    let (mut all, _folder) = servers_with(&lists, &kept);
    all[..2].iter_mut().for_each(Server::start);
    all[0].linked("Ball");
    for (n, data) in articles().iter().enumerate() {
        let answer = put(&all[0], &format!("a{n}"), 5, data);
        assert!(
            answer.starts_with("KEPT Alford +")
                && answer.ends_with(&format!(" a{n} 5 {}\n", data.len()))
        );
        has(&all[1], &format!("a{n}"), data);
    }
    // What is not newer is not taken.
    assert!(put(&all[1], "a3", 4, b"older").contains(" a3 5 256\n"));
    // Who comes later is given all of it; who was killed has it on its disk.
    all[2].start();
    all[0].kill();
    all[0].start();
    for (n, data) in articles().iter().enumerate() {
        has(&all[2], &format!("a{n}"), data);
        has(&all[0], &format!("a{n}"), data);
    }
    assert_eq!(all[0].exchange("IAMAT trap +0+0 1\n").split(' ').next(), Some("AT"));
    assert_eq!(all[0].exchange("WHATSAT a3 1 1\n"), "? WHATSAT a3 1 1\n");
    let log = all[1].log();
    assert!(
        !log.contains("GET nothing") && log.contains(" a2 5 30"),
        "no log tells what data says"
    );
}

#[test]
fn who_does_not_take_data_delays_itself_alone() {
    let (server, _folder) = one_server(&[]);
    let data = vec![b'x'; 64 << 10];
    put(&server, "a", 5, &data);
    let mut slow = Client::connect(server.address);
    slow.send("GET a\n".repeat(1_000));
    for n in 0..20 {
        assert!(server.exchange(format!("IAMAT kiwi +1-1 {}\n", 10 + n)).starts_with("AT "));
    }
    slow.end();
    let size = "DATA Alford +".len();
    let answers = slow.rest();
    assert!(answers.len() > 1_000 * (size + data.len()), "all is answered, once it is taken");
}

#[test]
fn data_is_written_and_read_over_http() {
    let http = free_address();
    let (server, _folder) = one_server(&["--http", &http.to_string()]);
    for (n, data) in articles().iter().enumerate() {
        let path = format!("/v1/data/a%2F{n}");
        let answer = request_with(http, "PUT", &format!("{path}?stamp=5.50"), &[], data);
        assert_eq!(answer.status, 200, "{answer:?}");
        let kept = answer.json();
        assert_eq!((&kept["key"], &kept["length"]), (&format!("a/{n}").into(), &data.len().into()));
        let read = request(http, "GET", &path);
        assert_eq!((read.status, &read.body), (200, data));
        assert_eq!(read.header("content-type"), Some("application/octet-stream"));
        assert_eq!(read.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(read.header("herd-stamp"), Some("5.50"));
        let tag = read.header("etag").expect("a tag");
        let again = request_with(http, "GET", &path, &[("If-None-Match", tag)], "");
        assert_eq!((again.status, &*again.body), (304, &b""[..]));
        assert_eq!(given(&server, &format!("a/{n}")).as_ref(), Some(data));
    }
    let stale = request_with(http, "PUT", "/v1/data/a%2F1?stamp=4", &[], "old");
    assert_eq!((stale.status, &stale.json()["current"]["stamp"]), (409, &"5.50".into()));
    // Of the same stamp and size, and something else: not newer either. The same is the same.
    let again = |data: &str| request_with(http, "PUT", "/v1/data/twin?stamp=4", &[], data).status;
    assert_eq!((again("old"), again("new"), again("old")), (200, 409, 200));
    assert_eq!(request_with(http, "PUT", "/v1/data/now", &[], "x").status, 200);
    for (path, status, part) in [
        ("/v1/data/k?stamp=NOW", 422, "POSIX seconds"),
        ("/v1/data/k?stamp=9000000000", 422, "too far in the future"),
        ("/v1/data/k?time=1", 422, "stamp"),
        ("/v1/data/k%ff?stamp=1", 422, "UTF-8"),
        ("/v1/data/a%20b", 422, "white space"),
    ] {
        let answer = request_with(http, "PUT", path, &[], "x");
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert!(answer.json()["detail"].to_string().contains(part), "{path}: {answer:?}");
    }
    let large = vec![b'x'; (64 << 10) + 1];
    assert_eq!(request_with(http, "PUT", "/v1/data/large", &[], large).status, 413);
    assert_eq!(request(http, "GET", "/v1/data/large").json()["type"], "/v1/docs#unknown");
    assert_eq!(request(http, "GET", "/v1/clients/now").status, 404, "a client is another thing");
}

#[test]
fn the_commands_put_and_get_files() {
    let (mut all, folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    all.iter_mut().for_each(Server::start);
    all[0].linked("Ball");
    let [one, other] = [0, 1].map(|index| all[index].address.to_string());
    let article = &articles()[4];
    let file = folder.path().join("article");
    let path = file.to_str().expect("a path of letters");
    fs::write(&file, article).expect("a file");
    let output = tcp::run(HERD, &["put", &*one, "news", path, "--stamp", "5"]);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.starts_with(b"KEPT Alford +"), "{output:?}");
    has(&all[1], "news", article);
    assert_eq!(tcp::run(HERD, &["get", &*other, "news"]).stdout, *article);
    let none = tcp::run(HERD, &["get", &*other, "nobody"]);
    assert_eq!((none.status.code(), none.stdout.is_empty()), (Some(1), true));
    assert!(String::from_utf8_lossy(&none.stderr).contains("nothing under `nobody`"), "{none:?}");
    fs::write(&file, vec![0; (64 << 10) + 1]).expect("a file");
    for (arguments, part) in [
        (["put", &*one, "news", path], "is over 64 KiB"),
        (["put", &*one, "two words", path], "no key"),
        (["put", &*one, "news", "/nowhere"], "cannot read"),
    ] {
        let output = tcp::run(HERD, &arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(part), "{output:?}");
    }
}
