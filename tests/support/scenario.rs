//! Scenario files: what is said to a herd and what it answers, run on anything that is a [`Herd`].
//!
//! ```text
//! # Remarks stand behind a number sign.
//! herd places-2016
//!
//! say Alford IAMAT kiwi +34.068930-118.445127 1520023934.918963997
//! ----
//! AT Alford +S kiwi +34.068930-118.445127 1520023934.918963997
//!
//! kill Holiday
//! settle
//! ```
//!
//! The first line names the topology and other options as a script does. Then one step a line:
//! `say SERVER LINE`, `send SERVER PIECE | PIECE …` (bytes without a newline of their own), `cut
//! A-B`, `heal`, `kill SERVER`, `restart SERVER`, `settle`, `watch NAME SERVER [CLIENT …]` (opens a
//! connection that stays, called NAME), `heard NAME` (what was told on it since). Lines and pieces are escaped as in
//! scripts; `{now+60}` is the wall clock plus so many seconds. Behind `----` stands the answer, up
//! to an empty line, with the difference of clocks as `+S` or `-S`. `UPDATE_EXPECT=1` rewrites it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use herd_sim_wasm::Options;
use herd_sim_wasm::text::{escape, unescape};

/// What a scenario needs of a herd. The simulator is one, and so are servers on TCP.
pub trait Herd {
    /// Opens a connection of its own to a server, sends the pieces one after the other, says that
    /// no more will come (half-closes), and gives everything that is answered until the server
    /// closes. Nothing, if the server cannot be reached.
    fn say(&mut self, server: &str, pieces: &[Vec<u8>]) -> Vec<u8>;
    /// Opens a connection that stays, and watches these clients on it (all, if none is named).
    fn watch(&mut self, name: &str, server: &str, clients: &str);
    /// Everything that was told on such a connection, and not given yet.
    fn heard(&mut self, name: &str) -> Vec<u8>;
    /// Lets nothing pass between two neighbours any more; both notice.
    fn cut(&mut self, a: &str, b: &str);
    /// Heals all that was cut.
    fn heal(&mut self);
    /// Stops a server at once, without any goodbye.
    fn kill(&mut self, server: &str);
    /// Starts a server that was killed, without what it knew.
    fn restart(&mut self, server: &str);
    /// Waits until nothing is on its way and every link that can be up is up.
    fn settle(&mut self);
    /// What a right wall clock shows, seconds since the epoch.
    fn wall(&self) -> u64;
}

/// Runs every scenario on herds that `start` makes; it gives `None` for options it cannot have.
///
/// # Panics
/// If an answer is not the one that stands in the file, or a file cannot be read.
pub fn run_all<H: Herd>(start: impl Fn(&Options) -> Option<H>) {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .expect("tests/scenarios is there")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no scenario in {}", folder().display());
    let mut ran = 0;
    for file in files {
        ran += u32::from(run(&file, &start));
    }
    assert!(ran > 0, "no scenario could be run");
}

/// Runs one scenario; whether `start` could make its herd.
///
/// # Panics
/// As [`run_all`].
pub fn run<H: Herd>(file: &Path, start: &impl Fn(&Options) -> Option<H>) -> bool {
    let text = fs::read_to_string(file).expect("a readable scenario");
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut player = Player { herd: None, start, got: String::new(), stamps: Vec::new() };
    let mut skipping = false;
    for (number, line) in text.lines().enumerate() {
        if skipping {
            skipping = !line.is_empty();
            continue;
        }
        if line == "----" {
            skipping = true;
            continue;
        }
        match player.step(line) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(error) => panic!("{name}, line {}: {error}: {line}", number + 1),
        }
    }
    let got = player.got;
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(file, &got).expect("a writable scenario");
    } else if got != text {
        let same = got.lines().zip(text.lines()).take_while(|(got, text)| got == text).count();
        panic!(
            "{name}, line {}: expected\n  {}\ngot\n  {}\n(UPDATE_EXPECT=1 rewrites the file)",
            same + 1,
            text.lines().nth(same).unwrap_or("(the end)"),
            got.lines().nth(same).unwrap_or("(the end)"),
        );
    }
    true
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

struct Player<'a, H, F> {
    herd: Option<H>,
    start: &'a F,
    /// The file as it should be.
    got: String,
    /// Stamps that were made from the clock, and what stands for them.
    stamps: Vec<(String, String)>,
}

