//! Runs to begin with. Each is a script like any other.

use herd_core::time::MILLISECOND;
use herd_sim_wasm::{Command, Options, Script, ServerId};

/// A run to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// What it is called.
    pub name: &'static str,
    /// Among which it stands.
    pub group: Group,
    /// What there is to see, in a sentence or two.
    pub story: &'static str,
    /// The script.
    pub script: &'static str,
}

/// What presets are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What a herd does.
    First,
    /// What its shape does to it.
    Shapes,
    /// What it survives.
    Faults,
    /// Clients, their clocks, and Places.
    Clients,
    /// Herds of many.
    Large,
}

impl Group {
    /// All of them, in order.
    pub const ALL: [Self; 5] =
        [Self::First, Self::Shapes, Self::Faults, Self::Clients, Self::Large];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "First steps",
            Self::Shapes => "Shapes",
            Self::Faults => "Faults",
            Self::Clients => "Clients and clocks",
            Self::Large => "Large herds",
        }
    }
}

/// The one that opens with the page. It is the five servers whole and not the first report's
/// experiment, which has Holiday down: a newcomer first sees a flood reach everyone, and then does the
/// experiment with their own hands (the third prompt of the first minute). It is the second here.
pub const FIRST: Preset = Preset {
    name: "Five servers",
    group: Group::First,
    story: "Kiwi tells one server where it is, and the herd tells itself. Whoever knows \
            already passes nothing on.",
    script: "herd 1 seed=1 topology=places-2016\n\
        @1 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
        @1.7 say Holiday WHATSAT kiwi 10 5\n\
        @2.3 say Ball IAMAT kiwi +34.031210-118.486310 1700000002.300000000\n",
};

/// The script of the [first](FIRST), put together and not read: what reads scripts need not be there
/// before it plays.
#[must_use]
pub fn first() -> Script {
    let options = Options { seed: 1, ..Options::default() };
    let Ok(mut script) = Script::in_field(options) else {
        unreachable!("the five servers are known")
    };
    for (ms, server, line) in [
        (1_000, 0, "IAMAT kiwi +34.068930-118.445127 1700000001.000000000"),
        (1_700, 3, "WHATSAT kiwi 10 5"),
        (2_300, 1, "IAMAT kiwi +34.031210-118.486310 1700000002.300000000"),
    ] {
        let said = script.add(ms * MILLISECOND, Command::say(ServerId(server), line));
        debug_assert!(said.is_ok(), "there are five servers");
    }
    script
}

