//! A run for everything that must be seen sometimes: small, and opened where it is seen first.
//!
//! `cargo run -p herd-sim-wasm --example exemplars > web/src/exemplars.txt` looks for them anew.

use herd_sim_wasm::Sometimes;

/// A line each: what is seen, and a link to the run.
const EXEMPLARS: &str = include_str!("exemplars.txt");

/// A link to a run in which something is seen.
#[must_use]
pub fn of(what: Sometimes) -> Option<&'static str> {
    let mut lines = EXEMPLARS.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(name, _)| *name == what.name()).map(|(_, link)| link)
}

#[cfg(test)]
mod tests {
    use herd_sim_wasm::judge;

    use super::*;
    use crate::link;
    use crate::session::Session;

    #[test]
    fn every_run_shows_what_it_is_there_for() {
        for what in Sometimes::ALL {
            let link = of(what).unwrap_or_else(|| panic!("no run shows {}", what.name()));
            let link = link::read(link).expect("a link");
            let mut session = Session::open(&link.script).expect("a script");
            session.seek(link.at.expect("an instant"));
            let seen = session.sightings().into_iter().find(|(one, _)| *one == what);
            assert!(seen.is_some_and(|(_, count)| count > 0), "{}", what.name());
            let broken = judge(session.script()).failure;
            assert_eq!(broken, None, "{}", what.name());
        }
    }
}
