//! Servers as processes, and what a client needs to talk to them over TCP.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use herd_native_node::clock::Clock;

/// How long anything may take. A machine that is busy with other things needs some of it; a test
/// that passes needs milliseconds.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `look` finds what it looks for.
///
/// # Panics
/// If it does not find it within [`PATIENCE`].
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let clock = Clock::start();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(clock.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        thread::park_timeout(Duration::from_millis(2));
    }
}

/// An address of this machine that nobody listens on, and that no outgoing connection will be
/// given meanwhile: systems give those ports from 32,768 on.
///
/// # Panics
/// If the machine has no port left.
#[must_use]
pub fn free_address() -> SocketAddr {
    const FIRST: u32 = 14_000;
    const PORTS: u32 = 18_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..PORTS {
        // Test processes that run side by side begin at different places.
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let offset = std::process::id().wrapping_mul(97).wrapping_add(step) % PORTS;
        let port = u16::try_from(FIRST + offset).expect("below 32,768");
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener.local_addr().expect("a listener has an address");
        }
    }
    panic!("no port is free");
}

/// A running `herd`.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// What it has printed to standard output, line by line.
    lines: mpsc::Receiver<String>,
}

impl Process {
    /// Starts `herd` with these arguments.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start<S: AsRef<str>>(herd: &str, arguments: &[S]) -> Self {
        let mut child = command(herd, arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("herd can be started");
        let out = child.stdout.take().expect("its output is ours");
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                // The test may have seen enough.
                let _ = tell.send(line);
            }
        });
        Self { child, lines }
    }

    /// Starts `herd` where no file may grow beyond so many blocks of 512 bytes: a full disk.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start_limited(herd: &str, arguments: &[String], blocks: u64) -> Self {
        // The signal that a file is too large is ignored: writing then says so.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut all = vec!["-c".to_owned(), script, herd.to_owned()];
        all.extend(arguments.iter().cloned());
        Self::start("sh", &all)
    }

    /// Waits for a line of its output that `wanted` takes.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn line<T>(&self, mut wanted: impl FnMut(&str) -> Option<T>) -> T {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).expect("herd says what is waited for");
            if let Some(found) = wanted(&line) {
                return found;
            }
        }
    }

    /// Waits until it says that it listens; whether it did before it ended.
    #[must_use]
    pub fn listens(&self) -> bool {
        self.lines.iter().any(|line| line.contains("listens on"))
    }

    /// Ends it without a warning, as a crash does.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end, as a person does.
    ///
    /// # Panics
    /// If there is no `kill`.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// If there is no `kill`.
    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(status.expect("there is a command kill").success(), "kill -s {signal} {id}");
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended; its exit status.
    ///
    /// # Panics
    /// If it does not end.
    #[track_caller]
    pub fn ended(&mut self) -> Option<i32> {
        until("the process ends", || self.child.try_wait().expect("it is our child")).code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs `herd` to its end.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn run<S: AsRef<str>>(herd: &str, arguments: &[S]) -> Output {
    command(herd, arguments).stdin(Stdio::null()).output().expect("herd can be started")
}

fn command<S: AsRef<str>>(herd: &str, arguments: &[S]) -> Command {
    let mut command = Command::new(herd);
    command.args(arguments.iter().map(AsRef::as_ref));
    command.env("NO_COLOR", "1").env_remove("HERD_PLACES_KEY");
    command
}

/// A connection of a client.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    ///
    /// # Panics
    /// If nobody listens.
    #[must_use]
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).expect("the server listens")
    }

    /// Connects, if somebody listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn try_connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// If the connection is lost.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).expect("the connection holds");
    }

    /// Sends bytes as they are, where the server may close meanwhile.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// The same connection once more, to read it while it is written to.
    ///
    /// # Panics
    /// If the system has no descriptor left.
    #[must_use]
    pub fn again(&self) -> Self {
        let stream = self.stream.get_ref().try_clone().expect("a descriptor is free");
        Self { stream: BufReader::new(stream) }
    }

    /// Says that nothing more will come.
    ///
    /// # Panics
    /// If the connection is lost.
    #[track_caller]
    pub fn end(&mut self) {
        self.stream.get_mut().shutdown(Shutdown::Write).expect("the connection holds");
    }

    /// The next line, with its LF; empty when the server has closed.
    ///
    /// # Panics
    /// If none comes.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).expect("a line or the end");
        String::from_utf8_lossy(&line).into_owned()
    }

    /// Sends a line; the first line of the answer.
    #[track_caller]
    pub fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\n"));
        self.line()
    }

    /// Everything until the server closes.
    ///
    /// # Panics
    /// If it does not close.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).expect("the server closes");
        rest
    }

    /// As [`rest`](Self::rest), where the server may also cut the connection.
    #[must_use]
    pub fn rest_or_cut(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // Cut or closed, what came is what counts.
        let _ = self.stream.read_to_end(&mut rest);
        rest
    }
}

