//! The metrics of a server, over HTTP, and the text taken apart.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How long a server may take: less than a person waits.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of metrics that are looked at: those of thousands of servers.
const MOST: u64 = 16 << 20;

/// One sample.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: Vec<(String, String)>,
    /// As it is written.
    pub(super) value: String,
}

impl Sample {
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    pub(super) fn number(&self) -> f64 {
        self.value.parse().unwrap_or_default()
    }
}

/// The text at `/metrics` of an address.
///
/// # Errors
/// What the system says, or that what answers is no server.
pub(super) fn metrics(at: &str) -> io::Result<String> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in at.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return exchange(stream, at),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn exchange(mut stream: TcpStream, host: &str) -> io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // HTTP/1.0: the answer ends with the connection.
    stream.write_all(format!("GET /metrics HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.take(MOST).read_to_string(&mut answer)?;
    let refused = || io::Error::new(io::ErrorKind::InvalidData, "it has no metrics of a herd");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(refused)?;
    if head.split(' ').nth(1) == Some("200") { Ok(body.to_owned()) } else { Err(refused()) }
}

/// The samples of a text.
pub(super) fn samples(text: &str) -> impl Iterator<Item = Sample> + '_ {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(sample)
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.trim_start_matches(',').split_once("=\"")?;
            let (value, after) = quoted(after)?;
            labels.push((label.to_owned(), value));
            rest = after;
        }
        rest = &rest[1..];
    }
    Some(Sample { name: name.to_owned(), labels, value: rest.trim().to_owned() })
}

/// What stands before the closing quotation mark, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{sample, samples};

    #[test]
    fn samples_are_read() {
        let text = "# HELP a b\n# TYPE a counter\na{x=\"1\",y=\"q\\\"\\\\\\n}\"} 7\nb 0.5\nbroken";
        let all: Vec<_> = samples(text).collect();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].label("x"), all[0].label("y")), (Some("1"), Some("q\"\\\n}")));
        assert_eq!((all[0].number(), &*all[1].value), (7.0, "0.5"));
        assert!(sample("a{x=\"1 7").is_none());
    }
}
