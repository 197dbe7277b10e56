//! Options that say who is let in, and how much they may take.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use herd_core::Style;
use tokio::runtime::Handle;

use super::options::at_least_one;
use super::table::YELLOW;
use super::{Failure, out};
use crate::config::{Herd, Member, is_here};
use crate::keys::KeysError;
use crate::keys::folder::{self, OLD};
use crate::keys::secret::Secret;
use crate::keys::shared::{SharedKey, VARIABLE};
use crate::keys::tokens::Tokens;
use crate::run::{Known, Quic, Security};
use crate::server::Limits;

/// Who is let in.
#[derive(Args, Debug)]
pub(super) struct Guard {
    /// Folder of certificates that `herd keys` makes: servers link over TLS and show each other who
    /// they are; clients may use TLS, too
    #[arg(long, value_name = "DIR", help_heading = "Who is let in")]
    #[arg(conflicts_with_all = ["link_key_file", "plain_links"])]
    keys: Option<PathBuf>,

    /// File with a key that all servers share, instead of certificates; links are not encrypted
    /// (the key may stand in the environment, in HERD_LINK_KEY)
    #[arg(long, value_name = "FILE", help_heading = "Who is let in")]
    #[arg(conflicts_with = "plain_links")]
    link_key_file: Option<PathBuf>,

    /// Believe everybody on the network who says to be a neighbour. Without keys, servers link on
    /// this machine only
    #[arg(long, help_heading = "Who is let in")]
    plain_links: bool,

    /// With --keys: clients have to use TLS
    #[arg(long, help_heading = "Who is let in")]
    tls_only: bool,

    /// With --keys: speak QUIC, too, on the same port (UDP), to whoever dials so
    #[arg(long, help_heading = "Who is let in")]
    quic: bool,

    /// With --keys: dial neighbours over QUIC, which have to speak it as well
    #[arg(long, help_heading = "Who is let in")]
    quic_links: bool,

    /// File of tokens, one a line, each of 16 to 256 visible characters: a client's first line has
    /// to be `TOKEN <token>`
    #[arg(long, value_name = "FILE", help_heading = "Who is let in")]
    client_tokens: Option<PathBuf>,

    /// Connections that one address may have open (this machine's own are not counted)
    #[arg(long, value_name = "N", default_value_t = Limits::default().per_address)]
    #[arg(help_heading = "Who is let in", value_parser = at_least_one())]
    connections_per_address: usize,

    /// Lines a second that one address may say; 0: any number
    #[arg(long, value_name = "N", default_value_t = Limits::default().lines_per_second)]
    #[arg(help_heading = "Who is let in")]
    lines_per_second: u32,

    /// Seconds after which a client that says nothing and is told nothing is hung up on; 0: never
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().idle.as_secs())]
    #[arg(help_heading = "Who is let in")]
    idle_after: u64,

    /// Seconds a line may take from its first byte to its end; 0: any time
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().half_line.as_secs())]
    #[arg(help_heading = "Who is let in")]
    line_within: u64,

    /// Megabytes of answers that may wait for all clients together
    #[arg(long, value_name = "MB", default_value_t = Limits::default().waiting >> 20)]
    #[arg(help_heading = "Who is let in")]
    waiting_max_mb: usize,

    /// Hold clients on this machine to these limits, too
    #[arg(long, help_heading = "Who is let in")]
    limit_loopback: bool,
}

impl Guard {
    /// What addresses may take.
    pub(super) fn limits(&self, limits: Limits) -> Limits {
        Limits {
            per_address: self.connections_per_address,
            lines_per_second: self.lines_per_second,
            idle: Duration::from_secs(self.idle_after),
            half_line: Duration::from_secs(self.line_within),
            loopback: self.limit_loopback,
            waiting: self.waiting_max_mb.saturating_mul(1 << 20),
            ..limits
        }
    }

