//! The scenarios over everything that servers are reached by, with the same text as in the simulator.

use herd_tests::scenario;
use herd_tests::tcp_herd::TcpHerd;
use herd_tests::ways::Way;

use crate::HERD;

#[test]
fn the_scenarios_hold_over_tcp() {
    scenario::run_all(|options| TcpHerd::start(HERD, options, Way::Tcp));
}

#[test]
fn the_scenarios_hold_over_tls() {
    scenario::run_all(|options| TcpHerd::start(HERD, options, Way::Tls));
}

#[test]
fn the_scenarios_hold_over_quic() {
    scenario::run_all(|options| TcpHerd::start(HERD, options, Way::Quic));
}

#[test]
fn the_scenarios_hold_over_websocket() {
    scenario::run_all(|options| TcpHerd::start(HERD, options, Way::WebSocket));
}

#[test]
fn the_scenarios_hold_over_http() {
    scenario::run_all(|options| TcpHerd::start(HERD, options, Way::Http));
}
