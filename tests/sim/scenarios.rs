//! The scenario files, on the simulator.

use herd_tests::scenario;
use herd_tests::sim::SimHerd;

#[test]
fn every_scenario_holds_in_the_simulator() {
    scenario::run_all(|options| Some(SimHerd::start(options)));
}