    /// Who is let in by the servers `names` of a herd: as the options say, else as its file does.
    ///
    /// # Errors
    /// Keys cannot be used, or a link would be plain on a network.
    pub(super) fn security(
        &self,
        herd: &Herd,
        names: &[String],
        runtime: &Handle,
    ) -> Result<Security, Failure> {
        let links = self.links(herd)?;
        let mut members = herd.servers.iter().filter(|member| names.contains(&member.name));
        match links {
            Known::Plain { everywhere: false } => members.try_for_each(check_plain)?,
            Known::Plain { everywhere: true } => {
                out::note!(
                    "{YELLOW}warning:{YELLOW:#} links are plain: whoever reaches these servers can say \
                     to be a neighbour, and read and change what passes"
                );
            }
            Known::Certificates(ref folder) => {
                members.for_each(warn_of_prototypes);
                warn_of_old(folder, names);
            }
            Known::Shared(_) => members.for_each(warn_of_prototypes),
        }
        let tls_only = self.tls_only || herd.security.tls_only;
        if tls_only && !matches!(links, Known::Certificates(_)) {
            return Err(Failure::usage("clients cannot use TLS without certificates")
                .hint("--keys DIR, with what `herd keys` makes"));
        }
        let quic = match () {
            () if self.quic_links || herd.security.quic_links => Quic::Links,
            () if self.quic || herd.security.quic => Quic::Heard,
            () => Quic::Off,
        };
        if quic != Quic::Off && !matches!(links, Known::Certificates(_)) {
            return Err(Failure::usage("QUIC cannot be spoken without certificates")
                .hint("--keys DIR, with what `herd keys` makes"));
        }
        let file = self.client_tokens.as_ref().or(herd.security.tokens_file.as_ref());
        let tokens = file.map(|file| Tokens::read(file).map(Arc::new)).transpose();
        let tokens = tokens.map_err(|why| keys_failure(&why))?;
        Ok(Security { links, tls_only, quic, tokens, runtime: Some(runtime.clone()) })
    }

    fn links(&self, herd: &Herd) -> Result<Known, Failure> {
        let shared = |path: &PathBuf| {
            let key = SharedKey::read(path).map_err(|why| keys_failure(&why))?;
            Ok(Known::Shared(key))
        };
        if let Some(folder) = &self.keys {
            return Ok(Known::Certificates(folder.clone()));
        }
        if let Some(file) = &self.link_key_file {
            return shared(file);
        }
        if self.plain_links {
            return Ok(Known::Plain { everywhere: true });
        }
        let wanted = &herd.security;
        match (&wanted.keys, &wanted.key_file) {
            (Some(folder), _) => return Ok(Known::Certificates(folder.clone())),
            (None, Some(file)) => return shared(file),
            (None, None) => {}
        }
        match env::var_os(VARIABLE).filter(|key| !key.is_empty()) {
            Some(key) => {
                let key = SharedKey::new(&Secret::new(key.into_encoded_bytes()));
                key.map(Known::Shared).ok_or_else(|| {
                    Failure::usage(format!(
                        "{VARIABLE} holds no key: 32 to 4096 bytes are expected"
                    ))
                    .hint("`herd keys shared FILE` makes one")
                })
            }
            None => Ok(Known::Plain { everywhere: wanted.plain_links }),
        }
    }
}

/// Says which neighbours can show nobody who they are, on a network.
fn warn_of_prototypes(member: &Member) {
    for neighbour in member.neighbours.iter().filter(|n| n.style == Style::Classic) {
        if let Some(address) = neighbour.address.as_deref().filter(|address| !is_here(address)) {
            out::note!(
                "{YELLOW}warning:{YELLOW:#} {} is a prototype at {address}: whoever has its address \
                 can tell of clients",
                neighbour.name
            );
        }
    }
}

/// Says whose certificates have to be renewed soon. (What cannot be read is said when it is used.)
fn warn_of_old(folder: &Path, names: &[String]) {
    for one in folder::show(folder).unwrap_or_default() {
        let ours = one.server.as_ref().is_none_or(|server| names.contains(server));
        if ours && (0..OLD).contains(&one.days) {
            out::note!(
                "{YELLOW}warning:{YELLOW:#} {} lasts {} days more: `herd keys add --renew` makes another",
                one.path.display(),
                one.days
            );
        }
    }
}

/// Without keys a server links on this machine only.
fn check_plain(member: &Member) -> Result<(), Failure> {
    let beyond = member.neighbours.iter().find_map(|neighbour| {
        let address = neighbour.address.as_deref()?;
        (!is_here(address)).then_some((neighbour, address))
    });
    let Some((neighbour, address)) = beyond else { return Ok(()) };
    let (from, to) = (&member.name, &neighbour.name);
    let message = match neighbour.style {
        Style::Herd => format!(
            "the link of {from} to {to} at {address} would be plain: whoever is on the network could \
             join the herd"
        ),
        Style::Classic => {
            format!("{to} is a prototype at {address}: it can show nobody who it is")
        }
    };
    let hint = "make keys with `herd keys init` and `herd keys add`, and give them with --keys; or \
                --plain-links, on a network where you trust everybody";
    Err(Failure::usage(message).hint(hint))
}

/// Why keys cannot be used, and what can be done.
pub(super) fn keys_failure(why: &KeysError) -> Failure {
    let failure = Failure::usage(why);
    match why.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
