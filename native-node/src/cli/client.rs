//! `herd say`, `herd iamat`, `herd whatsat`: one command, its answer.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::guard::keys_failure;
use super::options::Which;
use super::{Failure, out};
use crate::client::{Over, WELCOME};
use crate::clock;
use crate::config::Herd;
use crate::keys::secret::Secret;
use crate::keys::tls;

/// What stands before a server that is spoken to over QUIC.
const QUIC: &str = "quic://";

/// Say one line to a server and print its answer
///
/// Options may stand anywhere; behind `--` everything is the line. The exit status is 1 when the
/// server did not understand or lets nobody in (its answer begins with `?`), 2 when there was no
/// answer.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd say Alford 'IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997'
  herd say 127.0.0.1:12001 WHATSAT kiwi.cs.ucla.edu 10 5
  herd say --tls-ca herd-keys/ca.pem --token-file token ball.example:12001 IAMAT kiwi +34-118 1
  herd say --tls-ca herd-keys/ca.pem quic://ball.example:12001 WHATSAT kiwi 10 5
  herd say Alford -- what begins --with two hyphens")]
pub(super) struct Say {
    #[command(flatten)]
    which: Where,
    #[command(flatten)]
    manner: Manner,
    /// The server: its name, or HOST:PORT
    #[arg(value_name = "ADDR|NAME")]
    server: String,
    /// The line; several words are joined by spaces
    #[arg(required = true)]
    line: Vec<String>,
}

/// Tell a server where a client is
///
/// The exit status is 1 when the server did not understand, 2 when there was no answer.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd iamat Alford kiwi.cs.ucla.edu +34.068930-118.445127
  herd iamat 127.0.0.1:12001 kiwi.cs.ucla.edu -33.86-151.21 1520023934.918963997")]
pub(super) struct IamAt {
    #[command(flatten)]
    which: Where,
    #[command(flatten)]
    manner: Manner,
    /// The server: its name, or HOST:PORT
    #[arg(value_name = "ADDR|NAME")]
    server: String,
    /// The client's id
    client: String,
    /// Latitude and longitude, each with its sign: +34.068930-118.445127
    #[arg(allow_hyphen_values = true)]
    place: String,
    /// Since when, in POSIX seconds [default: now]
    stamp: Option<String>,
}

/// Ask a server where a client is and what is near it
///
/// The exit status is 1 when the server did not understand, 2 when there was no answer.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd whatsat Ball kiwi.cs.ucla.edu
  herd whatsat 127.0.0.1:12001 kiwi.cs.ucla.edu 10 5")]
pub(super) struct WhatsAt {
    #[command(flatten)]
    which: Where,
    #[command(flatten)]
    manner: Manner,
    /// The server: its name, or HOST:PORT
    #[arg(value_name = "ADDR|NAME")]
    server: String,
    /// The client asked about
    client: String,
    /// Kilometres around it, up to 50
    #[arg(default_value = "10")]
    radius: String,
    /// Places at most, up to 20
    #[arg(default_value = "5")]
    bound: String,
}

/// Where a server that is named is: which herd is meant.
#[derive(Args, Debug)]
pub(super) struct Where {
    /// A herd of the field (places-2016, seed-2016, …), a shape (ring:8, grid:3x3, …), or a herd file
    #[arg(long, value_name = "NAME|FILE", default_value = "places-2016")]
    topology: String,

    /// Port of the first server; the others follow. A herd file has its own; where ports were free
    /// ones (0), servers are given as HOST:PORT [default: 12000]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    base_port: Option<u16>,
}

impl Where {
    fn herd(&self) -> Result<Herd, Failure> {
        let Self { topology, base_port } = self;
        let which = Which { topology: topology.clone(), base_port: *base_port };
        which.herd().map(|(herd, _)| herd)
    }
}

