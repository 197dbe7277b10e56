//! `herd put`, `herd get`: data under a key.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use herd_core::codec;
use herd_core::limits::DATA_MAX;

use super::client::{Manner, Where, answer, show};
use super::{Failure, out};
use crate::clock;

/// Have a server keep data under a key
///
/// All servers of the herd will have it, as it is, until something newer is put under that key. Prints what
/// is kept; where that is as new as what was put, the data was not taken. The exit status is 1 when
/// the server refused it, 2 when there was no answer.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd put Alford news/2018/03 article.html
  git log -1 | herd put Ball release -
  herd put 127.0.0.1:12001 news article.html --stamp 1520023934.918963997")]
pub(super) struct Put {
    #[command(flatten)]
    which: Where,
    #[command(flatten)]
    manner: Manner,
    /// The server: its name, or HOST:PORT
    #[arg(value_name = "ADDR|NAME")]
    server: String,
    /// The key: any text without white space
    key: String,
    /// What is to be kept, at most 64 KiB; `-` for what comes in
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Since when, in POSIX seconds [default: now]
    #[arg(long, value_name = "SECONDS")]
    stamp: Option<String>,
}

/// Print the data that is kept under a key, as it is
///
/// The exit status is 1 when the server has none, 2 when there was no answer.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd get Ball news/2018/03 > article.html
  herd get 127.0.0.1:12001 release")]
pub(super) struct Get {
    #[command(flatten)]
    which: Where,
    #[command(flatten)]
    manner: Manner,
    /// The server: its name, or HOST:PORT
    #[arg(value_name = "ADDR|NAME")]
    server: String,
    /// The key
    key: String,
}

pub(super) fn put(put: &Put) -> Result<ExitCode, Failure> {
    let key = word(&put.key, "key")?;
    let data = data(&put.file)?;
    let now = || clock::wall().to_string();
    let stamp = put.stamp.clone().unwrap_or_else(now);
    let line = format!("PUT {key} {} {}", word(&stamp, "stamp")?, data.len());
    let said = [line.as_bytes(), &data].join(&b'\n');
    answer(&put.which, &put.manner, &put.server, &said).and_then(|answer| show(&answer))
}

pub(super) fn get(get: &Get) -> Result<ExitCode, Failure> {
    let line = format!("GET {}", word(&get.key, "key")?);
    let answer = answer(&get.which, &get.manner, &get.server, line.as_bytes())?;
    let end = answer.iter().position(|byte| *byte == b'\n').unwrap_or(answer.len());
    let length = codec::told_after(&answer[..end]);
    let Some(data) = length.and_then(|length| answer.get(end + 1..end + length)) else {
        let said = String::from_utf8_lossy(&answer);
        let said = said.trim_end();
        let message = if said == format!("? {line}") {
            format!("{} has nothing under `{}`", get.server, get.key)
        } else {
            format!("{} says: {said}", get.server)
        };
        return Err(Failure { message, hint: None, status: 1 });
    };
    out::bytes(data)?;
    Ok(ExitCode::SUCCESS)
}

/// What is to be kept.
fn data(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut data = Vec::new();
    let most = DATA_MAX as u64 + 1;
    let read = if file == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut data)
    } else {
        fs::File::open(file).and_then(|file| file.take(most).read_to_end(&mut data))
    };
    read.map_err(|why| Failure::usage(format!("cannot read {}: {why}", file.display())))?;
    if data.len() > DATA_MAX {
        let message = format!("{} is over {} KiB", file.display(), DATA_MAX >> 10);
        return Err(Failure::usage(message).hint("keep it elsewhere, and its address here"));
    }
    Ok(data)
}

/// What is one field of a line.
fn word<'a>(text: &'a str, what: &str) -> Result<&'a str, Failure> {
    if text.is_empty() || text.contains(|c: char| c.is_ascii_whitespace() || c == '\x0b') {
        return Err(Failure::usage(format!("`{text}` is no {what}: it has no white space")));
    }
    Ok(text)
}
