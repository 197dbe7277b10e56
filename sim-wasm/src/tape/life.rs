//! A life of a server, as its tapes tell it.

use std::sync::Arc;

use herd_core::tape::{Fault, Item, Player, Reader, Spot};
use herd_core::{Config, Input, Instant, Now, Opening, Output};

/// Things that may stand on all tapes together: what is remembered of each takes some hundred bytes.
const STEPS_MAX: usize = 8_000_000;

/// A life of a server: one start of its process, on one tape or on several that follow each other.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) name: Box<str>,
    incarnation: u64,
    pub(super) configs: Vec<Arc<Config>>,
    pub(super) steps: Vec<Step>,
    pub(super) lines: Vec<Line>,
    /// Which of them each connection is now, by its number.
    open: Vec<Option<usize>>,
    /// Whether it ended as it was told to.
    pub(super) stopped: bool,
}

/// Something that was told.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) now: Now,
    pub(super) file: u32,
    pub(super) spot: Spot,
    /// What was written over lines: which, and how many bytes there were on it by then.
    pub(super) writes: Vec<(usize, u64)>,
    /// What was heard: the same.
    pub(super) heard: Option<(usize, u64)>,
    /// The line of which it says between which addresses it is.
    pub(super) names: Option<usize>,
}

/// A connection with addresses, from one end.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) own: Box<str>,
    pub(super) other: Box<str>,
    /// Whether this end dialed it, if that is known.
    pub(super) dialed: Option<bool>,
    pub(super) opened: usize,
    pub(super) closed: Option<usize>,
    said: u64,
    heard: u64,
}

impl Life {
    /// When it begins.
    pub(super) fn first(&self) -> Now {
        self.steps.first().map(|step| step.now).unwrap_or_default()
    }

    /// Its place among all lives: those of a server one after the other.
    pub(super) fn order(&self) -> (&str, u64, Instant) {
        (&self.name, self.incarnation, self.first().mono)
    }

    fn line_of(&self, conn: u32) -> Option<usize> {
        self.open.get(conn as usize).copied().flatten()
    }

    /// Something was told; what the node did then is in `out`.
    fn take(&mut self, item: &Item<'_>, step: Step, out: &[(u32, Said)]) {
        let number = self.steps.len();
        self.steps.push(step);
        match *item {
            Item::Ends { conn, own, other, said, heard } => {
                self.name_line(number, conn.0, (own, other), (said, heard));
            }
            Item::Input(Input::Opened { conn, how }) => {
                if let Some(line) = self.line_of(conn.0) {
                    self.lines[line].dialed = Some(matches!(how, Opening::Dialed(_)));
                }
            }
            Item::Input(Input::Heard { conn, unit }) => {
                if let Some(at) = self.line_of(conn.0) {
                    let line = &mut self.lines[at];
                    line.heard += unit.size() as u64;
                    self.steps[number].heard = Some((at, line.heard));
                }
            }
            Item::Input(Input::Closed(conn)) => self.close(number, conn.0),
            Item::Stopped => self.stopped = true,
            Item::Input(_) | Item::Reconfigured(_) | Item::Start { .. } => {}
        }
        for (conn, said) in out {
            match said {
                Said::Bytes(length) => {
                    if let Some(at) = self.line_of(*conn) {
                        let line = &mut self.lines[at];
                        line.said += length;
                        let said = line.said;
                        self.steps[number].writes.push((at, said));
                    }
                }
                Said::Bye => self.close(number, *conn),
            }
        }
    }

    fn name_line(&mut self, step: usize, conn: u32, ends: (&str, &str), passed: (u64, u64)) {
        let at = conn as usize;
        if self.open.len() <= at {
            self.open.resize(at + 1, None);
        }
        let same = |line: &&usize| {
            let line = &self.lines[**line];
            (&*line.own, &*line.other) == ends && passed != (0, 0)
        };
        // On a tape that follows another, connections that are open are named once more.
        let line = self.open[at].as_ref().filter(same).copied().unwrap_or_else(|| {
            self.lines.push(Line {
                own: ends.0.into(),
                other: ends.1.into(),
                dialed: None,
                opened: step,
                closed: None,
                said: passed.0,
                heard: passed.1,
            });
            self.lines.len() - 1
        });
        self.open[at] = Some(line);
        self.steps[step].names = Some(line);
    }

    fn close(&mut self, step: usize, conn: u32) {
        if let Some(line) = self.open.get_mut(conn as usize).and_then(Option::take) {
            self.lines[line].closed = Some(step);
        }
    }

