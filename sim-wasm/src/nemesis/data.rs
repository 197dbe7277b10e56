//! What clients have kept besides where they are.

use herd_core::limits::DATA_MAX;
use herd_core::time::MILLISECOND;

use super::{Luck, Plan, faults, herd};
use crate::clock;
use crate::command::Command;
use crate::text::show_seconds;

/// Keys; the last are clients, too.
const KEYS: [&[u8]; 4] = [b"d0", b"d1", b"c0", b"c1"];

/// Data of any bytes, mostly a few, at times as many as there may be; and questions for it.
pub(super) fn add(plan: &mut Plan, luck: &mut Luck) {
    for _ in 0..luck.between(1, 8) {
        let (at, server) = (herd::telling(plan, luck), faults::server(plan, luck));
        let at = at / MILLISECOND * MILLISECOND;
        let key = luck.pick(&KEYS).into();
        if luck.below(3) == 0 {
            plan.at(at, Command::Get { server, terminal: "reader".into(), key });
            continue;
        }
        let stamp = show_seconds(clock::wall(at).0.cast_unsigned()).into();
        let length = match luck.below(8) {
            0 if plan.long_data => luck.between(1, DATA_MAX as u64),
            1 => 0,
            _ => luck.between(1, 200),
        };
        // All bytes there are, white space and line ends among them.
        let (first, step) = (luck.below(256), luck.below(128) * 2 + 1);
        let data = (0..length).map(|n| ((first + n * step) % 256).to_le_bytes()[0]).collect();
        plan.at(at, Command::Put { server, terminal: "writer".into(), key, stamp, data });
    }
}
