//! What an update costs in a herd of a thousand: exactly.

use herd_sim_wasm::bench::Meter;
use herd_sim_wasm::scale::{Size, Way, scale};

const METER: Meter = Meter { now_ms: || 0.0, bytes: || 0 };

#[test]
fn an_update_takes_one_message_per_server_and_the_time_of_a_flood() {
    const SERVERS: u64 = 1_000;
    // Every server has eight neighbours, but where a link was drawn that was there already.
    const FLOOD: u64 = 2 * 4 * SERVERS - SERVERS + 1;
    for size in [
        Size { servers: 1_000, origins: 1, updates: 1 },
        Size { servers: 1_000, origins: 16, updates: 100 },
    ] {
        let rows = Way::ALL.map(|way| scale(&METER, size, way).expect("a herd"));
        let [flood, learned, planned] = rows;
        let (origins, updates) = (u64::from(size.origins), u64::from(size.updates));
        assert_eq!(flood.messages, updates * FLOOD);
        assert_eq!(flood.first, origins * FLOOD);
        // The first update floods, and every copy that was not needed is answered by a prune.
        assert_eq!(learned.first, origins * (2 * FLOOD - (SERVERS - 1)));
        assert_eq!(learned.messages, updates * (SERVERS - 1));
        assert_eq!(
            (planned.first, planned.messages),
            (origins * (SERVERS - 1), updates * (SERVERS - 1))
        );
        for row in [learned, planned] {
            assert_eq!(row.latency, flood.latency, "{}", row.counts());
        }
        assert_eq!(flood.latency, 100_000_000, "five hops");
    }
}
