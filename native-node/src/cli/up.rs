//! `herd up`: a whole herd in this process, and the page.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use herd_core::{Direction, Preset};
use herd_sim_wasm::Trees;
use tokio::runtime::Runtime;

use super::guard::keys_failure;
use super::options::{Serving, Which, check_trees, own_servers, preset, trees};
use super::server::{Instead, Reload};
use super::table::{BLUE, BOLD, DIM, YELLOW, aligned};
use super::web::{self, Reach, Web};
use super::{Failure, out, server};
use crate::config::{Herd, check_address};
use crate::disk::OpenError;
use crate::http;
use crate::keys::admin::AdminToken;
use crate::run::{Known, Running, StartError};

pub(super) const EXAMPLES: &str = "\
Examples:
  herd                                   five servers on ports 12000 to 12004, the page on 8080
  herd --topology winter-2016 --base-port 13000 --http 127.0.0.1:9000
  herd --topology ring:8 --no-page       eight servers in a ring, no page
  herd --topology five.toml              the servers of a herd file
  herd --data herd-data                  what is answered outlives kill -9 and power cuts
  herd --tape tapes                      what each server is told, to be told again: herd tape
  herd --trees planned                   every server knows who feeds whom from the beginning
  herd --ack-after 1                     what is answered outlives the server that answered
  herd --places google-legacy --places-key-file key.txt

  herd iamat Alford kiwi.cs.ucla.edu +34.068930-118.445127
  herd whatsat Ball kiwi.cs.ucla.edu 10 5";

/// Start a whole herd on this machine, and the page
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Up {
    #[command(flatten)]
    which: Which,

    /// How updates are ordered, spread and repaired (see the README) [default: grove, or the file's]
    #[arg(long, value_name = "NAME", value_parser = preset)]
    preset: Option<Preset>,

    /// Where trees come from: learned from a flood, or planned from the topology [default: learned,
    /// or the file's]
    #[arg(long, value_name = "learned|planned", value_parser = trees)]
    trees: Option<Trees>,

    /// A client is answered once so many neighbours have its update, which then outlives as many
    /// servers [default: 0, or the file's]
    #[arg(long, value_name = "N")]
    ack_after: Option<usize>,

    /// Where the page is served, and the servers over HTTP: the first at /v1 (see /v1/docs), each at
    /// /servers/NAME/v1, and /metrics, /healthz, /readyz
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    http: String,

    #[command(flatten)]
    reach: Reach,

    /// Serve no page, and nothing else over HTTP
    #[arg(long, conflicts_with_all = ["http", "http_origin", "http_name", "admin_token_file"])]
    no_page: bool,

    #[command(flatten)]
    serving: Serving,
}

pub(super) fn run(up: &Up) -> Result<ExitCode, Failure> {
    check_address(&up.http).map_err(|why| Failure::usage(format!("--http {}: {why}", up.http)))?;
    let (mut herd, from_file) = up.which.herd()?;
    let instead = Instead { preset: up.preset, trees: up.trees, ack_after: up.ack_after };
    instead.apply(&mut herd);
    let planned = up.trees.filter(|trees| *trees == Trees::Planned);
    check_trees(herd.preset, planned.map(|_| "--trees planned"))?;
    let names = own_servers(&herd);
    names.iter().try_for_each(|name| server::check_ack_after(&herd, name))?;
    let main = Runtime::new().map_err(|why| Failure::usage(format!("no runtime: {why}")))?;
    let options = up.serving.options(&herd, &names, main.handle())?;
    let admin = if up.no_page { None } else { Some(admin(&up.reach)?) };
    let signals = server::hear_signals(&main, true)?;
    let hint = "choose another with --http HOST:PORT, or --no-page";
    let bound = || main.block_on(web::bind(&up.http, "the page")).map_err(|why| why.hint(hint));
    let page = if up.no_page { None } else { Some(bound()?) };
    let running = Running::start(herd.clone(), &names, &options).map_err(|error| {
        start_failure(&error, if from_file { None } else { Some("--base-port") })
    })?;
    let links = &options.security.links;
    let drawn = admin.as_ref().and_then(|(_, drawn)| drawn.as_deref());
    greet(&herd, &running, links, page.as_ref().map(|(_, address)| (*address, drawn)));
    let web = page.map(|(listener, _)| {
        let admin = admin.map(|(token, _)| token);
        let router = http::page_of_herd().merge(up.reach.interface(&running, &up.http, admin));
        Web::start(&main, listener, router)
    });
    let file = from_file.then(|| Path::new(&up.which.topology));
    let reload = Reload { file, guard: &up.serving.guard, main: main.handle(), instead };
    main.block_on(server::until_told(running, web, signals, reload))
}

