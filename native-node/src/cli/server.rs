//! `herd server`: one server, for processes and machines of their own.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use herd_core::{Config, Direction, Preset, Style, limits};
use herd_sim_wasm::Trees;
use sd_notify::NotifyState;
use tokio::runtime::{Handle, Runtime};

use super::guard::Guard;
use super::options::{Serving, check_trees, herd_file, preset};
use super::table::{BOLD, RED, YELLOW};
use super::up::start_failure;
use super::web::{self, Reach, Web};
use super::{Failure, out};
use crate::config::{Herd, Member, Neighbour, check_address};
use crate::run::{Quic, Running};
use crate::signals::{Signal, Signals};

/// Start one server
///
/// Its neighbours may be up or not, and come and go. One that is listed with --peer lists this
/// server with --peer as well; one listed with --peer-out lists this one with --peer-in.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herd server Alford --listen 127.0.0.1:12000 \\
      --peer Hamilton=127.0.0.1:12002 --peer Welsh=127.0.0.1:12004
  herd server Holiday --herd five.toml
  herd server Ball --listen 0.0.0.0:12001 --peer Welsh=welsh.example:12004 --keys herd-keys
      on a network: servers know each other by keys (`herd keys --help`)
  herd server Ball --herd five.toml --keys herd-keys --quic    clients may use QUIC, on the same port
  herd server Ball --listen 127.0.0.1:12001 --peer Welsh=127.0.0.1:12004 \\
      --peer Old=127.0.0.1:12009,classic        a prototype that speaks plain AT lines
  herd server Alford --listen 127.0.0.1:12000 --http 127.0.0.1:9000
  herd server Hamilton --listen 127.0.0.1:12002 \\
      --peer-out Holiday=127.0.0.1:12003 --peer-in Alford
  herd server Alford --herd five.toml --ack-after 1    what is answered outlives this server
  herd server Welsh --herd five.toml --data /var/lib/herd
  herd server Welsh --herd five.toml --tape welsh.tape    all it is told (see `herd tape --help`)

SIGTERM or Ctrl-C ends it once the answers in flight are finished. SIGHUP has the herd file, the keys
and the tokens read again, as far as there are any: neighbours may come, move and go, and keys may be
new.")]
pub(super) struct Server {
    /// Its name in the herd
    name: String,

    /// Where it listens, HOST:PORT
    #[arg(long, value_name = "ADDR", required_unless_present = "herd")]
    listen: Option<String>,

    /// A neighbour; records flow both ways. `,classic` after the address: a prototype
    #[arg(long, value_name = "NAME=ADDR", conflicts_with = "herd")]
    peer: Vec<PeerOption>,

    /// A neighbour that is sent records but is not listened to
    #[arg(long, value_name = "NAME=ADDR", conflicts_with = "herd")]
    peer_out: Vec<PeerOption>,

    /// A neighbour that sends records but is not sent any (a classic one needs its address)
    #[arg(long, value_name = "NAME", conflicts_with = "herd")]
    peer_in: Vec<PeerInOption>,

    /// Take address, neighbours and options from a herd file
    #[arg(long, value_name = "FILE")]
    herd: Option<PathBuf>,

    /// Where it is reached over HTTP, HOST:PORT: /v1 (see /v1/docs), /metrics, /healthz, /readyz
    /// [default: not, or as the herd file says in `http`]
    #[arg(long, value_name = "ADDR")]
    http: Option<String>,

    #[command(flatten)]
    reach: Reach,

    /// The herd's name; servers of another herd refuse each other
    #[arg(long, value_name = "NAME", default_value = "herd", conflicts_with = "herd")]
    cluster: String,

    /// How updates are ordered, spread and repaired: grove, grove2, grove_batch, flood_sync, flood_ack,
    /// flood, plumtree, gossip, or classic (the prototypes' rule)
    #[arg(long, value_name = "NAME", default_value = "grove", conflicts_with = "herd")]
    #[arg(value_parser = preset)]
    preset: Preset,

