//! Branches: acting in the past leaves what followed, and nothing that was seen is lost.

use std::sync::Arc;

use herd_sim_wasm::{History, LogLine, Script};

use super::Session;

/// One course of the run.
#[derive(Clone, Debug)]
pub struct Branch {
    /// All that is done in it.
    pub(super) script: Arc<Script>,
    /// The branch that it left; none for the first.
    pub parent: Option<usize>,
    /// When it left it, ns.
    pub from: u64,
    /// The last instant that was seen of it, ns.
    pub seen: u64,
}

/// All courses of a run, and which of them is shown.
#[derive(Clone, Debug)]
pub(super) struct Branches {
    list: Vec<Branch>,
    current: usize,
}

impl Branches {
    pub(super) fn new(script: &Script) -> Self {
        let first = Branch { script: Arc::new(script.clone()), parent: None, from: 0, seen: 0 };
        Self { list: vec![first], current: 0 }
    }

    pub(super) fn list(&self) -> &[Branch] {
        &self.list
    }

    pub(super) const fn current(&self) -> usize {
        self.current
    }

    /// Notes how the branch that is shown stands.
    pub(super) fn note(&mut self, script: &Script, seen: u64) {
        let branch = &mut self.list[self.current];
        if *branch.script != *script {
            branch.script = Arc::new(script.clone());
        }
        branch.seen = seen;
    }

    /// Another course begins here.
    pub(super) fn leave(&mut self, script: &Script, at: u64) {
        let parent = Some(self.current);
        self.current = self.list.len();
        let script = Arc::new(script.clone());
        self.list.push(Branch { script, parent, from: at, seen: at });
    }

    /// Shows another branch; what is done in it. `None` if there is none of that number.
    pub(super) fn show(&mut self, number: usize) -> Option<&Branch> {
        let branch = self.list.get(number)?;
        self.current = number;
        Some(branch)
    }

    /// The script of the branch that is shown.
    pub(super) fn shown(&self) -> &Branch {
        &self.list[self.current]
    }
}

/// Two branches at one instant.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What each shows.
    pub sides: [Session; 2],
    /// The first thing that happens in one and not in the other.
    pub divergence: Option<Divergence>,
    /// How they differ at this instant: what is counted, and both counts.
    pub counts: Vec<(&'static str, [String; 2])>,
}

/// The first thing that happens in one of two branches and not in the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// When, ns.
    pub at: u64,
    /// What happens in each, if anything more does.
    pub what: [Option<String>; 2],
    /// At which server, in each.
    pub server: [Option<u32>; 2],
}

impl Session {
    /// The branches, the first run first.
    #[must_use]
    pub fn branch_list(&self) -> &[Branch] {
        self.branches.list()
    }

    /// The branch that is shown.
    #[must_use]
    pub const fn current_branch(&self) -> usize {
        self.branches.current()
    }

    /// What a branch is called: what is done first in it and not in the one it left.
    #[must_use]
    pub fn branch_name(&self, number: usize) -> String {
        let Some(branch) = self.branches.list().get(number) else { return String::new() };
        let Some(parent) = branch.parent.and_then(|parent| self.branches.list().get(parent)) else {
            return "First run".to_owned();
        };
        let script = self.branch_script(number);
        let mut rows = script.entries().iter().filter(|entry| entry.on);
        let old = |at: u64, command: &herd_sim_wasm::Command| {
            let same = |entry: &herd_sim_wasm::Entry| entry.at == at && entry.command == *command;
            parent.script.entries().iter().any(same)
        };
        let new = rows.find(|entry| entry.at >= branch.from && !old(entry.at, &entry.command));
        new.map_or_else(
            || format!("Branch {}", number + 1),
            |entry| entry.command.text(script.topology()),
        )
    }

    fn branch_script(&self, number: usize) -> &Script {
        if number == self.branches.current() {
            return self.script();
        }
        &self.branches.list()[number].script
    }

    /// Shows another branch at the same instant, or where it ends.
    pub fn switch_branch(&mut self, number: usize) {
        if number == self.branches.current() {
            return;
        }
        self.branches.note(&self.history.world().script().clone(), self.seen);
        let now = self.now();
        let Some(branch) = self.branches.show(number).cloned() else { return };
        self.seen = branch.seen;
        self.history.rewrite((*branch.script).clone());
        if now > branch.seen {
            self.history.seek(branch.seen);
        }
        self.look();
    }

    /// This branch and another at the present instant.
    #[must_use]
    pub fn compare(&self, numbers: [usize; 2]) -> Option<Comparison> {
        let now = self.now();
        let side = |number: usize| {
            self.branches.list().get(number)?;
            let mut session = Self::new(self.branch_script(number).clone());
            session.followed.clone_from(&self.followed);
            session.seek(now);
            Some(session)
        };
        let sides = [side(numbers[0])?, side(numbers[1])?];
        let divergence = diverge(&sides[0].history, &sides[1].history);
        let both = |count: &dyn Fn(&Self) -> String| [count(&sides[0]), count(&sides[1])];
        let counts = vec![
            ("Know the newest", both(&|side| format!("{} of {}", side.reach().0, side.reach().1))),
            ("Messages of the last flood", both(&|side| side.flood_cost().0.to_string())),
            ("Messages so far", both(&|side| side.messages_sent().to_string())),
            ("Answers heard", both(&|side| side.history.answers().len().to_string())),
            ("Checks broken", both(&|side| side.broken_checks().to_string())),
        ];
        Some(Comparison { sides, divergence, counts })
    }

    /// Messages that were sent over links so far.
    #[must_use]
    pub fn messages_sent(&self) -> u64 {
        self.frame.links.iter().map(|link| link.sent_ab + link.sent_ba).sum()
    }

    /// Checks that are broken.
    #[must_use]
    pub fn broken_checks(&self) -> usize {
        let world = self.history.world();
        // Asked with every frame, whatever is looked at.
        let lamps = if world.is_red() { world.lamps() } else { Vec::new() };
        lamps.iter().filter(|lamp| lamp.broken.is_some()).count()
    }
}

/// The first line in which two logs differ.
fn diverge(a: &History, b: &History) -> Option<Divergence> {
    let (a, b) = (a.log(), b.log());
    let same = |(a, b): &(&LogLine, &LogLine)| {
        (a.at, a.server, a.kind, &a.text) == (b.at, b.server, b.kind, &b.text)
    };
    let alike = a.iter().zip(b).take_while(same).count();
    let next = [a.get(alike), b.get(alike)];
    let at = next.into_iter().flatten().map(|line| line.at).min()?;
    Some(Divergence {
        at,
        what: next.map(|line| line.map(|line| line.text.to_string())),
        server: next.map(|line| line.and_then(|line| line.server)),
    })
}