impl<H: Herd, F: Fn(&Options) -> Option<H>> Player<'_, H, F> {
    /// Does what one line says; `false` if this kind of herd cannot be had.
    fn step(&mut self, line: &str) -> Result<bool, String> {
        writeln!(self.got, "{line}").expect("a String takes everything");
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        if line.is_empty() || line.starts_with('#') {
            return Ok(true);
        }
        if verb == "herd" {
            let options = format!("herd 1 topology={rest}");
            let options = Options::parse(&options).map_err(|error| error.to_string())?;
            self.herd = (self.start)(&options);
            return Ok(self.herd.is_some());
        }
        let herd = self.herd.as_mut().ok_or("a scenario begins with its herd")?;
        match verb {
            "say" | "send" => {
                let (server, text) = rest.split_once(' ').unwrap_or((rest, ""));
                let answer = said(herd, &mut self.stamps, server, text, verb == "say")?;
                self.got.push_str(&answer);
            }
            "watch" => {
                let (name, rest) = rest.split_once(' ').ok_or("watch wants a name and a server")?;
                let (server, clients) = rest.split_once(' ').unwrap_or((rest, ""));
                herd.watch(name, server, clients);
            }
            "heard" => {
                let told = herd.heard(rest);
                self.got.push_str(&shown(&told, &self.stamps));
            }
            "cut" => {
                let (a, b) = rest.split_once('-').ok_or("cut wants two servers: A-B")?;
                herd.cut(a, b);
            }
            "heal" => herd.heal(),
            "kill" => herd.kill(rest),
            "restart" => herd.restart(rest),
            "settle" => herd.settle(),
            _ => {
                let verbs = "herd, say, send, watch, heard, cut, heal, kill, restart or settle";
                return Err(format!("expected {verbs}"));
            }
        }
        Ok(true)
    }
}

/// Says something; the answer as it stands in a file.
fn said<H: Herd>(
    herd: &mut H,
    stamps: &mut Vec<(String, String)>,
    server: &str,
    text: &str,
    whole: bool,
) -> Result<String, String> {
    let text = with_stamps(text, herd.wall(), stamps)?;
    let pieces: Vec<&str> = if whole { vec![&text] } else { text.split(" | ").collect() };
    let mut bytes = Vec::new();
    for piece in pieces {
        bytes.push(unescape(piece).ok_or("a backslash stands before \\, n, r, t or xNN")?);
    }
    if whole {
        bytes.iter_mut().for_each(|line| line.push(b'\n'));
    }
    Ok(shown(&herd.say(server, &bytes), stamps))
}

/// What was answered or told, as it stands in a file.
fn shown(answer: &[u8], stamps: &[(String, String)]) -> String {
    let mut shown = String::from("----\n");
    for line in answer.split_inclusive(|byte| *byte == b'\n') {
        let end = line.strip_suffix(b"\n");
        let mut text = escape(end.unwrap_or(line));
        for (stamp, name) in stamps {
            text = text.replace(stamp, name);
        }
        let text = without_skew(&text);
        let text = if text.is_empty() { "(empty line)".into() } else { text };
        let end = if end.is_some() { "" } else { "(no newline)" };
        writeln!(shown, "{text}{end}").expect("a String takes everything");
    }
    shown.push('\n');
    shown
}

/// Puts stamps in place of `{now+60}` and `{now-60}`, and remembers what each stands for.
fn with_stamps(
    text: &str,
    wall: u64,
    stamps: &mut Vec<(String, String)>,
) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{now") {
        let (offset, after) = behind.split_once('}').ok_or("{now+60} wants its brace")?;
        let offset: i64 = offset.parse().map_err(|_| "{now+60} wants its sign and seconds")?;
        let stamp = wall.checked_add_signed(offset).ok_or("a stamp before 1970")?.to_string();
        filled.push_str(before);
        filled.push_str(&stamp);
        stamps.push((stamp, format!("{{now{offset:+}}}")));
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// `AT Alford +0.263873386 …` as `AT Alford +S …`, and so what is said of data: a sign and nine decimals,
/// nothing else.
fn without_skew(line: &str) -> String {
    let mut fields = line.splitn(4, ' ');
    let (Some(word @ ("AT" | "DATA" | "KEPT")), Some(server), Some(skew), Some(rest)) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return line.to_owned();
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (sign, number) = skew.split_at(usize::from(skew.starts_with(['+', '-'])));
    match number.split_once('.') {
        Some((whole, fraction))
            if !sign.is_empty() && digits(whole) && digits(fraction) && fraction.len() == 9 =>
        {
            format!("{word} {server} {sign}S {rest}")
        }
        _ => line.to_owned(),
    }
}