    /// The server at the root of one tree that all updates share, the same for all servers: with
    /// grove_batch, or another preset that has trees
    #[arg(long, value_name = "NAME", conflicts_with = "herd")]
    root: Option<String>,

    /// Answer a client once so many neighbours have its update, so that it outlives as many servers
    /// that die together [default: 0, or the file's]
    #[arg(long, value_name = "NEIGHBOURS")]
    ack_after: Option<usize>,

    #[command(flatten)]
    serving: Serving,
}

/// `NAME=ADDR[,classic]`
#[derive(Clone, Debug)]
struct PeerOption {
    name: String,
    address: String,
    style: Style,
}

/// `NAME[=ADDR[,classic]]`
#[derive(Clone, Debug)]
struct PeerInOption {
    name: String,
    address: Option<String>,
    style: Style,
}

impl FromStr for PeerOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let peer: PeerInOption = text.parse()?;
        let address =
            peer.address.ok_or("a neighbour is NAME=HOST:PORT, like Ball=127.0.0.1:12001")?;
        Ok(Self { name: peer.name, address, style: peer.style })
    }
}

impl FromStr for PeerInOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (text, style) = match text.rsplit_once(',') {
            Some((rest, "classic")) => (rest, Style::Classic),
            Some((_, other)) => {
                return Err(format!("after the comma `classic` is known, not `{other}`"));
            }
            None => (text, Style::Herd),
        };
        let (name, address) = match text.split_once('=') {
            Some((name, address)) => (name, Some(address.to_owned())),
            None => (text, None),
        };
        Config::check_name(name)?;
        if let Some(address) = &address {
            check_address(address).map_err(|why| why.to_string())?;
        } else if style == Style::Classic {
            return Err("a classic neighbour is known by its address: NAME=ADDR,classic".to_owned());
        }
        Ok(Self { name: name.to_owned(), address, style })
    }
}

pub(super) fn run(server: &Server) -> Result<ExitCode, Failure> {
    let mut herd = match &server.herd {
        Some(path) => {
            let mut herd = herd_file(path)?;
            if let (Some(listen), Some(member)) =
                (&server.listen, herd.servers.iter_mut().find(|m| m.name == server.name))
            {
                member.listen.clone_from(listen);
            }
            herd
        }
        None => herd_of_options(server)?,
    };
    check_trees(server.preset, server.root.as_ref().map(|_| "--root"))?;
    let instead = Instead { ack_after: server.ack_after, ..Instead::default() };
    instead.apply(&mut herd);
    let Some(member) = herd.member(&server.name) else {
        let names: Vec<_> = herd.servers.iter().map(|member| member.name.as_str()).collect();
        let message = format!("the herd file has no server `{}`", server.name);
        return Err(Failure::usage(message).hint(format!("its servers are {}", names.join(", "))));
    };
    if member.style == Style::Classic {
        let message = format!("`{}` is classic in the herd file: a prototype", server.name);
        return Err(Failure::usage(message).hint("start the prototype itself"));
    }
    check_ack_after(&herd, &server.name)?;
    let listen = &member.listen;
    check_address(listen).map_err(|why| Failure::usage(format!("--listen {listen}: {why}")))?;
    let main = Runtime::new().map_err(|why| Failure::usage(format!("no runtime: {why}")))?;
    let names = std::slice::from_ref(&server.name);
    let options = server.serving.options(&herd, names, main.handle())?;
    if server.http.is_none() && member.http.is_none() {
        server.reach.check_unused()?;
    }
    let admin = server.reach.admin()?;
    let signals = hear_signals(&main, true)?;
    let http = match server.http.as_ref().or(member.http.as_ref()) {
        Some(address) => {
            check_address(address)
                .map_err(|why| Failure::usage(format!("--http {address}: {why}")))?;
            let (listener, at) = main.block_on(web::bind(address, "HTTP"))?;
            Some((listener, at, address.clone()))
        }
        None => None,
    };
    let running = Running::start(herd, names, &options)
        .map_err(|error| start_failure(&error, Some("--listen")))?;
    for started in running.servers() {
        let log = match &started.log {
            Some(path) => format!("log {}", path.display()),
            None => "no log".to_owned(),
        };
        let also = if options.security.quic == Quic::Off { "" } else { ", also over QUIC" };
        let kept = match &started.data {
            Some(path) => format!("keeps its records in {}", path.display()),
            None => "in memory".to_owned(),
        };
        let tape = started.tape.as_ref();
        let tape = tape.map_or_else(String::new, |path| format!(", tape {}", path.display()));
        out::or_warn(out::line!(
            "{BOLD}{}{BOLD:#} listens on {}{also}, {kept}, {}, {log}{tape}",
            started.name,
            started.address,
            options.security.links
        ));
    }
    let web = http.map(|(listener, address, name)| {
        out::or_warn(out::line!(
            "{BOLD}{}{BOLD:#} is reached at http://{address}/v1/docs",
            server.name
        ));
        Web::start(&main, listener, server.reach.interface(&running, &name, admin))
    });
    let file = server.herd.as_deref();
    let guard = &server.serving.guard;
    let reload = Reload { file, guard, main: main.handle(), instead };
    main.block_on(until_told(running, web, signals, reload))
}