/// The admin token: the one that is given, or one that is drawn, with its text.
fn admin(reach: &Reach) -> Result<(AdminToken, Option<String>), Failure> {
    if let Some(token) = reach.admin()? {
        return Ok((token, None));
    }
    let drawn = AdminToken::draw().map_err(Failure::usage)?;
    Ok((drawn.0, Some(drawn.1)))
}

/// Why nothing was started, and which option would help.
pub(super) fn start_failure(error: &StartError, option: Option<&str>) -> Failure {
    let failure = Failure::usage(error);
    match error {
        StartError::Listen { error, .. } if error.kind() == io::ErrorKind::AddrInUse => {
            match option {
                Some(option) => failure.hint(format!("choose another with {option}")),
                None => failure.hint("choose another in the herd file, with `listen`"),
            }
        }
        StartError::Disk { error: OpenError::Damaged(_), .. } => {
            failure.hint("move the file away: neighbours give back what they have")
        }
        StartError::Disk { error: OpenError::InUse, .. } => failure.hint("is it running already?"),
        StartError::Disk { .. } => failure.hint("choose another folder with --data"),
        StartError::Log { .. } => failure.hint("choose another folder with --log-dir"),
        StartError::Tape { error, .. } if error.kind() == io::ErrorKind::ResourceBusy => {
            failure.hint("is it running already?")
        }
        StartError::Tape { .. } => failure.hint("choose another file or folder with --tape"),
        StartError::Keys(why) => keys_failure(why),
        StartError::Listen { .. } | StartError::System(_) => failure,
    }
}

/// Says what runs where, and what can be done with it.
fn greet(herd: &Herd, running: &Running, links: &Known, page: Option<(SocketAddr, Option<&str>)>) {
    let mut rows = vec![["server", "address", "neighbours", "log"].map(str::to_owned)];
    for started in running.servers() {
        let neighbours = herd.member(&started.name).map_or(&[][..], |m| &m.neighbours);
        let neighbours: Vec<_> = neighbours
            .iter()
            .map(|neighbour| match neighbour.direction {
                Direction::Both => neighbour.name.clone(),
                Direction::In => format!("← {}", neighbour.name),
                Direction::Out => format!("→ {}", neighbour.name),
                Direction::Neither => format!("({})", neighbour.name),
            })
            .collect();
        let log =
            started.log.as_ref().map_or_else(|| "off".to_owned(), |p| p.display().to_string());
        rows.push([started.name.clone(), started.address.to_string(), neighbours.join(", "), log]);
    }
    let mut text = format!("\n{}\n", aligned(&rows));
    if let Some(first) = running.servers().first() {
        let (host, port) = (first.address.ip(), first.address.port());
        text.push_str(&format!(
            "  {BOLD}try{BOLD:#}   echo IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 $(date +%s) | \
             nc -w 1 {host} {port}\n"
        ));
        if let Some(last) = running.servers().last() {
            let (host, port) = (last.address.ip(), last.address.port());
            text.push_str(&format!(
                "        echo WHATSAT kiwi.cs.ucla.edu 10 5 | nc -w 1 {host} {port}\n"
            ));
        }
    }
    if let Some((page, token)) = page {
        text.push_str(&format!("  {BOLD}page{BOLD:#}  {BLUE}http://{page}{BLUE:#}\n"));
        let (token, may) = match token {
            // Behind the # a browser keeps it to itself.
            Some(token) => (format!("&admin={token}"), "who has the link may kill and cut"),
            None => (String::new(), "who has the admin token may kill and cut"),
        };
        text.push_str(&format!(
            "  {BOLD}live{BOLD:#}  {BLUE}http://{page}/#live{token}{BLUE:#}\n\
             \x20       {DIM}this herd in the page; {may}{DIM:#}\n"
        ));
        text.push_str(&format!(
            "        {DIM}/v1/docs: over HTTP; /metrics: herd top; herd watch: live{DIM:#}\n"
        ));
    }
    let kept = match running.servers().first().and_then(|first| first.data.as_deref()?.parent()) {
        Some(folder) => format!("Records are kept in {}.", folder.display()),
        None => "Records are kept in memory only (--data DIR keeps them).".to_owned(),
    };
    text.push_str(&format!("\n  {DIM}Servers have {links}.{DIM:#}"));
    text.push_str(&format!("\n  {DIM}{kept} Ctrl-C ends the herd.{DIM:#}\n"));
    let prototypes = herd.servers.len() - running.servers().len();
    if prototypes > 0 {
        text.push_str(&format!(
            "  {YELLOW}note{YELLOW:#}  {prototypes} classic server(s) of the file are yours to start\n"
        ));
    }
    out::or_warn(out::line!("{text}"));
}
