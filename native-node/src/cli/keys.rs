//! `herd keys`: certificates and keys by which servers know each other.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use herd_core::Config;

use super::guard::keys_failure;
use super::table::{BOLD, aligned};
use super::{Failure, out};
use crate::keys::folder::{self, OLD, Shown, Wanted};
use crate::keys::shared::SharedKey;

/// Make and show the keys by which servers know each other
///
/// A folder holds the herd's authority (ca.pem, ca.key) and, for each server, a certificate and its
/// key (NAME.pem, NAME.key). A server is given ca.pem and its own two files. ca.key stays where the
/// keys are made: who has it can make a server of the herd.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd keys init                          an authority in ./herd-keys
  herd keys add Alford                    a certificate for the server Alford
  herd keys add Ball --host ball.example  clients will find this name in it, too
  herd keys add Alford --renew            another, before its time is over
  herd keys revoke Ball                   nobody believes Ball's key any more: give all ca.crl, reload
  herd keys show                          whose they are and how long they last
  herd server Alford --herd five.toml --keys herd-keys

  herd keys shared link.key               instead: one key that all servers share
  herd server Alford --herd five.toml --link-key-file link.key")]
pub(super) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an authority, which signs the servers' certificates
    Init {
        /// The folder
        #[arg(default_value = "herd-keys")]
        dir: PathBuf,
    },
    /// Make a certificate for a server
    Add {
        /// The server's name in the herd
        name: String,
        /// The folder
        #[arg(long, value_name = "DIR", default_value = "herd-keys")]
        dir: PathBuf,
        /// A name or IP address by which clients reach it (may be given several times)
        #[arg(long, value_name = "HOST")]
        host: Vec<String>,
        /// Days until its end
        #[arg(long, value_name = "N", default_value_t = 825)]
        #[arg(value_parser = clap::value_parser!(u32).range(1..=36500))]
        days: u32,
        /// Put it in the place of the one there is
        #[arg(long)]
        renew: bool,
    },
    /// Revoke the certificate of a server: put it on the list ca.crl, which all servers are given
    ///
    /// Revoke before you renew: the certificate that is in the folder now is meant.
    Revoke {
        /// The server's name in the herd
        name: String,
        /// The folder
        #[arg(long, value_name = "DIR", default_value = "herd-keys")]
        dir: PathBuf,
    },
    /// Show whose certificates there are and how long they last, and no secret
    Show {
        /// The folder
        #[arg(default_value = "herd-keys")]
        dir: PathBuf,
    },
    /// Make a key that all servers share
    Shared {
        /// The new file
        file: PathBuf,
    },
}

pub(super) fn run(keys: &Keys) -> Result<ExitCode, Failure> {
    let failed = |why| keys_failure(&why);
    match &keys.command {
        Command::Init { dir } => {
            let path = folder::init(dir).map_err(failed)?;
            out::line!(
                "{BOLD}{}{BOLD:#} is the herd's authority; its key {} stays here",
                path.display(),
                path.with_extension("key").display()
            )?;
        }
        Command::Add { name, dir, host, days, renew } => {
            Config::check_name(name)
                .map_err(|why| Failure::usage(format!("`{name}` cannot be a name: {why}")))?;
            let wanted = Wanted { name, hosts: host, days: *days, renew: *renew };
            let path = folder::add(dir, &wanted).map_err(failed)?;
            out::line!(
                "{BOLD}{}{BOLD:#} and {} are for {name}, with {}",
                path.display(),
                path.with_extension("key").display(),
                dir.join("ca.pem").display()
            )?;
        }
        Command::Revoke { name, dir } => {
            let (list, before) = folder::revoke(dir, name).map_err(failed)?;
            let since = if before { "was revoked before" } else { "is revoked" };
            out::line!(
                "the certificate of {name} {since}: give {BOLD}{}{BOLD:#} to all servers, and reload them",
                list.display()
            )?;
        }
        Command::Show { dir } => {
            let shown = folder::show(dir).map_err(failed)?;
            if shown.is_empty() {
                let message = format!("there are no certificates in {}", dir.display());
                return Err(
                    Failure::usage(message).hint(format!("herd keys init {}", dir.display()))
                );
            }
            tell(&shown)?;
        }
        Command::Shared { file } => {
            SharedKey::make(file).map_err(failed)?;
            out::line!("{BOLD}{}{BOLD:#} is for all servers of the herd", file.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(shown: &[Shown]) -> Result<(), Failure> {
    let mut rows = vec![["certificate", "server", "lasts", "key", "SHA-256"].map(str::to_owned)];
    for one in shown {
        let lasts = match one.days {
            _ if one.revoked => "revoked!".to_owned(),
            days if days < 0 => "over!".to_owned(),
            days if days < OLD => format!("{days} days!"),
            days => format!("{days} days"),
        };
        rows.push([
            one.path.display().to_string(),
            one.server.clone().unwrap_or_else(|| "(authority)".to_owned()),
            lasts,
            if one.has_key { "here" } else { "elsewhere" }.to_owned(),
            one.fingerprint.clone(),
        ]);
    }
    out::text!("{}", aligned(&rows))
}
