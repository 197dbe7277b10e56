//! A client of WebSocket (RFC 6455), as small as tests need.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::tcp::{Client, PATIENCE};

/// A connection.
#[derive(Debug)]
pub struct WebSocket {
    stream: TcpStream,
}

/// What opens a connection. The key is the example of the specification; the server's proof of having
/// read it is checked.
fn hello(at: SocketAddr, path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

impl WebSocket {
    /// Opens one, and wants this subprotocol.
    ///
    /// # Panics
    /// If the server does not want it.
    #[must_use]
    #[track_caller]
    pub fn open(at: SocketAddr, path: &str, protocol: Option<&str>) -> Self {
        let mut stream = TcpStream::connect_timeout(&at, PATIENCE).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let more = protocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n"));
        let hello = hello(at, path, &more.unwrap_or_default());
        stream.write_all(hello.as_bytes()).expect("the connection holds");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("an answer");
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        assert!(head.starts_with("http/1.1 101"), "{head}");
        assert!(head.contains("s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        assert!(protocol.is_none_or(|name| head.contains(name)), "{head}");
        Self { stream }
    }

    /// Asks for one as a page of `origin`; what the server says to that.
    #[must_use]
    #[track_caller]
    pub fn refused(at: SocketAddr, path: &str, origin: &str) -> Client {
        let mut client = Client::connect(at);
        client.send(hello(at, path, &format!("Origin: {origin}\r\n")));
        client
    }

    /// Sends a message: text, where it is text.
    ///
    /// # Panics
    /// If the connection is lost.
    #[track_caller]
    pub fn send(&mut self, message: impl AsRef<[u8]>) {
        self.stream.write_all(&frame(message.as_ref())).expect("the connection holds");
    }

    /// Hears so many messages, and then says goodbye (there is no half-closing: to that, a server
    /// answers with its own at once); everything that came.
    pub fn end(&mut self, answers: usize) -> Vec<Vec<u8>> {
        let mut next = || self.frame().filter(|(kind, _)| matches!(kind, 1 | 2));
        let mut all: Vec<_> = std::iter::from_fn(&mut next).take(answers).collect();
        // The server may have closed.
        let _ = self.stream.write_all(&[0x88, 0x80, 0, 0, 0, 0]);
        let mut next = || self.frame().filter(|(kind, _)| matches!(kind, 1 | 2));
        all.extend(std::iter::from_fn(&mut next));
        all.into_iter().map(|(_, message)| message).collect()
    }

    /// Sends a text again and again until the other side takes no more for a while; how often.
    ///
    /// # Panics
    /// If the connection is lost.
    pub fn send_until_stuck(&mut self, text: &str) -> usize {
        let frame = frame(text.as_bytes());
        self.stream.set_write_timeout(Some(Duration::from_millis(300))).expect("a timeout");
        let mut sent = 0;
        loop {
            let mut rest = &frame[..];
            while !rest.is_empty() {
                match self.stream.write(rest) {
                    Ok(size) => rest = &rest[size..],
                    Err(error)
                        if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                    {
                        return sent;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            sent += 1;
        }
    }

    /// The next text.
    ///
    /// # Panics
    /// If something else comes.
    #[must_use]
    #[track_caller]
    pub fn text(&mut self) -> String {
        match self.frame() {
            Some((1, text)) => String::from_utf8(text).expect("UTF-8"),
            other => panic!("no text: {other:?}"),
        }
    }

    /// Whether the server says goodbye next.
    #[must_use]
    pub fn is_closed(&mut self) -> bool {
        matches!(self.frame(), Some((8, _)))
    }

    /// What kind of frame comes next, and what it holds.
    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).ok()?;
        assert_eq!(head[0] & 0x80, 0x80, "a message is one frame");
        assert_eq!(head[1] & 0x80, 0, "servers do not mask");
        let more = match head[1] {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mut size = u64::from(head[1]);
        if more > 0 {
            let mut bytes = [0; 8];
            self.stream.read_exact(&mut bytes[8 - more..]).ok()?;
            size = u64::from_be_bytes(bytes);
        }
        let mut body = vec![0; usize::try_from(size).expect("a size")];
        self.stream.read_exact(&mut body).ok()?;
        Some((head[0] & 0x0f, body))
    }
}

/// A message as a client's frame, masked with nothing.
fn frame(message: &[u8]) -> Vec<u8> {
    let is_text = std::str::from_utf8(message).is_ok();
    let mut frame = vec![0x80 | if is_text { 1 } else { 2 }];
    match message.len() {
        size @ 0..126 => frame.push(0x80 | u8::try_from(size).expect("it is below 126")),
        size => {
            frame.push(0x80 | 126);
            let size = u16::try_from(size).expect("a message of less than 64 KiB");
            frame.extend_from_slice(&size.to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(message);
    frame
}
