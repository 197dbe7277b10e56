//! `herd maelstrom`

use std::io::{self, BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use clap::Args;
use herd_core::Preset;
use herd_core::node::incarnation_at;
use herd_sim_wasm::Trees;

use super::options::{duration, preset, trees};
use super::{Failure, out};
use crate::clock::{self, Clock};
use crate::maelstrom::{Adapter, Settings, Shape};
use crate::server;

/// Lines that were read and not taken in yet; then reading waits.
const LINES: usize = 1024;

/// Be a node of Maelstrom, for its broadcast workload: messages on standard input and output
///
/// Maelstrom takes a program without arguments: give it a script of two lines, the second of which is
/// `exec herd maelstrom` with the options that are wanted. What is wrong with a message is answered,
/// or else told on standard error.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  printf '#!/bin/sh\\nexec herd maelstrom \"$@\"\\n' > herd-maelstrom; chmod +x herd-maelstrom
  maelstrom test -w broadcast --bin ./herd-maelstrom --node-count 25 --time-limit 20 --rate 100 \\
    --latency 100
  herd maelstrom --overlay mesh                              few hops: challenge 3d
  herd maelstrom --overlay star --preset grove_batch         few messages: challenge 3e")]
pub(super) struct Maelstrom {
    /// Links, if not those of the topology message
    #[arg(long, value_name = "SHAPE", value_parser = shape)]
    overlay: Option<Shape>,

    /// How updates are spread
    #[arg(long, value_name = "NAME", value_parser = preset, default_value = Preset::default().name())]
    preset: Preset,

    /// Where trees come from: planned from the links, or learned from each server's first update
    #[arg(long, value_name = "HOW", value_parser = trees, default_value = "planned")]
    trees: Trees,

    /// How long what goes to a neighbour is gathered after the last message to it [default: the
    /// preset's: 200ms with grove_batch, else not at all]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    batch: Option<u64>,

    /// How often a node tells its neighbours what it has, while that changes
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "2s")]
    digest: u64,
}

fn shape(name: &str) -> Result<Shape, String> {
    Shape::ALL
        .into_iter()
        .find(|shape| shape.name() == name)
        .ok_or_else(|| format!("there are {}", Shape::ALL.map(Shape::name).join(", ")))
}

pub(super) fn run(maelstrom: &Maelstrom) -> Result<ExitCode, Failure> {
    let mut adapter = Adapter::new(Settings {
        preset: maelstrom.preset,
        planned: maelstrom.trees == Trees::Planned,
        shape: maelstrom.overlay,
        batch: maelstrom.batch,
        digest: maelstrom.digest,
        incarnation: incarnation_at(clock::wall(), server::random()),
        hash_seed: server::random(),
    });
    let lines = read();
    let clock = Clock::start();
    loop {
        let heard = match adapter.deadline() {
            None => lines.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => {
                let wait = at.0.saturating_sub(clock.now().mono.0);
                lines.recv_timeout(Duration::from_nanos(wait))
            }
        };
        let says = match heard {
            Ok(line) => adapter.hear(clock.now(), &line),
            Err(RecvTimeoutError::Timeout) => adapter.wake(clock.now()),
            Err(RecvTimeoutError::Disconnected) => return Ok(ExitCode::SUCCESS),
        };
        for complaint in adapter.complaints() {
            out::note!("{complaint}");
        }
        if say(&says).is_err() {
            // Nobody hears us any more.
            return Ok(ExitCode::FAILURE);
        }
    }
}

/// Reads lines on a thread of its own; the channel closes behind the last.
fn read() -> Receiver<Vec<u8>> {
    let (tell, lines) = mpsc::sync_channel(LINES);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            if tell.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
    lines
}

/// Says lines, each of which leaves at once.
fn say(lines: &[String]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in lines {
        writeln!(output, "{line}")?;
        output.flush()?;
    }
    Ok(())
}
