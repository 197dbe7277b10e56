//! Which core this is: a number that changes with its sources.

/// A hash of the core's sources: two programs with the same number play a script alike.
pub const CORE: u32 = {
    let hash = hash_all();
    let [a, b, c, d, e, f, g, h] = hash.to_le_bytes();
    u32::from_le_bytes([a ^ e, b ^ f, c ^ g, d ^ h])
};

/// Every file of the core that is no test. A test of this crate sees that none is missing.
const SOURCES: &[(&str, &[u8])] = &[
    source!("clocks.rs"),
    source!("codec/data.rs"),
    source!("codec/encode.rs"),
    source!("codec/fields.rs"),
    source!("codec/frame.rs"),
    source!("codec/framer.rs"),
    source!("codec/list.rs"),
    source!("codec/mod.rs"),
    source!("codec/number.rs"),
    source!("codec/parse.rs"),
    source!("codec/places.rs"),
    source!("codec/put.rs"),
    source!("codec/ranges.rs"),
    source!("codec/read.rs"),
    source!("codec/seal.rs"),
    source!("config.rs"),
    source!("floor.rs"),
    source!("form.rs"),
    source!("grow.rs"),
    source!("have.rs"),
    source!("id.rs"),
    source!("lib.rs"),
    source!("limits.rs"),
    source!("link.rs"),
    source!("link/budget.rs"),
    source!("link/lists.rs"),
    source!("link/waiting.rs"),
    source!("lookup.rs"),
    source!("node.rs"),
    source!("node/acks.rs"),
    source!("node/audit.rs"),
    source!("node/batch.rs"),
    source!("node/client.rs"),
    source!("node/confirm.rs"),
    source!("node/conns.rs"),
    source!("node/digests.rs"),
    source!("node/flood.rs"),
    source!("node/form.rs"),
    source!("node/forward.rs"),
    source!("node/gossip.rs"),
    source!("node/lives.rs"),
    source!("node/neighbour.rs"),
    source!("node/plumtree.rs"),
    source!("node/reconfigure.rs"),
    source!("node/repair.rs"),
    source!("node/restore.rs"),
    source!("node/riding.rs"),
    source!("node/room.rs"),
    source!("node/serving.rs"),
    source!("node/shared.rs"),
    source!("node/spreading.rs"),
    source!("node/timers.rs"),
    source!("node/touch.rs"),
    source!("node/trees.rs"),
    source!("node/unheard.rs"),
    source!("node/watch.rs"),
    source!("origin.rs"),
    source!("origin/compare.rs"),
    source!("origin/form.rs"),
    source!("origin/log.rs"),
    source!("origin/name.rs"),
    source!("origin/room.rs"),
    source!("outbox.rs"),
    source!("outbox/mark.rs"),
    source!("overlay.rs"),
    source!("peers.rs"),
    source!("preset.rs"),
    source!("print.rs"),
    source!("ranges.rs"),
    source!("record.rs"),
    source!("sort.rs"),
    source!("store.rs"),
    source!("store/form.rs"),
    source!("sync.rs"),
    source!("tape/item.rs"),
    source!("tape/mod.rs"),
    source!("tape/outputs.rs"),
    source!("tape/player.rs"),
    source!("tape/reader.rs"),
    source!("tape/recorder.rs"),
    source!("time.rs"),
    source!("tree.rs"),
];

macro_rules! source {
    ($path:literal) => {
        ($path, include_bytes!(concat!("../../../core/src/", $path)))
    };
}
use source;

/// FNV-1a over all of them, eight bytes at a time: the compiler does it, and does not like to do it for
/// long.
const fn hash_all() -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut file = 0;
    while file < SOURCES.len() {
        let bytes = SOURCES[file].1;
        let mut at = 0;
        let (words, rest) = bytes.as_chunks::<8>();
        while at < words.len() {
            hash = (hash ^ u64::from_le_bytes(words[at])).wrapping_mul(0x0000_0100_0000_01b3);
            at += 1;
        }
        at = 0;
        while at < rest.len() {
            hash = (hash ^ rest[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            at += 1;
        }
        file += 1;
    }
    hash
}
