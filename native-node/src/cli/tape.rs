//! `herd tape`: what servers were told, told again.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, slice};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use herd_core::tape::{Entry, Fault, Item, Known, Played, Player, Reader};
use herd_core::{Input, Now};
use herd_sim_wasm::pack::CORE;
use herd_sim_wasm::text::parse_duration;
use herd_sim_wasm::{Script, Tapes, tape};

use super::table::{BOLD, GREEN, RED, YELLOW};
use super::tape_text::{KINDS, input_text, item_text, kind_of, output_texts};
use super::{Failure, out};
use crate::clock::stamp_text;

/// Look into tapes: all that servers were told, as `--tape` had it written
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd --tape tapes                            tape five servers, each in a file
  herd tape verify tapes                       tell it all again: the same outputs, byte for byte?
  herd tape show tapes/Alford.tape             a line for everything it was told
  herd tape show tapes/Alford.tape --conn 3 --from 2s --to 5s --outputs
  herd tape script tapes --at 2.5s | herd sim run -

The page opens tapes too: drop those of several servers onto it (see docs/tape.md).")]
pub(super) struct Tape {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Verify(Verify),
    Show(Show),
    Script(Scripted),
}

/// Tell a node again all that stands on its tape, and compare what it puts out, byte for byte
///
/// The status is 0 if all is as it was, also where the end of a tape was torn off by a kill or a
/// power cut; 1 if anything is not, or a tape was changed; 2 if there is no tape.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd tape verify tapes/Alford.tape
  herd tape verify tapes                       all in the folder, also those before them")]
struct Verify {
    /// Tapes, or folders of tapes
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
}

