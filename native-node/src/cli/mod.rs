//! The command line: what is asked for, and what people are told. The only part that prints.

mod bench;
mod check;
mod client;
mod data;
#[cfg(feature = "page")]
mod embed;
mod guard;
mod keys;
mod maelstrom;
mod options;
mod out;
mod server;
mod sim;
mod sim_costs;
mod sim_list;
mod sim_maelstrom;
mod sim_run;
mod sim_swarm;
mod table;
mod tape;
mod tape_text;
mod top;
mod up;
mod watch;
mod web;

use std::env;
use std::fmt;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A herd of servers that tell each other where clients are.
///
/// Without a command it starts a whole herd of five on this machine, and a page to watch one in.
#[derive(Debug, Parser)]
#[command(
    name = "herd",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    after_help = up::EXAMPLES
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    up: up::Up,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Up),
    Server(server::Server),
    Say(client::Say),
    Iamat(client::IamAt),
    Whatsat(client::WhatsAt),
    Watch(watch::Watch),
    Put(data::Put),
    Get(data::Get),
    Top(top::Top),
    Check(check::Check),
    Keys(keys::Keys),
    Bench(bench::Bench),
    Sim(sim::Sim),
    Maelstrom(maelstrom::Maelstrom),
    Tape(tape::Tape),
    #[cfg(feature = "page")]
    Embed(embed::Embed),
}

/// Why a command did not do what it was asked, and what to do about it.
#[derive(Debug, Eq, PartialEq)]
struct Failure {
    message: String,
    hint: Option<String>,
    status: u8,
}

impl Failure {
    /// The request cannot be carried out as it is.
    fn usage(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), hint: None, status: 2 }
    }

    fn hint(self, hint: impl fmt::Display) -> Self {
        Self { hint: Some(hint.to_string()), ..self }
    }

    /// Says it; how the process ends.
    fn told(self) -> ExitCode {
        let (red, green, plain) = (table::RED, table::GREEN, anstyle::Reset);
        out::note!("{red}error:{plain} {}", self.message);
        if let Some(hint) = self.hint {
            out::note!(" {green}hint:{plain} {hint}");
        }
        ExitCode::from(self.status)
    }
}

/// Runs the command line of this process.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(client::options_first(env::args_os())) {
        Ok(cli) => cli,
        Err(asked) => {
            // Help and version are printed as what is wrong is.
            return match out::came_out(asked.print()) {
                Ok(_) => ExitCode::from(u8::try_from(asked.exit_code()).unwrap_or(2)),
                Err(failure) => failure.told(),
            };
        }
    };
    let result = match cli.command {
        None => up::run(&cli.up),
        Some(Command::Up(up)) => up::run(&up),
        Some(Command::Server(server)) => server::run(&server),
        Some(Command::Say(say)) => client::say(&say),
        Some(Command::Iamat(iamat)) => client::iamat(&iamat),
        Some(Command::Whatsat(whatsat)) => client::whatsat(&whatsat),
        Some(Command::Watch(watch)) => watch::run(&watch),
        Some(Command::Put(put)) => data::put(&put),
        Some(Command::Get(get)) => data::get(&get),
        Some(Command::Top(top)) => top::run(&top),
        Some(Command::Check(check)) => check::run(&check),
        Some(Command::Keys(keys)) => keys::run(&keys),
        Some(Command::Bench(bench)) => bench::run(&bench),
        Some(Command::Sim(sim)) => sim::run(&sim),
        Some(Command::Tape(tape)) => tape::run(&tape),
        Some(Command::Maelstrom(maelstrom)) => maelstrom::run(&maelstrom),
        #[cfg(feature = "page")]
        Some(Command::Embed(embed)) => embed::run(&embed),
    };
    match result {
        Ok(status) => status,
        Err(failure) => failure.told(),
    }
}
