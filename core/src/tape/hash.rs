//! A hash of what a node puts out: a hundred bytes for every update, so that it has to be quick for those.

/// Bytes of a step.
const STEP: usize = 32;
/// What bytes are mixed with: digits of π, as good as any.
const KEYS: [u64; 6] = [
    0x243f_6a88_85a3_08d3,
    0x1319_8a2e_0370_7344,
    0xa409_3822_299f_31d0,
    0x082e_fa98_ec4e_6c89,
    0x4528_21e6_38d0_1377,
    0xbe54_66cf_34e9_0c6c,
];

/// A hash of bytes, the same on every machine. Each step multiplies words with each other and folds the
/// product (as wyhash does; Wang & Barrus, 2019). Who wants to can find bytes with the same hash: it tells
/// what is otherwise by accident.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    let mut state = [KEYS[0] ^ bytes.len() as u64, KEYS[1]];
    for step in steps {
        state = stepped(state, step);
    }
    if !rest.is_empty() {
        // Some of the last may have been looked at.
        let last = bytes.last_chunk().copied().unwrap_or_else(|| {
            let mut last = [0; STEP];
            last[..rest.len()].copy_from_slice(rest);
            last
        });
        state = stepped(state, &last);
    }
    folded(state[0] ^ KEYS[4], state[1] ^ KEYS[5])
}

fn stepped([one, other]: [u64; 2], bytes: &[u8; STEP]) -> [u64; 2] {
    let (words, _) = bytes.as_chunks();
    let [a, b, c, d] = core::array::from_fn(|at| u64::from_le_bytes(words[at]));
    [folded(one ^ a, KEYS[2] ^ b), folded(other ^ c, KEYS[3] ^ d)]
}

/// The product of two words, both halves of it.
fn folded(one: u64, other: u64) -> u64 {
    let (low, high) = one.carrying_mul(other, 0);
    low ^ high
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::hash;

    #[test]
    fn every_bit_and_every_length_counts() {
        let mut seen = BTreeSet::new();
        let mut bytes = [0x5a; 100];
        for length in 0..=bytes.len() {
            assert!(seen.insert(hash(&bytes[..length])), "{length}");
        }
        for bit in 0..8 * bytes.len() {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(seen.insert(hash(&bytes)), "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn a_hash_is_what_it_was() {
        // On tapes there are marks that are made of it.
        assert_eq!(hash(b""), 0x1c57_62fb_1fd9_cd02);
        let line = b"AT Alford +0.263873386 kiwi +34.068930-118.445127 1520023934.9";
        assert_eq!(hash(line), 0x91a5_2bd5_bce4_9f8c);
    }
}
