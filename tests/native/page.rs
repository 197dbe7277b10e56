//! The page over HTTP.

use std::net::SocketAddr;

use herd_native_node::page;
use herd_tests::tcp::{Client, Process, run};
use tempfile::TempDir;

use crate::HERD;

fn serve() -> (Process, SocketAddr, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let logs = folder.path().display().to_string();
    let arguments = ["up", "--base-port", "0", "--http", "127.0.0.1:0", "--log-dir", &logs];
    let process = Process::start(HERD, &arguments);
    let address = process.line(|line| {
        let (_, address) = line.split_once("http://")?;
        Some(address.trim().parse().expect("an address"))
    });
    (process, address, folder)
}

/// The head and the body of an answer.
fn request(address: SocketAddr, method: &str, path: &str, more: &str) -> (String, Vec<u8>) {
    let mut client = Client::connect(address);
    client
        .send(format!("{method} {path} HTTP/1.1\r\nHost: herd\r\nConnection: close\r\n{more}\r\n"));
    let answer = client.rest();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    (String::from_utf8_lossy(&answer[..end]).to_lowercase(), answer[end..].to_vec())
}

#[test]
fn the_page_is_served() {
    let (_process, address, _folder) = serve();
    let index = page::asset("/").expect("a page");
    let plain = index.plain().expect("it was compressed here");
    let (head, body) = request(address, "GET", "/", "");
    assert!(head.starts_with("http/1.1 200 ok"), "{head}");
    assert!(head.contains("content-type: text/html; charset=utf-8"), "{head}");
    assert_eq!(body, plain);

    let (head, body) = request(address, "HEAD", "/", "");
    assert!(head.starts_with("http/1.1 200 ok"), "{head}");
    assert!(head.contains(&format!("content-length: {}", plain.len())), "{head}");
    assert_eq!(body, b"");

    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").to_owned();
    let (head, body) = request(address, "GET", "/", &format!("If-None-Match: {tag}\r\n"));
    assert!(head.starts_with("http/1.1 304"), "{head}");
    assert_eq!(body, b"");
}

#[test]
fn every_client_is_sent_what_it_can_unpack() {
    let (_process, address, _folder) = serve();
    let index = page::asset("/").expect("a page");
    for accept in ["gzip, deflate, br", "gzip", "identity"] {
        let (head, body) = request(address, "GET", "/", &format!("Accept-Encoding: {accept}\r\n"));
        let said = head.lines().find_map(|line| line.strip_prefix("content-encoding: "));
        let taken = index.accepted(accept);
        assert_eq!(said, taken.and_then(|body| body.encoding), "{head}");
        let plain = || index.plain().expect("it was compressed here");
        assert_eq!(body, taken.map_or_else(plain, |body| body.bytes.to_vec()), "{accept}");
        assert!(head.contains("vary: accept-encoding"), "{head}");
    }
}

#[test]
fn a_folder_is_served_with_its_slash() {
    let (_process, address, _folder) = serve();
    // Two slashes would be another machine.
    for path in ["/embed", "//embed"] {
        let (head, _) = request(address, "GET", path, "");
        assert!(head.starts_with("http/1.1 308"), "{path}: {head}");
        assert!(head.contains("location: /embed/\r\n"), "{path}: {head}");
    }
    let (head, _) = request(address, "GET", "/embed/", "");
    assert!(head.starts_with("http/1.1 200") && head.contains("text/html"), "{head}");
}

#[test]
fn the_simulator_is_written_for_other_pages() {
    let folder = TempDir::new().expect("a temporary folder");
    let into = folder.path().join("my/page");
    let output = run(HERD, &["embed", &into.display().to_string()]);
    assert!(output.status.success(), "{output:?}");
    let read = |name: &str| std::fs::read(into.join(name)).expect(name);
    assert!(read("herd_sim_bg.wasm").starts_with(b"\0asm"));
    let example = String::from_utf8(read("index.html")).expect("text");
    for name in ["herd_sim.js", "lab.js"] {
        assert!(example.contains(&format!("\"./{name}\"")) && !read(name).is_empty(), "{name}");
        assert!(!read(&name.replace(".js", ".d.ts")).is_empty(), "{name} has types");
    }
    assert!(String::from_utf8_lossy(&read("lab.js")).contains("./worker.js"));
    assert!(!read("worker.js").is_empty() && !read("README.md").is_empty());

    // A file is no folder.
    let output = run(HERD, &["embed", &into.join("lab.js").display().to_string()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be written"), "{output:?}");
}

#[test]
fn what_is_not_there_says_so() {
    let (_process, address, _folder) = serve();
    for path in ["/nothing", "/../Cargo.toml", "/%2e%2e/Cargo.toml"] {
        let (head, body) = request(address, "GET", path, "");
        assert!(head.starts_with("http/1.1 404"), "{path}: {head}");
        assert!(String::from_utf8_lossy(&body).contains("Nothing is here"), "{path}");
    }
    let (head, _) = request(address, "POST", "/", "Content-Length: 0\r\n");
    assert!(head.starts_with("http/1.1 405"), "{head}");
}