/// Whether a server has as many neighbours as are to have its updates before it answers.
pub(super) fn check_ack_after(herd: &Herd, name: &str) -> Result<(), Failure> {
    let wanted = herd.ack_after;
    let neighbours = herd.member(name).map_or(&[][..], |member| &member.neighbours);
    let there = neighbours.iter().filter(|neighbour| neighbour.direction.sends()).count();
    if wanted <= there {
        return Ok(());
    }
    let message = format!("--ack-after {wanted}: {name} has {there} neighbours that it tells");
    Err(Failure::usage(message).hint("its updates would never be answered"))
}

/// What the command line says instead of a herd file, also when that is read again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Instead {
    pub(super) preset: Option<Preset>,
    pub(super) trees: Option<Trees>,
    pub(super) ack_after: Option<usize>,
}

impl Instead {
    pub(super) fn apply(self, herd: &mut Herd) {
        herd.preset = self.preset.unwrap_or(herd.preset);
        herd.trees = self.trees.unwrap_or(herd.trees);
        herd.ack_after = self.ack_after.unwrap_or(herd.ack_after);
    }
}

/// Where a herd that has changed, and its keys and tokens, are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reload<'a> {
    /// The herd file, if there is one: else only keys and tokens may be new.
    pub(super) file: Option<&'a Path>,
    pub(super) guard: &'a Guard,
    pub(super) main: &'a Handle,
    /// What the command line says instead of the file.
    pub(super) instead: Instead,
}

impl Reload<'_> {
    /// Tells the servers of the herd as its file is now; what has come of it is said.
    async fn again(self, running: &Running) {
        let herd = self.file.map_or_else(|| Ok(running.control().herd()), herd_file);
        let changed = herd.and_then(|mut herd| {
            let names: Vec<_> = running.servers().iter().map(|s| s.name.clone()).collect();
            self.instead.apply(&mut herd);
            names.iter().try_for_each(|name| check_ack_after(&herd, name))?;
            let security = self.guard.security(&herd, &names, self.main)?;
            if self.file.is_none() && !security.is_read() {
                let why = "there is no herd file, no key and no token to be read again";
                return Err(Failure::usage(why));
            }
            Ok((herd, security))
        });
        let (herd, security) = match changed {
            Ok(changed) => changed,
            Err(failure) => {
                out::note!("{RED}error:{RED:#} {}: all goes on as it was", failure.message);
                running.control().all_refused(&format!("a reload: {}", failure.message)).await;
                return;
            }
        };
        for (name, taken) in running.reconfigure(herd, &security).await {
            match taken {
                Ok(text) => out::or_warn(out::line!("{BOLD}{name}{BOLD:#} {text}")),
                Err(why) => out::note!("{RED}error:{RED:#} {name}: {why}"),
            }
        }
    }
}