/// How a server is spoken to.
#[derive(Args, Debug)]
pub(super) struct Manner {
    /// Speak TLS (or QUIC, where `quic://` stands before the server), to a server of the herd whose
    /// authority is in this file (ca.pem of `herd keys`)
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// Show the token in this file first
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

pub(super) fn say(say: &Say) -> Result<ExitCode, Failure> {
    ask(&say.which, &say.manner, &say.server, &say.line.join(" "))
}

/// The words of a command line, the options of `herd say` before all others: a place such as
/// `-34.06+118.44` begins with a hyphen and is none. Behind `--` there are none.
pub(super) fn options_first(all: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut all = all.into_iter();
    let mut first: Vec<OsString> = all.by_ref().take(2).collect();
    if first.get(1).is_none_or(|command| command != "say") {
        first.extend(all);
        return first;
    }
    let mut others = Vec::new();
    while let Some(word) = all.next() {
        let bytes = word.as_encoded_bytes();
        if bytes == b"--" {
            others.extend(all);
            break;
        }
        if !bytes.starts_with(b"--") && bytes != b"-h" {
            others.push(word);
            continue;
        }
        let has_value = bytes.starts_with(b"--") && !bytes.contains(&b'=') && bytes != b"--help";
        first.push(word);
        first.extend(all.by_ref().take(usize::from(has_value)));
    }
    first.push("--".into());
    first.extend(others);
    first
}

pub(super) fn iamat(iamat: &IamAt) -> Result<ExitCode, Failure> {
    let stamp = iamat.stamp.clone().unwrap_or_else(|| clock::wall().to_string());
    let line = format!("IAMAT {} {} {stamp}", iamat.client, iamat.place);
    ask(&iamat.which, &iamat.manner, &iamat.server, &line)
}

pub(super) fn whatsat(whatsat: &WhatsAt) -> Result<ExitCode, Failure> {
    let WhatsAt { client, radius, bound, .. } = whatsat;
    let line = format!("WHATSAT {client} {radius} {bound}");
    ask(&whatsat.which, &whatsat.manner, &whatsat.server, &line)
}

fn ask(which: &Where, manner: &Manner, server: &str, line: &str) -> Result<ExitCode, Failure> {
    if line.contains('\n') {
        return Err(Failure::usage("one line is said at a time; this is more"));
    }
    answer(which, manner, server, line.as_bytes()).and_then(|answer| show(&answer))
}

/// Prints an answer; what it comes to.
pub(super) fn show(answer: &[u8]) -> Result<ExitCode, Failure> {
    out::bytes(answer)?;
    Ok(if answer.starts_with(b"?") { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Manner {
    /// What a server is spoken to over, and the server without what says so.
    pub(super) fn over<'a>(&self, server: &'a str) -> Result<(Over, &'a str), Failure> {
        let tls = self.tls_ca.as_deref().map(tls::for_clients).transpose();
        let tls = tls.map_err(|why| keys_failure(&why))?;
        match (tls, server.strip_prefix(QUIC)) {
            (Some(tls), Some(server)) => Ok((Over::Quic(tls), server)),
            (Some(tls), None) => Ok((Over::Tls(tls), server)),
            (None, None) => Ok((Over::Tcp, server)),
            (None, Some(server)) => {
                let message =
                    format!("over QUIC, {server} has to show that it belongs to the herd");
                Err(Failure::usage(message).hint("--tls-ca FILE, the herd's ca.pem"))
            }
        }
    }

    /// Whether none of it was said.
    pub(super) const fn is_plain(&self) -> bool {
        self.tls_ca.is_none() && self.token_file.is_none()
    }

    /// The line that shows the token, if there is one.
    pub(super) fn token(&self) -> Result<Option<Vec<u8>>, Failure> {
        let token = self.token_file.as_deref().map(Secret::read).transpose();
        let token = token.map_err(|why| keys_failure(&why))?;
        Ok(token.map(|token| [b"TOKEN ", token.bytes().trim_ascii(), b"\n"].concat()))
    }
}

/// A server as it was named, and where that is.
pub(super) fn named(server: &str, address: &str) -> String {
    if server == address { server.to_owned() } else { format!("{server} ({address})") }
}

/// Nothing could be heard of a server.
pub(super) fn silent(server: &str, address: &str, what: &str, error: &io::Error) -> Failure {
    let failure = Failure::usage(format!("{} {what}: {error}", named(server, address)));
    if error.kind() == io::ErrorKind::ConnectionRefused {
        failure.hint("is it running? `herd` starts five")
    } else {
        failure
    }
}

/// All that a server says to a line (and the data behind it).
pub(super) fn answer(
    which: &Where,
    manner: &Manner,
    server: &str,
    said: &[u8],
) -> Result<Vec<u8>, Failure> {
    let (over, server) = manner.over(server)?;
    let address = address(which, server)?;
    let answer = exchange(&over, &address, manner.token()?, said)
        .map_err(|error| silent(server, &address, "gave no answer", &error))?;
    if answer.is_empty() {
        let message = format!("{} closed without an answer", named(server, &address));
        return Err(Failure::usage(message));
    }
    Ok(answer)
}

/// Where a server is.
pub(super) fn address(which: &Where, server: &str) -> Result<String, Failure> {
    if server.contains(':') {
        return Ok(server.to_owned());
    }
    let herd = which.herd()?;
    herd.member(server).map(|member| member.address.clone()).ok_or_else(|| {
        let names: Vec<_> = herd.servers.iter().map(|member| member.name.as_str()).collect();
        let message = format!("{} has no server `{server}`", which.topology);
        Failure::usage(message)
            .hint(format!("its servers are {}; or give HOST:PORT", names.join(", ")))
    })
}

/// Says something and hears everything the server has to say about it.
fn exchange(
    over: &Over,
    address: &str,
    token: Option<Vec<u8>>,
    text: &[u8],
) -> io::Result<Vec<u8>> {
    let shown = token.is_some();
    let said = [&token.unwrap_or_default(), text, b"\n"].concat();
    let mut answer = Vec::new();
    let ended = over.say(address, &[said], &mut answer);
    if shown && answer.starts_with(WELCOME) {
        answer.drain(..WELCOME.len());
    }
    match ended {
        // It has said why before it hung up, and heard no more.
        Err(_) if is_refusal(&answer) => Ok(answer),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer"))
        }
        ended => ended.map(|()| answer),
    }
}

/// Whether an answer is one line of plain words that says what is wrong.
fn is_refusal(answer: &[u8]) -> bool {
    let line = answer.strip_prefix(b"? ").and_then(|rest| rest.strip_suffix(b"\n"));
    line.is_some_and(|line| line.iter().all(|byte| matches!(byte, b' '..=b'~')))
}
