//! A headless Chromium, found or installed, spoken to over a pipe (the DevTools protocol).

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

pub use crate::browser_page::{Media, Page};

/// How long the browser may take for one answer.
const PATIENCE: Duration = Duration::from_secs(60);
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const FLAGS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
];

/// A running browser with one open tab; ends when dropped.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    next: u64,
    session: Option<String>,
    events: Vec<Value>,
    /// Goes last: the browser writes into it until it has ended.
    _profile: TempDir,
}

impl Browser {
    /// Starts one.
    ///
    /// # Panics
    /// If there is no browser and none can be installed, or it does not start.
    #[must_use]
    pub fn launch() -> Self {
        let profile = TempDir::new().expect("a temporary directory can be made");
        // The shell puts our two pipes where the browser looks for them, descriptors 3 and 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"])
            .arg(executable())
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser can be started");
        let to = child.stdin.take().expect("stdin is a pipe");
        let from = child.stdout.take().expect("stdout is a pipe");
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for message in BufReader::new(from).split(0) {
                let Ok(message) = message else { break };
                let value = serde_json::from_slice(&message).expect("the browser speaks JSON");
                if sender.send(value).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            child,
            to,
            from: receiver,
            next: 0,
            session: None,
            events: Vec::new(),
            _profile: profile,
        };
        browser.attach();
        browser
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }));
        let target = target["targetId"].as_str().expect("a target has an id").to_owned();
        let session =
            self.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        self.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            self.call(domain, json!({}));
        }
    }

    /// Makes one call and returns its result; what else the browser says meanwhile is kept.
    ///
    /// # Panics
    /// If the browser refuses, dies, or does not answer in time.
    #[track_caller]
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.try_call(method, params).unwrap_or_else(|why| panic!("{method}: {why}"))
    }

    /// The same, or why the browser refuses.
    ///
    /// # Panics
    /// If the browser dies, or does not answer in time.
    #[track_caller]
    pub fn try_call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let session = self.session.clone();
        self.exchange(method, params, session)
    }

    /// Makes a call to the browser itself and not to its tab.
    ///
    /// # Panics
    /// As [`Self::call`].
    #[track_caller]
    pub fn call_browser(&mut self, method: &str, params: Value) -> Value {
        self.exchange(method, params, None).unwrap_or_else(|why| panic!("{method}: {why}"))
    }

    #[track_caller]
    fn exchange(
        &mut self,
        method: &str,
        params: Value,
        session: Option<String>,
    ) -> Result<Value, Value> {
        self.next += 1;
        let id = self.next;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = serde_json::to_vec(&message).expect("a value is JSON");
        bytes.push(0);
        self.to.write_all(&bytes).expect("the browser listens");
        loop {
            let mut answer = self
                .from
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|why| panic!("the browser did not answer {method}: {why}"));
            if answer["id"] == json!(id) {
                let error = answer["error"].take();
                return if error.is_null() { Ok(answer["result"].take()) } else { Err(error) };
            }
            self.events.push(answer);
        }
    }

    /// Everything the browser said unasked since the last time.
    pub fn take_events(&mut self) -> Vec<Value> {
        self.events.extend(self.from.try_iter());
        std::mem::take(&mut self.events)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be gone already; either way nothing is left running.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The browser's path: `HERD_BROWSER`, then the search path, then an installation by apt.
fn executable() -> PathBuf {
    if let Some(path) = env::var_os("HERD_BROWSER") {
        return path.into();
    }
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = on_path() {
        return path;
    }
    let apt = "apt-get update && apt-get install --yes --no-install-recommends chromium";
    if Path::new("/etc/debian_version").exists() && is_root() {
        let done = Command::new("sh")
            .args(["-c", apt])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null())
            .status();
        if let (Ok(_), Some(path)) = (done, on_path()) {
            return path;
        }
    }
    panic!("no browser found; install one (sudo sh -c '{apt}'), or set HERD_BROWSER to its path");
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    NAMES
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