/// All of them.
pub const PRESETS: &[Preset] = &[
    FIRST,
    Preset {
        name: "Holiday is down",
        group: Group::First,
        story: "The experiment of the first report: records flow one way only, and with Holiday \
                down nobody hears what Hamilton is told. When Holiday is back, it is repaired.",
        script: "herd 1 seed=1 topology=seed-2016\n\
            @1 kill Holiday\n\
            @1.3 say Hamilton IAMAT kiwi +34.068930-118.445127 1700000001.300000000\n\
            @1.8 say Alford WHATSAT kiwi 10 5\n\
            @2.5 restart Holiday\n\
            @3.5 say Alford WHATSAT kiwi 10 5\n",
    },
    Preset {
        name: "Five in a line",
        group: Group::Shapes,
        story: "Hop by hop, a tenth of a second each: news from one end reaches the other after \
                four.",
        script: "herd 1 seed=1 topology=line:5\n\
            @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n",
    },
    Preset {
        name: "Ring of eight",
        group: Group::Shapes,
        story: "Two fronts run around the ring and meet on the far side, where both copies stop.",
        script: "herd 1 seed=1 topology=ring:8\n\
            @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
            @2.1 kill s4\n\
            @2.3 say s0 IAMAT kiwi +34.031210-118.486310 1700000002.300000000\n\
            @3.5 restart s4 empty\n",
    },
    Preset {
        name: "Star of nine",
        group: Group::Shapes,
        story: "The hub tells everyone in two hops, and is the only one who can.",
        script: "herd 1 seed=1 topology=star:9\n\
            @1 say s3 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n",
    },
    Preset {
        name: "Grid, 5 × 5",
        group: Group::Shapes,
        story: "A wave across the grid: 56 messages for 25 servers, and 32 of them are not news.",
        script: "herd 1 seed=1 topology=grid:5x5 preset=classic\n\
            @1 say s12 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n",
    },
    Preset {
        name: "Line of 25",
        group: Group::Shapes,
        story: "The fewest messages, 24, and the longest wait.",
        script: "herd 1 seed=1 topology=line:25 preset=classic\n\
            @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n",
    },
    Preset {
        name: "Tree of 25",
        group: Group::Shapes,
        story: "24 messages again, and a short wait; but every inner server is one that must not \
                fail.",
        script: "herd 1 seed=1 topology=tree:25:4 preset=classic\n\
            @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n",
    },
    Preset {
        name: "Everyone to everyone, 25",
        group: Group::Shapes,
        story: "One hop, and 576 messages for 24 that were needed.",
        script: "herd 1 seed=1 topology=complete:25 preset=classic\n\
            @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n",
    },
    Preset {
        name: "The slow link",
        group: Group::Faults,
        story: "Ball and Welsh are far apart. The news arrives the long way round first, and the \
                slow copy comes too late to matter.",
        script: "herd 1 seed=1 topology=places-2016\n\
            @1 latency Ball-Welsh 900ms\n\
            @1.1 say Welsh IAMAT kiwi +34.068930-118.445127 1700000001.100000000\n",
    },
    Preset {
        name: "The slow server",
        group: Group::Faults,
        story: "Hamilton takes half a second over every message. Nobody waits for it: the news goes \
                round the other way.",
        script: "herd 1 seed=1 topology=places-2016\n\
            @1 slow Hamilton 500ms\n\
            @1.1 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.100000000\n",
    },
    Preset {
        name: "Bridge",
        group: Group::Faults,
        story: "The only server between two halves dies in the middle of a flood, and comes back: \
                the other half is told what it missed.",
        script: "herd 1 seed=1 topology=line:5\n\
            @1 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
            @1.2 kill s2\n\
            @2.5 restart s2\n",
    },
    Preset {
        name: "One-way street",
        group: Group::Faults,
        story: "Nothing passes from Alford to Welsh any more, though Welsh still reaches Alford: \
                the link cannot live, and the others carry the news.",
        script: "herd 1 seed=1 topology=places-2016\n\
            @1 cut Alford>Welsh\n\
            @1.3 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.300000000\n\
            @2.7 heal\n",
    },
    Preset {
        name: "Two halves",
        group: Group::Faults,
        story: "Two cuts, and the herd is two herds. Each is told another place; once healed, the \
                newer one wins everywhere.",
        script: "herd 1 seed=1 topology=places-2016\n\
            @1 cut Alford-Welsh\n\
            @1 cut Hamilton-Holiday\n\
            @1.3 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.300000000\n\
            @1.6 say Ball IAMAT kiwi +34.031210-118.486310 1700000001.600000000\n\
            @2.5 heal\n",
    },
    Preset {
        name: "Swizzle",
        group: Group::Faults,
        story: "Three links are cut one by one and healed in another order, while kiwi moves.",
        script: "herd 1 seed=2 topology=ring:8\n\
            @1 swizzle 3 300ms\n\
            @1.4 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.400000000\n\
            @2.2 say s4 IAMAT kiwi +34.031210-118.486310 1700000002.200000000\n",
    },
    Preset {
        name: "Losing the disk",
        group: Group::Faults,
        story: "Holiday comes back knowing nothing, and its neighbours tell it all they know.",
        script: "herd 1 seed=1 topology=places-2016\n\
            @1 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
            @1.2 say Ball IAMAT plum +34.101200-118.330300 1700000001.200000000\n\
            @2 kill Holiday\n\
            @2.5 restart Holiday empty\n",
    },
    Preset {
        name: "Two clocks",
        group: Group::Clients,
        story: "Kiwi moves, but its second stamp is from a clock that runs behind: the older place \
                wins, and no server is to blame.",
        script: "herd 1 seed=1 topology=places-2016\n\
            @0.9 clock Welsh +3.5\n\
            @1 say Alford IAMAT kiwi +34.068930-118.445127 1700000006.000000000\n\
            @1.9 say Welsh IAMAT kiwi +34.031210-118.486310 1700000001.900000000\n",
    },
    Preset {
        name: "A stamp from the future",
        group: Group::Clients,
        story: "A stamp ten years ahead would win for ever. A server whose clock is right refuses it, \
                and the next honest one is taken.",
        script: "herd 1 seed=1 topology=places-2016\n\
            @1 say Alford IAMAT kiwi +34.068930-118.445127 2015000000.000000000\n\
            @1.6 say Ball IAMAT kiwi +34.031210-118.486310 1700000001.600000000\n\
            @2.2 say Holiday WHATSAT kiwi 10 5\n",
    },
    Preset {
        name: "A client on its way",
        group: Group::Clients,
        story: "Kiwi crosses the city and tells whoever is nearest. Every update grows a tree of its \
                own teller.",
        script: "herd 1 seed=1 topology=places-2016\n\
            @1 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
            @1.5 say Hamilton IAMAT kiwi +34.061000-118.400000 1700000001.500000000\n\
            @2 say Holiday IAMAT kiwi +34.052000-118.350000 1700000002.000000000\n\
            @2.5 say Ball IAMAT kiwi +34.045000-118.300000 1700000002.500000000\n\
            @3 say Alford WHATSAT kiwi 10 5\n",
    },
    Preset {
        name: "Places is down",
        group: Group::Clients,
        story: "The herd knows where kiwi is; only the Places service does not answer. The client \
                is told so, and the server lives on.",
        script: "herd 1 seed=1 topology=places-2016 places=down\n\
            @1 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
            @1.7 say Holiday WHATSAT kiwi 10 5\n",
    },
    Preset {
        name: "A busy herd",
        group: Group::Large,
        story: "Eight clients move about and ask by themselves, on twelve servers with uneven \
                links.",
        script: "herd 1 seed=7 topology=random:12:3 latency=40ms..160ms clients=8 pace=600ms\n",
    },
    Preset {
        name: "Sixty, small world",
        group: Group::Large,
        story: "Mostly neighbours, and a few long shortcuts: the news jumps, then spreads.",
        script: "herd 1 seed=4 topology=small-world:60:4:12 latency=60ms..140ms\n\
            @1.2 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.200000000\n",
    },
    Preset {
        name: "A thousand",
        group: Group::Large,
        story: "A thousand servers, each with a few neighbours and some far ones: the news takes a few \
                hops.",
        script: "herd 1 seed=4 topology=small-world:1000:4:12 latency=60ms..140ms\n\
            @1.2 say s0 IAMAT kiwi +34.068930-118.445127 1700000001.200000000\n",
    },
    Preset {
        name: "Ten thousand",
        group: Group::Large,
        story: "A wave over uneven links: 29,601 messages bring 9,999 servers their news, and the next \
                update takes 9,999.",
        script: "herd 1 seed=1 topology=grid:100x100 latency=10ms..30ms\n\
            @0.5 say s5050 IAMAT kiwi +34.068930-118.445127 1700000000.500000000\n",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_script_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for preset in PRESETS {
            let script: Script =
                preset.script.parse().unwrap_or_else(|why| panic!("{}: {why}", preset.name));
            assert!(seen.insert(script.to_string()), "{} is there twice", preset.name);
            assert!(script.to_string().starts_with("herd 1 seed="), "{}", preset.name);
            // The page tells by the text which preset it shows.
            assert_eq!(script.to_string(), preset.script, "{}: write it so", preset.name);
        }
    }

    #[test]
    fn the_first_is_what_its_text_says() {
        assert_eq!(first(), FIRST.script.parse().expect("a script"));
    }

    #[test]
    fn no_preset_breaks_a_check() {
        for preset in PRESETS.iter().filter(|preset| preset.group != Group::Large) {
            let script: Script = preset.script.parse().expect("a script");
            assert_eq!(herd_sim_wasm::judge(&script).failure, None, "{}", preset.name);
        }
    }

    #[test]
    fn every_group_has_presets_and_they_stand_together() {
        let mut groups: Vec<Group> = PRESETS.iter().map(|preset| preset.group).collect();
        groups.dedup();
        assert_eq!(groups, Group::ALL);
    }
}