    /// Goes on with what follows on another tape.
    fn go_on(&mut self, other: Self) {
        let steps = self.steps.len();
        // Lines that are named again at its beginning are the same.
        let mut numbers = Vec::with_capacity(other.lines.len());
        for mut line in other.lines {
            let known = self.open.iter().flatten().copied().find(|known| {
                let known = &self.lines[*known];
                (&known.own, &known.other) == (&line.own, &line.other) && known.closed.is_none()
            });
            line.opened += steps;
            line.closed = line.closed.map(|step| step + steps);
            match known {
                Some(known) => {
                    let before = &mut self.lines[known];
                    (before.said, before.heard) = (line.said, line.heard);
                    before.closed = line.closed;
                    numbers.push(known);
                }
                None => {
                    numbers.push(self.lines.len());
                    self.lines.push(line);
                }
            }
        }
        self.steps.extend(other.steps.into_iter().map(|mut step| {
            step.writes.iter_mut().for_each(|(line, _)| *line = numbers[*line]);
            step.heard = step.heard.map(|(line, bytes)| (numbers[line], bytes));
            step.names = step.names.map(|line| numbers[line]);
            step
        }));
        self.open = other.open.iter().map(|line| line.map(|line| numbers[line])).collect();
        self.configs.extend(other.configs);
        self.stopped |= other.stopped;
    }
}

/// What a node did to a connection.
#[derive(Clone, Copy, Debug)]
enum Said {
    Bytes(u64),
    Bye,
}

/// Plays a tape and adds the life that it tells.
pub(super) fn play(
    number: u32,
    name: &str,
    tape: &[u8],
    lives: &mut Vec<Life>,
    remarks: &mut Vec<String>,
) -> Result<(), String> {
    let told = |fault: Fault| format!("{name}: {fault}");
    let reader = Reader::new(tape).map_err(told)?;
    if reader.core() != crate::pack::CORE {
        remarks.push(format!("{name} was written by another version: servers may do otherwise"));
    }
    let before: usize = lives.iter().map(|life| life.steps.len()).sum();
    let mut player = Player::new(reader);
    let mut life: Option<Life> = None;
    let mut differs = false;
    loop {
        let spot = player.reader().spot();
        let played = match player.play() {
            None => break,
            Some(Ok(played)) => played,
            Some(Err(fault @ Fault::Torn { .. })) => {
                remarks.push(told(fault));
                break;
            }
            Some(Err(fault)) => return Err(told(fault)),
        };
        if !played.agrees() && !differs {
            differs = true;
            remarks.push(format!("{name}: a server does otherwise here than it did then"));
        }
        let item = &played.entry.item;
        if let Item::Start { node, lost, .. } = item {
            if *lost > 0 {
                remarks.push(format!("{name}: {lost} things before it are on no tape"));
            }
            life = Some(Life {
                name: node.config().name.clone(),
                incarnation: node.config().incarnation,
                configs: vec![Arc::clone(node.config())],
                steps: Vec::new(),
                lines: Vec::new(),
                open: Vec::new(),
                stopped: false,
            });
        }
        let Some(life) = &mut life else { continue };
        if before + life.steps.len() >= STEPS_MAX {
            return Err(format!("tapes on which at most {STEPS_MAX} things stand are expected"));
        }
        if let Item::Reconfigured(config) = item {
            life.configs.push(Arc::clone(config));
        }
        let step = Step {
            now: played.entry.now,
            file: number,
            spot,
            writes: Vec::new(),
            heard: None,
            names: None,
        };
        let said: Vec<(u32, Said)> = player.out().outputs().iter().filter_map(said).collect();
        life.take(item, step, &said);
    }
    lives.extend(life);
    Ok(())
}

fn said(output: &Output) -> Option<(u32, Said)> {
    match *output {
        Output::Write { conn, bytes } => Some((conn.0, Said::Bytes(bytes.len() as u64))),
        Output::Hangup(conn) => Some((conn.0, Said::Bye)),
        Output::Dial { .. }
        | Output::Event(_)
        | Output::Lookup { .. }
        | Output::Notify(_)
        | Output::Pause(_)
        | Output::Resume(_) => None,
    }
}

/// Lives in the order of their servers and times, those on several tapes as one.
pub(super) fn joined(lives: Vec<Life>) -> Vec<Life> {
    let mut joined: Vec<Life> = Vec::new();
    for life in lives {
        match joined.last_mut() {
            Some(last) if last.name == life.name && last.incarnation == life.incarnation => {
                last.go_on(life);
            }
            _ => joined.push(life),
        }
    }
    joined
}