/// Says lines on a connection of their own and half-closes; everything that is answered.
///
/// # Panics
/// If nobody listens, or the server does not close.
#[track_caller]
pub fn exchange(address: SocketAddr, text: impl AsRef<[u8]>) -> String {
    let mut client = Client::connect(address);
    client.send(text);
    client.end();
    String::from_utf8_lossy(&client.rest()).into_owned()
}

/// A server as a process.
#[derive(Debug)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    herd: String,
    arguments: Vec<String>,
    log: PathBuf,
    /// Blocks of 512 bytes beyond which no file of it may grow.
    pub file_blocks: Option<u64>,
    process: Option<Process>,
}

impl Server {
    /// A server that listens at `address` and logs to `folder`; not started yet.
    #[must_use]
    pub fn new(herd: &str, name: &str, address: SocketAddr, folder: &Path, more: &[&str]) -> Self {
        let log_dir = folder.display().to_string();
        let listen = address.to_string();
        let own = ["server", name, "--listen", &listen, "--log-dir", &log_dir];
        Self {
            name: name.to_owned(),
            address,
            herd: herd.to_owned(),
            arguments: own.iter().chain(more).map(|&word| word.to_owned()).collect(),
            log: folder.join(format!("{name}.log")),
            file_blocks: None,
            process: None,
        }
    }

    /// Starts it with another option from now on, in place of the same one with another value.
    pub fn set(&mut self, option: &str, value: &str) {
        match self.arguments.iter().position(|argument| argument == option) {
            Some(at) => value.clone_into(&mut self.arguments[at + 1]),
            None => self.arguments.extend([option.to_owned(), value.to_owned()]),
        }
    }

    /// Starts it and waits until it listens, and its log tells of this life.
    #[track_caller]
    pub fn start(&mut self) {
        let lives = self.lives();
        let process = match self.file_blocks {
            Some(blocks) => Process::start_limited(&self.herd, &self.arguments, blocks),
            None => Process::start(&self.herd, &self.arguments),
        };
        process.line(|line| line.contains("listens on").then_some(()));
        self.process = Some(process);
        until("the log tells of the start", || (self.lives() > lives).then_some(()));
    }

    /// What it is started with.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// Starts it with these arguments, too, from now on.
    pub fn more(&mut self, arguments: &[&str]) {
        self.arguments.extend(arguments.iter().map(|&word| word.to_owned()));
    }

    /// How often it has started, by its log.
    fn lives(&self) -> usize {
        let starts = |line: &&str| line.contains(" start ") || line.contains("\"kind\":\"start\"");
        self.log().lines().filter(starts).count()
    }

    /// Whether it was started and not ended since.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// Its process.
    ///
    /// # Panics
    /// If it is not up.
    #[track_caller]
    pub const fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("the server is up")
    }

    /// Kills it, as a crash does.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until it has logged `text`.
    #[track_caller]
    pub fn logs(&self, text: &str) {
        until(&format!("{} logs: {text}\n{}", self.name, self.log()), || {
            self.log().contains(text).then_some(())
        });
    }

    /// Whether the log says that the neighbour is linked.
    #[must_use]
    pub fn is_linked(&self, neighbour: &str) -> bool {
        let (up, down, start) = (
            format!("neighbour {neighbour} up "),
            format!("neighbour {neighbour} down"),
            " start ",
        );
        let log = self.log();
        let news = log.lines().rev().find_map(|line| match line {
            line if line.contains(&up) => Some(true),
            line if line.contains(&down) || line.contains(start) => Some(false),
            _ => None,
        });
        news.unwrap_or(false)
    }

    /// Waits until the neighbour is linked.
    #[track_caller]
    pub fn linked(&self, neighbour: &str) {
        until(&format!("{} is linked to {neighbour}\n{}", self.name, self.log()), || {
            self.is_linked(neighbour).then_some(())
        });
    }

    /// What it answers to lines on a connection of their own.
    #[track_caller]
    pub fn exchange(&self, text: impl AsRef<[u8]>) -> String {
        exchange(self.address, text)
    }

    /// Waits until it knows the client; the `AT` line.
    #[track_caller]
    pub fn knows(&self, client: &str) -> String {
        let ask = format!("WHATSAT {client} 1 1\n");
        until(&format!("{} knows {client}\n{}", self.name, self.log()), || {
            let answer = self.exchange(&ask);
            answer.starts_with("AT ").then(|| answer.lines().next().unwrap_or_default().to_owned())
        })
    }
}
