//! Runs to begin with: each a script and a sentence.

/// A run to begin with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// Its script. The first line is a remark that says what happens.
    pub script: &'static str,
}

impl Scenario {
    /// What happens, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> &'static str {
        let first = self.script.lines().next().unwrap_or_default();
        first.trim_start_matches('#').trim()
    }
}

/// Every scenario, by name.
pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "bridge", script: include_str!("scenarios/bridge.txt") },
    Scenario { name: "crash", script: include_str!("scenarios/crash.txt") },
    Scenario { name: "equal-stamps", script: include_str!("scenarios/equal-stamps.txt") },
    Scenario { name: "flood", script: include_str!("scenarios/flood.txt") },
    Scenario { name: "half-open", script: include_str!("scenarios/half-open.txt") },
    Scenario { name: "lost-root", script: include_str!("scenarios/lost-root.txt") },
    Scenario { name: "partition", script: include_str!("scenarios/partition.txt") },
    Scenario { name: "silent-places", script: include_str!("scenarios/silent-places.txt") },
    Scenario { name: "wrong-clock", script: include_str!("scenarios/wrong-clock.txt") },
];

/// The scenario of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Script, judge};

    #[test]
    fn every_scenario_is_a_script_that_holds() {
        for scenario in SCENARIOS {
            let script: Script = scenario.script.parse().expect(scenario.name);
            assert_eq!(judge(&script).failure, None, "{}", scenario.name);
            assert!(scenario.sentence().ends_with('.'));
            assert_eq!(named(scenario.name), Some(scenario));
        }
        assert!(SCENARIOS.is_sorted_by_key(|scenario| scenario.name));
    }
}
