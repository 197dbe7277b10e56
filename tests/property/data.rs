//! Data: whatever bytes it is, it is the same everywhere, by whatever way it came.

use std::fmt::Write;

use herd_core::codec::{At, What, data_key};
use herd_core::limits::DATA_MAX;
use herd_core::time::SECOND;
use herd_sim_wasm::text::escape;
use herd_sim_wasm::{ServerId, World};
use proptest::prelude::*;

/// Any bytes, most often few; at times as many as there may be.
fn data() -> impl Strategy<Value = Vec<u8>> {
    let byte = || prop_oneof![Just(b'\n'), Just(b' '), any::<u8>()];
    prop_oneof![
        8 => prop::collection::vec(byte(), 0..100),
        1 => prop::collection::vec(any::<u8>(), DATA_MAX - 2..=DATA_MAX),
    ]
}

fn key() -> impl Strategy<Value = String> {
    "[a-c☃]{1,2}"
}

/// What a server holds under a key.
fn held<'a>(world: &'a World, server: u32, key: &str) -> Option<&'a [u8]> {
    let record = world.node(ServerId(server))?.store().get(&data_key(key.as_bytes()))?;
    match At::canonical(record.line()).expect("a record").what {
        What::Data(data) => Some(data),
        What::Place(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Flooded, given to a server that was cut off, read back from a disk and given to one that lost all,
    /// next to a client of the same name: every server holds the newest, byte for byte, and every check
    /// holds.
    #[test]
    fn data_is_the_same_everywhere(said in prop::collection::vec((0_u32..4, key(), 1_u64..5, data()), 1..8)) {
        let mut script = "herd 1 topology=ring:4 latency=10ms\n@1 cut s0-s3\n@1 cut s2-s3\n".to_owned();
        for (n, (server, key, stamp, data)) in said.iter().enumerate() {
            let at = 2 + n;
            let mut command = format!("@{at} put s{server} as w {key} {stamp}");
            write!(command, " {}", escape(data)).expect("a string takes all");
            writeln!(script, "{command}\n@{at} say s{server} IAMAT {key} +1-1 {stamp}").expect("so does this");
        }
        script.push_str("@20 heal\n@30 kill s1\n@31 restart s1\n@40 restart s2 empty\n");
        for (n, (_, key, ..)) in said.iter().enumerate() {
            writeln!(script, "@{} get s{} as r {key}", 60 + n, n % 4).expect("a string takes all");
        }
        let parsed: herd_sim_wasm::Script = script.parse().expect("a script");
        prop_assert_eq!(&parsed.to_string().parse::<herd_sim_wasm::Script>().expect("the same"), &parsed);
        let mut world = World::new(parsed);
        world.record(true);
        world.run_until(90 * SECOND);
        prop_assert!(world.broken().is_none(), "{:?}", world.broken());
        for (_, key, ..) in &said {
            let first = held(&world, 0, key).expect("it is held").to_vec();
            for server in 1..4 {
                prop_assert_eq!(held(&world, server, key), Some(&*first));
            }
            let newest = said.iter().filter(|(_, other, ..)| other == key).map(|(_, _, stamp, _)| stamp).max();
            let candidates = said.iter().filter(|(_, other, stamp, _)| other == key && Some(stamp) == newest);
            prop_assert!(candidates.into_iter().any(|(.., data)| *data == first), "it was said");
        }
        let read = world.take_answers().into_iter().filter(|answer| *answer.terminal == *"r");
        let mut answers = 0;
        for answer in read {
            let text = answer.text.as_deref().expect("an answer");
            let key = std::str::from_utf8(&answer.line[b"GET ".len()..]).expect("text");
            prop_assert!(text.starts_with(b"DATA ") && text.ends_with(b"\n"));
            let data = held(&world, 0, key).expect("it is held");
            prop_assert_eq!(&text[text.len() - 1 - data.len()..text.len() - 1], data);
            answers += 1;
        }
        prop_assert_eq!(answers, said.len());
    }
}
