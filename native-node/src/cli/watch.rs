//! `herd watch`: updates as they come.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::client::{Manner, Where, address, named, silent};
use super::server::hear_signals;
use super::table::{BLUE, BOLD, DIM};
use super::{Failure, out};
use crate::client::{Over, WELCOME};
use crate::gateway::{Head, Record};
use crate::signals::Signals;

/// How long the server may take to say that it tells.
const PATIENCE: Duration = Duration::from_secs(10);

/// Print the updates that a server accepts or learns, as they come
///
/// Of data, its key, stamp and length are told. Of clients (or keys) that are named, what is held
/// comes first. Ends with Ctrl-C, after --count updates, or when the server closes; the exit status
/// is 1 when it did, or did not understand, and 2 when there was no answer.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd watch Alford
  herd watch Ball kiwi.cs.ucla.edu plum.cs.ucla.edu
  herd watch 127.0.0.1:12001 --json | jq .location
  herd watch Alford --count 1 kiwi.cs.ucla.edu
  herd watch --tls-ca herd-keys/ca.pem --token-file token ball.example:12001
  herd watch --tls-ca herd-keys/ca.pem quic://ball.example:12001")]
pub(super) struct Watch {
    #[command(flatten)]
    which: Where,
    #[command(flatten)]
    manner: Manner,
    /// The server: its name, or HOST:PORT
    #[arg(value_name = "ADDR|NAME")]
    server: String,
    /// Clients, up to 256 [default: all]
    #[arg(value_name = "CLIENT")]
    clients: Vec<String>,
    /// An object a line, with the parts of the record
    #[arg(long)]
    json: bool,
    /// End after so many updates
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

pub(super) fn run(watch: &Watch) -> Result<ExitCode, Failure> {
    if let Some(client) = watch.clients.iter().find(|id| id.contains(char::is_whitespace)) {
        return Err(Failure::usage(format!("`{client}` is no client: an id has no white space")));
    }
    let (over, server) = watch.manner.over(&watch.server)?;
    let address = address(&watch.which, server)?;
    let mut said = watch.manner.token()?.unwrap_or_default();
    let line = ["WATCH"].into_iter().chain(watch.clients.iter().map(String::as_str));
    said.extend_from_slice(line.collect::<Vec<_>>().join(" ").as_bytes());
    said.push(b'\n');
    let main = Runtime::new().map_err(|why| Failure::usage(format!("no runtime: {why}")))?;
    let signals = hear_signals(&main, false)?;
    main.block_on(follow(watch, (server, &address), over, &said, signals))
}

async fn follow(
    watch: &Watch,
    (server, address): (&str, &str),
    over: Over,
    said: &[u8],
    mut signals: Signals,
) -> Result<ExitCode, Failure> {
    let begun = async {
        let mut stream = over.open(address).await?;
        // Where it hears no more, it may have said why.
        let heard = stream.write_all(said).await.and(stream.flush().await);
        let mut lines = BufReader::new(stream);
        let mut answer = Vec::new();
        lines.read_until(b'\n', &mut answer).await?;
        if answer == WELCOME {
            answer.clear();
            lines.read_until(b'\n', &mut answer).await?;
        }
        if answer.is_empty() {
            heard?;
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it has closed"));
        }
        Ok((lines, answer))
    };
    let begun = tokio::select! {
        begun = timeout(PATIENCE, begun) => begun,
        () = signals.end() => return Ok(ExitCode::SUCCESS),
    };
    let begun = begun.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let (mut lines, answer) =
        begun.map_err(|error| silent(server, address, "does not tell", &error))?;
    if !answer.starts_with(b"WATCHING ") {
        out::bytes(&answer)?;
        return Ok(ExitCode::FAILURE);
    }
    let (mut line, mut told) = (Vec::new(), 0);
    while watch.count.is_none_or(|count| told < count) {
        line.clear();
        tokio::select! {
            size = lines.read_until(b'\n', &mut line) => match size {
                Ok(0) | Err(_) => {
                    let message = format!("{} has closed", named(server, address));
                    return Err(Failure { message, hint: None, status: 1 });
                }
                Ok(_) => {}
            },
            () = signals.end() => return Ok(ExitCode::SUCCESS),
        }
        if !show(line.strip_suffix(b"\n").unwrap_or(&line), watch.json)? {
            // Nobody reads any more.
            return Ok(ExitCode::SUCCESS);
        }
        told += 1;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints an update; whether somebody reads.
fn show(line: &[u8], json: bool) -> Result<bool, Failure> {
    let text = match (Record::of(line), Head::of(line)) {
        (Some(record), _) if json => serde_json::to_string(&record).unwrap_or_default(),
        (_, Some(head)) if json => serde_json::to_string(&head).unwrap_or_default(),
        (_, _) => coloured(&String::from_utf8_lossy(line)),
    };
    let mut out = anstream::stdout().lock();
    // Line by line, also into a pipe: it is news.
    out::came_out(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// A record with its client and place (or its key and stamp) standing out.
fn coloured(line: &str) -> String {
    match line.split(' ').collect::<Vec<_>>()[..] {
        [word, server, skew, client, place, stamp] => format!(
            "{DIM}{word} {server} {skew}{DIM:#} {BOLD}{client}{BOLD:#} {BLUE}{place}{BLUE:#} {stamp}"
        ),
        _ => line.to_owned(),
    }
}
