//! The first minute: what a newcomer may try, each ticked by itself however it was done.

use herd_sim_wasm::view::{Knowledge, ServerState};
use herd_sim_wasm::{Command, LogKind};

use crate::session::Session;

/// Something to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What.
    pub text: &'static str,
    /// How, by mouse or touch and by keyboard.
    pub how: &'static str,
}

/// What a newcomer may try, in order.
pub const PROMPTS: [Prompt; 5] = [
    Prompt {
        text: "Watch: one server is told, the herd tells itself.",
        how: "Press play, or Space, if it stands still.",
    },
    Prompt {
        text: "Your turn: send an update.",
        how: "Choose a server: “kiwi is here”, or U. Or double-click it.",
    },
    Prompt {
        text: "Kill Holiday and tell Hamilton an update. Who misses it?",
        how: "Choose Holiday: Kill, or K. Then Hamilton: “kiwi is here”, or U.",
    },
    Prompt {
        text: "Go back in time and leave Holiday alive.",
        how: "Drag the time back before the kill and do something else, or switch the row off \
              under Script.",
    },
    Prompt {
        text: "Revive a dead server and watch the repair.",
        how: "Choose it: Restart, or K. Green marks bring what it missed. If nobody is down now, \
              kill one first, and send an update.",
    },
];

/// Of [`PROMPTS`], the one that asks: there is something to guess before one sees it.
pub const GUESSED: usize = 2;
/// What is asked once the update is on its way, and stands still until then.
pub const QUESTION: Prompt = Prompt {
    text: "Who misses it? Click your guess, then play.",
    how: "Here or on the stage; Space plays.",
};
/// An update has gone as far as it goes after so long, ns, whatever else was done.
const GONE_FAR: u64 = herd_core::time::SECOND;

/// Which prompts have been done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// In the order of [`PROMPTS`].
    pub done: [bool; PROMPTS.len()],
    /// Whether the update that somebody misses is on its way, and where it goes is still to be seen.
    pub asks: bool,
    /// Who misses it, as the person says.
    pub guess: Option<u32>,
    /// Who missed it.
    missed: Option<Vec<u32>>,
    /// Updates that the run came with.
    came_with: Option<usize>,
}

impl Progress {
    /// What has been done by now, and before.
    #[must_use]
    pub fn seen(mut self, session: &Session) -> Self {
        let entries = session.script().entries();
        let says = |command: &Command| matches!(command, Command::Say { line, .. } if line.starts_with(b"IAMAT "));
        let updates = entries.iter().filter(|entry| says(&entry.command)).count();
        let came_with = *self.came_with.get_or_insert(updates);
        let passed = || entries.iter().filter(|entry| entry.on && entry.at <= session.now());
        let kill = passed().find(|entry| matches!(entry.command, Command::Kill(_)));
        let told_after =
            |at: u64| passed().find(|entry| entry.at >= at && says(&entry.command)).map(|e| e.at);
        let told = kill.and_then(|kill| told_after(kill.at));
        let gone = told.is_some_and(|told| has_gone_far(session, told));
        let kept_off = entries.iter().any(|e| !e.on && matches!(e.command, Command::Kill(_)));
        let repaired = session
            .log()
            .iter()
            .any(|line| line.kind == LogKind::Learned && line.text.starts_with("repaired"));
        // Who was away for so short a while that it missed nothing is only greeted again.
        let greeted = |server: u32, after: u64| {
            let mut later = session.log().iter().rev().take_while(|line| line.at > after);
            later.any(|line| {
                line.kind == LogKind::Link
                    && line.server == Some(server)
                    && line.text.starts_with("+ ")
            })
        };
        let revived = passed().any(|entry| {
            matches!(entry.command, Command::Restart { server, .. } if greeted(server.0, entry.at))
        });
        let (know, all) = session.reach();
        let now = [
            know == all && session.log().iter().any(|line| line.kind == LogKind::Accepted),
            updates > came_with,
            gone,
            session.branches() > 0 || kept_off,
            repaired || revived && know == all,
        ];
        let guessed = self.done[GUESSED];
        for (done, now) in self.done.iter_mut().zip(now) {
            *done |= now;
        }
        if self.done[GUESSED] && !guessed {
            self.missed = Some(missing(session));
        }
        self.asks = told.is_some() && self.next().is_some_and(|(next, _)| next == GUESSED);
        self
    }

