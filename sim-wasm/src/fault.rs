//! The measures of faults: how much is lost, who is parted from whom, what a disk forgets.

use std::fmt;
use std::str::FromStr;

use crate::rng::below;
use crate::text::{parse_duration, show_duration};
use crate::topology::{ServerId, Topology};

/// What becomes of one message in flight.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Deed {
    /// It arrives twice.
    Copy,
    /// It takes so much longer, ns, and others may overtake it.
    Delay(u64),
    /// It never arrives.
    Drop,
    /// It waits until the link is released.
    Keep,
}

/// A share in hundredths of a percent, from none to all: `5%`, `0.25%`.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Share(u16);

/// What a share looks like, for messages about one that does not.
pub(crate) const SHARE: &str = "a share from 0% to 100% such as 2.5%";

impl Share {
    /// Everything.
    pub const ALL: Self = Self(10_000);

    /// A share of so many hundredths of a percent; more than all is all.
    #[must_use]
    pub const fn new(hundredths: u16) -> Self {
        if hundredths > Self::ALL.0 { Self::ALL } else { Self(hundredths) }
    }

    /// Whether a draw falls into the share.
    #[must_use]
    pub const fn takes(self, draw: u64) -> bool {
        below(draw, 10_000) < self.0 as u64
    }

    /// Whether it is none.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match (part, part % 10) {
            (0, _) => write!(f, "{whole}%"),
            (_, 0) => write!(f, "{whole}.{}%", part / 10),
            _ => write!(f, "{whole}.{part:02}%"),
        }
    }
}

impl FromStr for Share {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix('%').ok_or(SHARE)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str, most: usize| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            (plain && (1..=most).contains(&text.len())).then(|| text.parse::<u32>().ok()).flatten()
        };
        let hundredths = digits(part, 2).ok_or(SHARE)? * if part.len() == 1 { 10 } else { 1 };
        let share = digits(whole, 3).ok_or(SHARE)? * 100 + hundredths;
        u16::try_from(share).ok().filter(|share| *share <= Self::ALL.0).map(Self).ok_or(SHARE)
    }
}

/// What can happen to a message on a datagram link: `loss=5% duplicate=2% corrupt=1% reorder=30ms`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Lossy {
    /// How many never arrive.
    pub loss: Share,
    /// How many come twice.
    pub duplicate: Share,
    /// How many arrive damaged.
    pub corrupt: Share,
    /// What comes on top of the latency, drawn evenly, so that one overtakes another, ns.
    pub reorder: u64,
}

/// What a lossy link looks like, for messages about one that does not.
pub(crate) const LOSSY: &str =
    "loss=5%, duplicate=2%, corrupt=1% or reorder=30ms, or the end of the command";

impl Lossy {
    /// Takes one `key=value`; whether it is one.
    pub(crate) fn set(&mut self, word: &str) -> Option<()> {
        let (key, value) = word.split_once('=')?;
        match key {
            "loss" => self.loss = value.parse().ok()?,
            "duplicate" => self.duplicate = value.parse().ok()?,
            "corrupt" => self.corrupt = value.parse().ok()?,
            "reorder" => self.reorder = parse_duration(value)?,
            _ => return None,
        }
        Some(())
    }
}

impl fmt::Display for Lossy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares =
            [("loss", self.loss), ("duplicate", self.duplicate), ("corrupt", self.corrupt)];
        for (name, share) in shares.into_iter().filter(|(_, share)| !share.is_none()) {
            write!(f, " {name}={share}")?;
        }
        if self.reorder > 0 {
            write!(f, " reorder={}", show_duration(self.reorder))?;
        }
        Ok(())
    }
}

/// How a herd is parted in two: every link between the two is cut.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sides {
    /// So many servers, drawn, and the rest.
    Size(u32),
    /// A coin is tossed for each server.
    Coin,
    /// One server and the rest.
    Isolate(ServerId),
    /// Two halves, drawn, and one server that both still reach.
    Bridge(ServerId),
    /// Every server reaches a majority, and no two the same: each only those near it on a circle.
    Ring,
    /// These servers and the rest.
    Set(Box<[ServerId]>),
}

impl Sides {
    /// Whether the servers it names exist.
    pub(crate) fn check(&self, topology: &Topology) -> Result<(), String> {
        let named = match self {
            Self::Isolate(server) | Self::Bridge(server) => std::slice::from_ref(server),
            Self::Set(servers) if servers.is_empty() => return Err("at least one server".into()),
            Self::Set(servers) => servers,
            Self::Size(_) | Self::Coin | Self::Ring => &[],
        };
        let lacks = named.iter().find(|server| server.index() >= topology.names().len());
        lacks.map_or(Ok(()), |server| Err(format!("a server instead of number {}", server.0)))
    }
}

/// What a disk has lost when its server comes back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DiskLoss {
    /// What was not synced when the server died.
    Unsynced,
    /// The same, and half of the first of these records was written.
    Torn,
    /// All of the last so many nanoseconds: somebody put an older disk in.
    Older(u64),
}

/// What clients that move by themselves do wrong: `skew=5s repeat=10% burst=5% future=1%`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Habits {
    /// Their clocks are off by at most this, drawn per client, ns.
    pub skew: u64,
    /// How many lines are said twice, the second time often to another server.
    pub repeat: Share,
    /// How many turns are ten updates at once.
    pub burst: Share,
    /// How many stamps lie further ahead than any server takes.
    pub future: Share,
}

/// What habits look like, for messages about some that do not.
pub(crate) const HABITS: &str =
    "skew=5s, repeat=10%, burst=5% or future=1%, or the end of the command";

impl Habits {
    /// Takes one `key=value`; whether it is one.
    pub(crate) fn set(&mut self, word: &str) -> Option<()> {
        let (key, value) = word.split_once('=')?;
        match key {
            "skew" => self.skew = parse_duration(value)?,
            "repeat" => self.repeat = value.parse().ok()?,
            "burst" => self.burst = value.parse().ok()?,
            "future" => self.future = value.parse().ok()?,
            _ => return None,
        }
        Some(())
    }
}

impl fmt::Display for Habits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.skew > 0 {
            write!(f, " skew={}", show_duration(self.skew))?;
        }
        let shares = [("repeat", self.repeat), ("burst", self.burst), ("future", self.future)];
        for (name, share) in shares.into_iter().filter(|(_, share)| !share.is_none()) {
            write!(f, " {name}={share}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_both_ways() {
        for text in ["0%", "5%", "2.5%", "0.25%", "0.05%", "100%"] {
            assert_eq!(text.parse::<Share>().map(|share| share.to_string()).as_deref(), Ok(text));
        }
        for bad in [
            "", "%", "5", "101%", "100.01%", "937%", "999.99%", "-1%", "1.%", ".5%", "1.234%",
            "1e1%",
        ] {
            assert!(bad.parse::<Share>().is_err(), "{bad}");
        }
        assert!(Share::ALL.takes(u64::MAX) && !Share::default().takes(0));
    }
}