/// The herd that the options of one server tell of: that server and what it knows of others.
fn herd_of_options(server: &Server) -> Result<Herd, Failure> {
    let name_error = |why| Failure::usage(format!("`{}` cannot be a name: {why}", server.name));
    Config::check_name(&server.name).map_err(name_error)?;
    Config::check_name(&server.cluster)
        .map_err(|why| Failure::usage(format!("--cluster {}: {why}", server.cluster)))?;
    let mut neighbours: Vec<Neighbour> = Vec::new();
    let both = server.peer.iter().map(|peer| (peer, Direction::Both));
    let out = server.peer_out.iter().map(|peer| (peer, Direction::Out));
    for (peer, direction) in both.chain(out) {
        let PeerOption { name, address, style } = peer.clone();
        neighbours.push(Neighbour { name, address: Some(address), direction, style });
    }
    for PeerInOption { name, address, style } in server.peer_in.iter().cloned() {
        neighbours.push(Neighbour { name, address, direction: Direction::In, style });
    }
    for (index, neighbour) in neighbours.iter().enumerate() {
        if neighbour.name == server.name {
            return Err(Failure::usage(format!("`{}` cannot be its own neighbour", server.name)));
        }
        if neighbours[..index].iter().any(|earlier| earlier.name == neighbour.name) {
            let message = format!("the neighbour `{}` is given twice", neighbour.name);
            return Err(Failure::usage(message).hint("--peer is two-way and enough"));
        }
    }
    if neighbours.len() > usize::from(u16::MAX) {
        return Err(Failure::usage("a server has at most 65,535 neighbours"));
    }
    let listen = server.listen.clone().unwrap_or_default();
    let member = Member {
        name: server.name.clone(),
        address: listen.clone(),
        listen,
        http: None,
        style: Style::Herd,
        neighbours,
    };
    let Server { cluster, preset, root, .. } = server;
    let (cluster, root) = (cluster.clone(), root.clone());
    Ok(Herd { cluster, preset: *preset, root, servers: vec![member], ..Herd::default() })
}

/// Hears signals from now on, SIGHUP too if it asks for a reload: to be called before anybody is told
/// that the servers run.
pub(super) fn hear_signals(main: &Runtime, reload: bool) -> Result<Signals, Failure> {
    let _main = main.enter();
    Signals::listen(reload).map_err(|why| Failure::usage(format!("signals cannot be heard: {why}")))
}

/// Runs until a signal, then until the answers in flight are finished. SIGHUP has everything read
/// again that can be.
pub(super) async fn until_told(
    running: Running,
    web: Option<Web>,
    mut signals: Signals,
    reload: Reload<'_>,
) -> Result<ExitCode, Failure> {
    notify(&[NotifyState::Ready]);
    while signals.next().await == Signal::Reload {
        reload.again(&running).await;
    }
    notify(&[NotifyState::Stopping]);
    running.stop().await;
    if let Some(web) = web {
        tokio::select! {
            () = web.end() => {}
            () = signals.end() => return Ok(ExitCode::from(130)),
        }
    }
    // A second signal is from somebody who will not wait.
    let ended = tokio::task::spawn_blocking(move || running.wait());
    let losses = tokio::select! {
        ended = ended => ended,
        () = signals.end() => return Ok(ExitCode::from(130)),
    };
    let failed = |why: &str| Failure { message: why.to_owned(), hint: None, status: 1 };
    let losses = losses.map_err(|why| failed(&why.to_string()))?.map_err(failed)?;
    for loss in losses {
        let why = loss.error.map_or_else(String::new, |error| format!(": {error}"));
        out::note!(
            "{YELLOW}warning:{YELLOW:#} {} lines could not be written to {}{why}",
            loss.lines,
            loss.path.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells who started us (systemd, with `Type=notify`), if it wants to know.
fn notify(state: &[NotifyState<'_>]) {
    // Nobody to tell, or nobody who listens: either way the servers run.
    let _ = sd_notify::notify(false, state);
}

const _: () = assert!(limits::NAME_MAX < 256, "a name fits a file's name");