    /// What became of the guess, in words, until the next prompt is done as well.
    #[must_use]
    pub fn verdict(&self, name: impl Fn(u32) -> String) -> Option<String> {
        let missed = self.missed.as_deref().filter(|_| !self.done[GUESSED + 1])?;
        let guess = |server: u32| missed == [server];
        let names: Vec<String> = missed.iter().map(|server| name(*server)).collect();
        let who = match &*names {
            [] => "Nobody missed it.".to_owned(),
            [one] => format!("Only {one} missed it: the others told each other."),
            more => format!("These missed it: {}.", more.join(", ")),
        };
        Some(match self.guess {
            None => who,
            Some(server) if guess(server) => format!("You were right. {who}"),
            Some(server) => format!("You said {}. {who}", name(server)),
        })
    }

    /// Changes whenever the card says something else.
    #[must_use]
    pub fn print(&self) -> u64 {
        let done = self.done.iter().filter(|done| **done).count() as u64;
        done << 1 | u64::from(self.asks)
    }

    /// The next to try; none when all are done.
    #[must_use]
    pub fn next(&self) -> Option<(usize, Prompt)> {
        let next = self.done.iter().position(|done| !done)?;
        Some((next, PROMPTS[next]))
    }
}

/// Whether the update of that instant was taken, and all who are up know of it; or it has had its time.
fn has_gone_far(session: &Session, told: u64) -> bool {
    let taken = |line: &herd_sim_wasm::LogLine| line.at >= told && line.kind == LogKind::Accepted;
    let servers = &session.frame().servers;
    let up = servers.iter().filter(|server| !server.away && server.state == ServerState::Up);
    let all = session.reach().0 == up.count() && session.log().iter().any(taken);
    all || session.now() >= told + GONE_FAR
}

/// The servers that do not know the newest.
fn missing(session: &Session) -> Vec<u32> {
    let frame = session.frame();
    let servers = (0..).zip(frame.servers.iter().zip(&frame.knowledge));
    let misses = |knows: &Knowledge| !knows.newest || knows.version == 0;
    let missing = servers.filter(|(_, (server, knows))| !server.away && misses(knows));
    missing.map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use herd_sim_wasm::ServerId;

    use super::*;
    use crate::presets::PRESETS;

    const SECOND: u64 = herd_core::time::SECOND;

    #[test]
    fn each_prompt_ticks_itself() {
        let mut session = Session::open(PRESETS[0].script).expect("a preset is a script");
        let mut progress = Progress::default().seen(&session);
        assert_eq!(progress.done, [false; 5]);
        session.seek(3 * SECOND);
        progress = progress.seen(&session);
        assert_eq!(progress.done, [true, false, false, false, false]);
        let tell = |server, stamp: &str| {
            Command::say(ServerId(server), &format!("IAMAT kiwi +34.1-118.4 {stamp}"))
        };
        session.act(Command::Kill(ServerId(3))).expect("Holiday can be killed");
        session.advance(SECOND / 10);
        session.act(tell(2, "1700000003.1")).expect("Hamilton can be told");
        progress = progress.seen(&session);
        assert_eq!((progress.done, progress.asks), ([true, true, false, false, false], true));
        progress.guess = Some(4);
        session.advance(SECOND);
        progress = progress.seen(&session);
        assert_eq!((progress.done, progress.asks), ([true, true, true, false, false], false));
        let verdict =
            |progress: &Progress| progress.verdict(|server| session.server_name(server).to_owned());
        let said = "You said Welsh. Only Holiday missed it: the others told each other.";
        assert_eq!(verdict(&progress).as_deref(), Some(said));
        progress.guess = Some(3);
        let said = "You were right. Only Holiday missed it: the others told each other.";
        assert_eq!(verdict(&progress).as_deref(), Some(said));
        session.act(Command::Restart { server: ServerId(3), store: true }).expect("a restart");
        session.advance(2 * SECOND);
        progress = progress.seen(&session);
        assert_eq!(progress.done, [true, true, true, false, true]);
        session.seek(2 * SECOND + SECOND / 2);
        session.act(tell(1, "1700000002.5")).expect("Ball can be told");
        progress = progress.seen(&session);
        assert_eq!((progress.done, progress.next()), ([true; 5], None));
        assert_eq!(progress.verdict(|_| String::new()), None, "that was long ago");
    }

    #[test]
    fn who_was_away_for_a_moment_and_missed_nothing_is_revived_too() {
        let mut session = Session::open(PRESETS[0].script).expect("a preset is a script");
        session.seek(3 * SECOND);
        session.act(Command::Kill(ServerId(3))).expect("Holiday can be killed");
        session.advance(SECOND / 10);
        session.act(Command::Restart { server: ServerId(3), store: true }).expect("a restart");
        let revived = |session: &Session| Progress::default().seen(session).done[4];
        assert!(!revived(&session), "nobody has greeted it yet");
        session.advance(2 * SECOND);
        assert!(revived(&session));
        let repaired = |line: &herd_sim_wasm::LogLine| line.text.starts_with("repaired");
        assert!(!session.log().iter().any(repaired), "it missed nothing");
    }
}