/// Make one run of the tapes of several servers: a script, which the page and `herd sim` read
///
/// It is what the page makes of tapes that are dropped onto it. With --at it goes on from that instant
/// as a simulation; commands that are added to it are done to those servers.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd tape script tapes/*.tape > run.txt
  herd tape script tapes/*.tape --at 2.5s | herd sim run -
  herd tape script tapes --at 2.5s > run.txt   all in the folder, also those before them")]
struct Scripted {
    /// Tapes, or folders of tapes
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,

    /// Go on in simulation from then on, counted from the beginning of all of them
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    at: Option<u64>,
}

/// Print a tape, a line for everything that the server was told
///
/// Times are those of the server's wall clock, and seconds since the tape begins.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd tape show tapes/Alford.tape
  herd tape show tapes/Alford.tape --from 1.5s --to 2s
  herd tape show tapes/Alford.tape --kind heard --with IAMAT
  herd tape show tapes/Alford.tape --conn 3 --outputs      and what it put out")]
struct Show {
    /// The tape
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// What happened from then on, counted from the beginning
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    from: Option<u64>,

    /// What happened up to then
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    to: Option<u64>,

    /// What happened on this connection
    #[arg(long, value_name = "NUMBER")]
    conn: Option<u32>,

    /// Things of one kind
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(KINDS))]
    kind: Option<String>,

    /// Lines in which this stands
    #[arg(long, value_name = "TEXT")]
    with: Option<String>,

    /// What the node put out as well: it is told everything again
    #[arg(long)]
    outputs: bool,
}

/// A duration, ns; a bare number is of seconds.
fn duration(text: &str) -> Result<u64, &'static str> {
    let seconds = || parse_duration(&format!("{text}s"));
    parse_duration(text).or_else(seconds).ok_or("a duration such as 500ms or 2s is expected")
}

pub(super) fn run(tape: &Tape) -> Result<ExitCode, Failure> {
    match &tape.command {
        Command::Verify(verify) => verify_all(&tapes_in(&verify.files)?),
        Command::Show(show) => show_one(show),
        Command::Script(scripted) => script(scripted),
    }
}

/// These files, and the tapes in these folders.
fn tapes_in(files: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let is_tape = |path: &PathBuf| {
        path.file_name().is_some_and(|name| tape::is_tape(&name.to_string_lossy()))
    };
    let mut all = Vec::new();
    for path in files {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let found = fs::read_dir(path).map_err(|why| unread(path, &why))?;
        let mut found: Vec<PathBuf> =
            found.flatten().map(|entry| entry.path()).filter(is_tape).collect();
        if found.is_empty() {
            let message = format!("{} has no tapes", path.display());
            return Err(Failure::usage(message).hint("`--tape DIR` has a herd write tapes"));
        }
        found.sort();
        all.extend(found);
    }
    Ok(all)
}

fn unread(path: &Path, why: &std::io::Error) -> Failure {
    Failure::usage(format!("{} cannot be read: {why}", path.display()))
        .hint("`--tape DIR` has a herd write tapes")
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|why| unread(path, &why))
}

fn open<'a>(path: &Path, bytes: &'a [u8]) -> Result<Reader<'a>, Failure> {
    let reader = Reader::new(bytes)
        .map_err(|fault| Failure::usage(format!("{}: {fault}", path.display())))?;
    if reader.core() != CORE {
        out::note!(
            "{YELLOW}warning:{YELLOW:#} {} was written by another version of the protocol ({:08x}, \
             this is {CORE:08x}): what is put out may differ",
            path.display(),
            reader.core()
        );
    }
    Ok(reader)
}

fn verify_all(files: &[PathBuf]) -> Result<ExitCode, Failure> {
    let mut fine = true;
    for path in files {
        let bytes = read(path)?;
        fine &= verify_one(path, &bytes)?;
    }
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether all is as it was; says so.
fn verify_one(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    let mut player = Player::new(open(path, bytes)?);
    // How many inputs there were, up to the last end and the last mark, and of which nothing is known.
    let (mut inputs, mut ended, mut marked, mut blotted) = (0_u64, 0_u64, 0_u64, 0_u64);
    let (mut first, mut last): (Option<Now>, Option<Now>) = (None, None);
    let name = path.display();
    loop {
        match player.play() {
            None => break,
            Some(Ok(played)) => {
                first = first.or(Some(played.entry.now));
                last = Some(played.entry.now);
                inputs += u64::from(is_told(&played.entry.item));
                if !played.agrees() {
                    tell_difference(path, bytes, marked, &played)?;
                    return Ok(false);
                }
                match played.entry.known {
                    Known::Later => {}
                    Known::Mark(_) => (ended, marked) = (inputs, inputs),
                    Known::Nothing => {
                        blotted += inputs - ended;
                        ended = inputs;
                    }
                }
            }
            Some(Err(fault @ Fault::Torn { .. })) => {
                out::line!(
                    "{YELLOW}torn{YELLOW:#}     {name}: {fault}; what stands before counts"
                )?;
                break;
            }
            Some(Err(fault)) => {
                out::line!("{RED}damaged{RED:#}  {name}: {fault}")?;
                return Ok(false);
            }
        }
    }
    if ended < inputs {
        let first = ended + 1;
        out::line!(
            "{RED}damaged{RED:#}  {name}: no mark stands behind input {first} and all after it"
        )?;
        return Ok(false);
    }
    let (Some(first), Some(last), Some(node)) = (first, last, player.node()) else {
        out::line!("{GREEN}the same{GREEN:#} {name}: nothing stands on it")?;
        return Ok(true);
    };
    let seconds = last.mono.since(first.mono) / 1_000_000;
    let hidden = match blotted {
        0 => String::new(),
        n => format!("; nothing is known of {n}, with tokens that are blotted out"),
    };
    out::line!(
        "{GREEN}the same{GREEN:#} {name}: {}, {inputs} inputs in {}.{:03} s from {}, all outputs byte \
         for byte{hidden}",
        node.config().name,
        seconds / 1000,
        seconds % 1000,
        stamp_text(first.wall),
    )?;
    Ok(true)
}

/// Whether it is something that the node was told.
const fn is_told(item: &Item<'_>) -> bool {
    matches!(item, Item::Input(_) | Item::Reconfigured(_))
}

/// Inputs that are shown of those that were told at once.
const SHOWN: u64 = 10;

/// Says what a node that agreed after so many inputs put out after them, and what is known of what it did
/// when the tape was written.
fn tell_difference(
    path: &Path,
    bytes: &[u8],
    known: u64,
    last: &Played<'_>,
) -> Result<(), Failure> {
    // It was opened before.
    let Ok(reader) = Reader::new(bytes) else { return Ok(()) };
    let mut player = Player::new(reader);
    let (mut inputs, mut hidden) = (0, 0);
    let mut texts = Vec::new();
    while let Some(Ok(played)) = player.play() {
        let Entry { at, now, item, .. } = &played.entry;
        inputs += u64::from(is_told(item));
        if inputs > known + SHOWN {
            hidden += 1;
        } else if inputs > known {
            texts.push(format!(
                "  told     at byte {at}, {}: {}",
                stamp_text(now.wall),
                item_text(item)
            ));
            let outputs = output_texts(player.out());
            texts.extend(outputs.into_iter().map(|text| format!("           {text}")));
        }
        if *at == last.entry.at {
            break;
        }
    }
    let name = path.display();
    let which = match known + 1 {
        first if first == inputs => format!("input {inputs}"),
        first => format!("one of the inputs {first} to {inputs}, of which nothing else is known"),
    };
    out::line!("{RED}differs{RED:#}  {name}: {which}")?;
    for text in texts {
        out::line!("{text}")?;
    }
    if hidden > 0 {
        out::line!("  and {hidden} more: `herd tape show --outputs {name}` shows them")?;
    }
    if let (Known::Mark(then), Some(now)) = (last.entry.known, last.mark) {
        out::line!("  then     outputs with the mark {then:08x}")?;
        out::line!("  now      outputs with the mark {now:08x}, as shown")?;
    }
    Ok(())
}

fn script(scripted: &Scripted) -> Result<ExitCode, Failure> {
    let mut tapes = Vec::new();
    for path in &tapes_in(&scripted.files)? {
        tapes.push((path.display().to_string(), read(path)?));
    }
    let tapes = Tapes::merge(&tapes).map_err(Failure::usage)?;
    for remark in tapes.remarks() {
        out::note!("{YELLOW}note:{YELLOW:#} {remark}");
    }
    let mut script = Script::of_tapes(tapes).map_err(Failure::usage)?;
    if let Some(at) = scripted.at {
        script
            .add(at, herd_sim_wasm::Command::Continue)
            .map_err(|expected| Failure::usage(format!("--at: expected {expected}")))?;
    }
    out::text!("{script}")?;
    Ok(ExitCode::SUCCESS)
}

fn show_one(show: &Show) -> Result<ExitCode, Failure> {
    if show.file.is_dir() {
        let found = tapes_in(slice::from_ref(&show.file))?;
        let found: Vec<_> = found.iter().map(|path| path.display().to_string()).collect();
        let message = format!("{} is a folder, and one tape is shown", show.file.display());
        return Err(Failure::usage(message).hint(format!("there are {}", found.join(", "))));
    }
    let bytes = read(&show.file)?;
    let mut player = Player::new(open(&show.file, &bytes)?);
    let mut first = None;
    loop {
        match player.play() {
            None => return Ok(ExitCode::SUCCESS),
            Some(Ok(played)) => {
                let first = *first.get_or_insert(played.entry.now);
                let after = played.entry.now.mono.since(first.mono);
                if let Some(text) = line(show, &played.entry, after) {
                    out::line!("{text}")?;
                    let outputs =
                        if show.outputs { output_texts(player.out()) } else { Vec::new() };
                    for text in outputs {
                        out::line!("{:>41}{text}", "")?;
                    }
                }
            }
            Some(Err(fault @ Fault::Torn { .. })) => {
                out::note!("{YELLOW}torn:{YELLOW:#} {fault}");
                return Ok(ExitCode::SUCCESS);
            }
            Some(Err(fault)) => {
                return Err(Failure {
                    message: format!("{}: {fault}", show.file.display()),
                    hint: None,
                    status: 1,
                });
            }
        }
    }
}

/// The line of an entry, if it is wanted.
fn line(show: &Show, entry: &Entry<'_>, after: u64) -> Option<String> {
    let within = show.from.is_none_or(|from| after >= from) && show.to.is_none_or(|to| after <= to);
    let conn = match &entry.item {
        Item::Input(
            Input::Closed(conn)
            | Input::Heard { conn, .. }
            | Input::Opened { conn, .. }
            | Input::Writable(conn),
        )
        | Item::Ends { conn, .. } => Some(conn.0),
        Item::Input(
            Input::DialFailed(_) | Input::Keeping(_) | Input::Places { .. } | Input::Wake,
        )
        | Item::Reconfigured(_)
        | Item::Start { .. }
        | Item::Stopped => None,
    };
    let kind = kind_of(&entry.item);
    if !within
        || show.conn.is_some_and(|wanted| conn != Some(wanted))
        || show.kind.as_ref().is_some_and(|wanted| kind != wanted.as_str())
    {
        return None;
    }
    let text = match &entry.item {
        Item::Input(input) => input_text(input),
        item @ (Item::Start { .. } | Item::Reconfigured(_) | Item::Ends { .. } | Item::Stopped) => {
            item_text(item)
        }
    };
    if show.with.as_ref().is_some_and(|with| !text.contains(with.as_str())) {
        return None;
    }
    let stamp = stamp_text(entry.now.wall);
    let seconds = format!("{}.{:06}", after / 1_000_000_000, after / 1_000 % 1_000_000);
    Some(format!("{stamp} {seconds:>12} {BOLD}{kind:<8}{BOLD:#} {text}"))
}
