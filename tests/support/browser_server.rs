//! The embedded page over HTTP, and nothing else.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use herd_native_node::page;

/// Serves the page on a free port of this machine for as long as the tests run; its address.
///
/// # Panics
/// If the page was left out of the build.
#[must_use]
pub fn serve() -> String {
    assert!(
        page::asset("herd_bg.wasm").is_some(),
        "the page was left out of this build: unset HERD_SKIP_PAGE and have the feature `page`"
    );
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("a listener has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A browser opens connections it may never use: each waits on its own.
            thread::spawn(move || answer(stream));
        }
    });
    format!("http://{address}/")
}

/// Answers one request; a browser that hung up meanwhile has no need of the answer.
fn answer(mut stream: TcpStream) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let path = request.split(' ').nth(1).unwrap_or("/");
    let path = path.split('?').next().unwrap_or(path);
    let (head, body) = match page::asset(path) {
        Some(asset) => {
            let encoding = asset
                .encoding
                .map_or_else(String::new, |name| format!("Content-Encoding: {name}\r\n"));
            let head = format!("200 OK\r\nContent-Type: {}\r\n{encoding}", asset.content_type);
            (head, asset.bytes)
        }
        None => ("404 Not Found\r\n".to_owned(), &b""[..]),
    };
    let head =
        format!("HTTP/1.1 {head}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)));
}
