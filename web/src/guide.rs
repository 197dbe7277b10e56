//! The first minute: what a newcomer may try, each ticked by itself however it was done.

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

/// Which prompts have been done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// In the order of [`PROMPTS`].
    pub done: [bool; PROMPTS.len()],
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
        let told_after = |at: u64| passed().any(|entry| entry.at > at && says(&entry.command));
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
            kill.is_some_and(|kill| told_after(kill.at)),
            session.branches() > 0 || kept_off,
            repaired || revived && know == all,
        ];
        for (done, now) in self.done.iter_mut().zip(now) {
            *done |= now;
        }
        self
    }

    /// The next to try; none when all are done.
    #[must_use]
    pub fn next(&self) -> Option<(usize, Prompt)> {
        let next = self.done.iter().position(|done| !done)?;
        Some((next, PROMPTS[next]))
    }
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
        session.advance(SECOND);
        progress = progress.seen(&session);
        assert_eq!(progress.done, [true, true, true, false, false]);
        session.act(Command::Restart { server: ServerId(3), store: true }).expect("a restart");
        session.advance(2 * SECOND);
        progress = progress.seen(&session);
        assert_eq!(progress.done, [true, true, true, false, true]);
        session.seek(2 * SECOND + SECOND / 2);
        session.act(tell(1, "1700000002.5")).expect("Ball can be told");
        progress = progress.seen(&session);
        assert_eq!((progress.done, progress.next()), ([true; 5], None));
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
