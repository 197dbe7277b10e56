//! The scenarios over TCP, with the same text as in the simulator.

use herd_tests::scenario;
use herd_tests::tcp_herd::TcpHerd;

use crate::HERD;

#[test]
fn the_scenarios_hold_over_tcp() {
    scenario::run_all(|options| TcpHerd::start(HERD, options));
}
