//! A stand-in for a Places service over HTTP, which can misbehave.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// What the service does with a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Manner {
    /// It answers with this body, with its length.
    Whole(String),
    /// It answers with this body, in chunks of seven bytes.
    Chunked(String),
    /// It answers with a status and a text.
    Status(u16),
    /// It closes without a word.
    HangUp,
    /// It promises more bytes than it sends, and closes.
    Short,
    /// It answers with more than anybody wants: this many bytes.
    Endless(usize),
    /// It answers with this body once it is [released](Stub::release).
    Held(String),
}

/// A request as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// `GET /path?query HTTP/1.1`
    pub line: String,
    /// `Name: value`, names in lower case.
    pub headers: Vec<String>,
    /// The body.
    pub body: String,
}

impl Request {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|header| {
            let (known, value) = header.split_once(": ")?;
            (known == name).then_some(value)
        })
    }
}

/// The service.
#[derive(Clone, Debug)]
pub struct Stub {
    address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug)]
struct State {
    manner: Manner,
    requests: Vec<Request>,
    connections: usize,
    released: bool,
}

impl Stub {
    /// A service on a free port.
    ///
    /// # Panics
    /// If the machine has no port left.
    #[must_use]
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let state = State { manner, requests: Vec::new(), connections: 0, released: false };
        let stub = Self { address, state: Arc::new((Mutex::new(state), Condvar::new())) };
        let own = stub.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                own.lock().connections += 1;
                let own = own.clone();
                thread::spawn(move || own.serve(&stream));
            }
        });
        stub
    }

    /// Its address, for `--places-url`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it does this.
    pub fn behave(&self, manner: Manner) {
        self.lock().manner = manner;
    }

    /// Answers what was held.
    pub fn release(&self) {
        self.lock().released = true;
        self.state.1.notify_all();
    }

    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// Connections so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.lock().connections
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(request) = read_request(&mut reader) {
            let mut state = self.lock();
            state.requests.push(request);
            let manner = state.manner.clone();
            drop(state);
            if let Manner::Held(_) = manner {
                let held = self.lock();
                let held = self.state.1.wait_while(held, |state| !state.released);
                drop(held.unwrap_or_else(PoisonError::into_inner));
            }
            // A client that went away has no need of the answer.
            if answer(stream, &manner).is_none() {
                return;
            }
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut lines = lines.into_iter();
    let line = lines.next()?;
    let headers: Vec<String> = lines
        .map(|line| match line.split_once(':') {
            Some((name, value)) => format!("{}: {}", name.to_ascii_lowercase(), value.trim()),
            None => line,
        })
        .collect();
    let mut request = Request { line, headers, body: String::new() };
    let length = request.header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Some(request)
}

/// Writes an answer; `None` where the connection is to end.
fn answer(mut stream: &TcpStream, manner: &Manner) -> Option<()> {
    let head = |status: u16, more: &str| {
        format!("HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{more}\r\n\r\n")
    };
    match manner {
        Manner::Whole(body) | Manner::Held(body) => {
            let head = head(200, &format!("Content-Length: {}", body.len()));
            stream.write_all((head + body).as_bytes()).ok()
        }
        Manner::Chunked(body) => {
            stream.write_all(head(200, "Transfer-Encoding: chunked").as_bytes()).ok()?;
            for chunk in body.as_bytes().chunks(7) {
                write!(stream, "{:x}\r\n", chunk.len()).ok()?;
                stream.write_all(chunk).ok()?;
                stream.write_all(b"\r\n").ok()?;
            }
            stream.write_all(b"0\r\n\r\n").ok()
        }
        Manner::Status(status) => {
            let text = "upstream says no\n";
            let head = head(*status, &format!("Content-Length: {}", text.len()));
            stream.write_all((head + text).as_bytes()).ok()
        }
        Manner::HangUp => None,
        Manner::Short => {
            let head = head(200, "Content-Length: 100");
            stream.write_all((head + "{\"results\"").as_bytes()).ok()?;
            None
        }
        Manner::Endless(size) => {
            let head = head(200, &format!("Content-Length: {size}"));
            stream.write_all(head.as_bytes()).ok()?;
            stream.write_all(&vec![b' '; *size]).ok()
        }
    }
}
