//! What a connection may say before the node hears it: a client shows its token first, and who
//! greets as a server has to be the one it has shown to be.

use std::collections::BTreeMap;
use std::sync::Arc;

use herd_core::Unit;
use herd_core::codec::{Command, parse};

use crate::keys::Proof;
use crate::keys::tokens::Tokens;
use crate::live::Cut;

/// What is said to a client whose token is known.
pub(super) const WELCOME: &[u8] = b"TOKEN accepted\n";

/// What stands between a connection and the node, until it has said enough.
#[derive(Debug)]
pub(super) struct Gate {
    /// The tokens of which one has to be shown first.
    pub(super) tokens: Option<Arc<Tokens>>,
    pub(super) link: LinkGate,
    /// Neighbours that somebody has cut, one way or both: they may not greet.
    pub(super) cuts: BTreeMap<Box<str>, Cut>,
}

/// Whether it may greet as a server.
#[derive(Debug)]
pub(super) enum LinkGate {
    /// As any.
    Open,
    /// As none.
    Shut,
    /// As this one.
    Proven(Proof),
}

/// What comes of a unit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Judgement {
    /// The node hears it, and the gate stays.
    Heard,
    /// The node hears it, and whatever follows.
    Through,
    /// It was the token: the node does not hear it.
    Token,
    /// The connection is told why, and closed.
    Refused(Refusal),
}

/// Why a connection is closed by the driver.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// No token was shown.
    NoToken,
    /// A token was shown that is none.
    UnknownToken,
    /// It greets as a server, and has not shown to be one.
    Unproven,
    /// It greets as another server than it has shown to be.
    OtherServer,
    /// Somebody has cut the link to the server that greets.
    Cut,
    /// It says more lines than one address may.
    TooMany,
    /// A line did not end in time.
    HalfLine,
    /// Nothing was said for too long.
    Idle,
}

impl Refusal {
    /// What it is told.
    pub(super) const fn answer(self) -> &'static str {
        match self {
            Self::NoToken => "? a token is wanted first: TOKEN <token>\n",
            Self::UnknownToken => "? this token is not known\n",
            Self::Unproven => "? servers show who they are before they greet\n",
            Self::OtherServer => "? this is not the server that was shown to be here\n",
            Self::Cut => "? this link is cut\n",
            Self::TooMany => "? too many lines from one address: wait and connect again\n",
            Self::HalfLine => "? the line was not ended in time\n",
            Self::Idle => "? nothing was said for too long\n",
        }
    }

    /// What the log says.
    pub(super) const fn why(self) -> &'static str {
        match self {
            Self::NoToken => "no token was shown",
            Self::UnknownToken => "its token is not known",
            Self::Unproven => "it greets as a server and has not shown to be one",
            Self::OtherServer => "it greets as another server than it has shown to be",
            Self::Cut => "the link to it is cut by hand",
            Self::TooMany => "too many lines from its address",
            Self::HalfLine => "its line did not end in time",
            Self::Idle => "it said nothing for too long",
        }
    }
}

impl Gate {
    /// The gate, unless there is nothing to look at.
    pub(super) fn new(
        tokens: Option<&Arc<Tokens>>,
        link: LinkGate,
        cuts: &BTreeMap<Box<str>, Cut>,
    ) -> Option<Box<Self>> {
        let tokens = match &link {
            // A server of the herd needs none.
            LinkGate::Proven(_) => None,
            LinkGate::Open | LinkGate::Shut => tokens.cloned(),
        };
        let open = tokens.is_none() && matches!(link, LinkGate::Open) && cuts.is_empty();
        (!open).then(|| Box::new(Self { tokens, link, cuts: cuts.clone() }))
    }

    /// What comes of a unit.
    pub(super) fn judge(&mut self, unit: Unit<'_>) -> Judgement {
        let refused = Judgement::Refused;
        let line = match unit {
            Unit::Line(line) | Unit::Put(line) => line.trim_ascii(),
            Unit::Frame(_) | Unit::Garbled | Unit::Overlong(_) if self.tokens.is_none() => {
                return Judgement::Through;
            }
            Unit::Frame(_) | Unit::Garbled | Unit::Overlong(_) => {
                return refused(Refusal::NoToken);
            }
        };
        if line.is_empty() {
            return Judgement::Heard;
        }
        if line.starts_with(b"HERD")
            && let Ok(Some(Command::Herd(greeting))) = parse(line)
        {
            if self.cuts.contains_key(greeting.name) {
                return refused(Refusal::Cut);
            }
            return match &self.link {
                LinkGate::Open => Judgement::Through,
                LinkGate::Shut => refused(Refusal::Unproven),
                LinkGate::Proven(proof) => {
                    let life = proof.incarnation.is_none_or(|life| life == greeting.incarnation);
                    let is_it = *proof.name == *greeting.name && life;
                    if is_it { Judgement::Through } else { refused(Refusal::OtherServer) }
                }
            };
        }
        let Some(tokens) = &self.tokens else {
            // Not greeted with its first line, it cannot any more.
            return Judgement::Through;
        };
        match line.strip_prefix(b"TOKEN") {
            Some(rest) if rest.first().is_some_and(u8::is_ascii_whitespace) => {
                if !tokens.has(rest.trim_ascii()) {
                    return refused(Refusal::UnknownToken);
                }
                self.tokens = None;
                self.link = LinkGate::Shut;
                Judgement::Token
            }
            _ => refused(Refusal::NoToken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(link: LinkGate, lines: &[(&str, Judgement)]) {
        let mut gate = Gate { tokens: None, link, cuts: [("Welsh".into(), Cut::In)].into() };
        for (line, expected) in lines {
            assert_eq!(gate.judge(Unit::Line(line.as_bytes())), *expected, "{line}");
        }
    }

    fn ball(incarnation: Option<u64>) -> LinkGate {
        LinkGate::Proven(Proof { name: "Ball".into(), incarnation })
    }

    #[test]
    fn who_greets_is_who_was_shown() {
        let (through, refused) = (Judgement::Through, Judgement::Refused);
        check(ball(None), &[(" ", Judgement::Heard), ("HERD 1 herd Ball 7", through)]);
        check(ball(Some(7)), &[("\tHERD 1 herd Ball 7\r", through)]);
        check(ball(Some(8)), &[("HERD 1 herd Ball 7", refused(Refusal::OtherServer))]);
        check(ball(None), &[("HERD 1 herd Alford 7", refused(Refusal::OtherServer))]);
        check(LinkGate::Shut, &[("HERD 1 herd Ball 7", refused(Refusal::Unproven))]);
        check(LinkGate::Open, &[("HERD 1 herd Welsh 7", refused(Refusal::Cut))]);
        check(LinkGate::Open, &[("HERD 1 herd Ball 7", through)]);
        check(LinkGate::Shut, &[("HERD nonsense", through), ("IAMAT a +1+1 1", through)]);
    }

    #[test]
    fn nothing_to_look_at_is_no_gate() {
        let (none, some) = (BTreeMap::new(), [("Ball".into(), Cut::Both)].into());
        assert!(Gate::new(None, LinkGate::Open, &none).is_none());
        assert!(Gate::new(None, LinkGate::Shut, &none).is_some());
        assert!(Gate::new(None, LinkGate::Open, &some).is_some());
    }
}
