//! Small texts made smaller: every bit is predicted from what stands before it, and an arithmetic
//! coder writes only what the prediction did not know.
//!
//! A mixing predictor after Mahoney's lpaq (2007): one adaptive probability per context, mixed in the
//! logistic domain. What makes it good at scripts is that it has read one before: [`PRIMER`] is
//! learned before every text. General compressors need a whole script to learn what one looks like.

/// What both sides have read before the first bit: changing it (or anything here) makes a new format.
const PRIMER: &str = "herd 1 seed=1234567890 topology=random:20:4 latency=10ms+60ms jitter=5ms \
    client-latency=20ms skew=2s places=down places-delay=120ms clients=3 pace=500ms window=4000 \
    bug=none\n\
    1.25 say s3 IAMAT kiwi +34.068930-118.445127 1700000001.25\n\
    .037 cut s1-s2\n.4 heal s1-s2\n.112 kill s4\n1.05 restart s4 empty\n.007 pause s0\n.9 resume s0\n\
    .05 say s12 IAMAT c1 +12-34 1700000004.312\n.21 cut s5>s6 late 1.2s\n.3 latency s1>s2 300ms\n\
    .018 clock s3 +1.5\n.02 clock s13 -0.25\n.6 places silent\n1.4 heal\n places ok\n resume s1\n\
    .013 say s7 WHATSAT c2 10 5\noff .8 say s2 IAMAT c3 +56-78 1700000007.5\n restart s11\n\
    herd 1 seed=7 topology=places-2016 latency=5ms..45ms\n1 say Alford IAMAT plum +34-118 1\n\
    .5 kill Holiday\n cut Ball-Welsh\n.5 heal\n.1 restart Hamilton\n.044 say s9 IAMAT c0 +90-12 1003\n";

/// Contexts that are asked.
const CONTEXTS: usize = 7;
/// Slots per context, as a power of two.
const SLOT_BITS: u32 = 16;
/// How fast the mixer learns: small texts leave it little time.
const RATE: i32 = 14;
/// Observations after which a probability changes no slower.
const SETTLED: u16 = 60;

/// The logistic function at 33 places, 12 bits.
const SQUASH: [i32; 33] = [
    1, 2, 3, 6, 10, 16, 27, 45, 73, 120, 194, 310, 488, 747, 1101, 1546, 2047, 2549, 2994, 3348,
    3607, 3785, 3901, 3975, 4022, 4050, 4068, 4079, 4085, 4089, 4092, 4093, 4094,
];

fn squash(x: i32) -> i32 {
    let x = x.clamp(-2047, 2047);
    let (part, place) = (x & 127, ((x >> 7) + 16).unsigned_abs() as usize);
    (SQUASH[place] * (128 - part) + SQUASH[place + 1] * part + 64) >> 7
}

#[derive(Clone, Copy)]
struct Chance {
    /// That the next bit is 1, 16 bits.
    one: u16,
    count: u16,
}

/// Predicts bits from the bytes before them.
struct Model {
    stretch: Vec<i32>,
    slots: Vec<Chance>,
    weights: Vec<[i32; CONTEXTS]>,
    hashes: [u32; CONTEXTS],
    places: [usize; CONTEXTS],
    inputs: [i32; CONTEXTS],
    chance: i32,
    /// The bits of this byte so far, behind a 1.
    partial: u32,
    /// The last eight bytes.
    last: u64,
    /// The letters of this word, of the word before, and of the line's first words.
    word: u32,
    before: u32,
    words: u32,
    verb: u32,
}

impl Model {
    /// One that has read the primer.
    fn new() -> Self {
        let mut stretch = vec![2047; 4096];
        let mut next = 0;
        for x in -2047..=2047 {
            let to = squash(x).unsigned_abs() as usize;
            for value in stretch.iter_mut().take(to + 1).skip(next) {
                *value = x;
            }
            next = next.max(to + 1);
        }
        let mut model = Self {
            stretch,
            slots: vec![Chance { one: 1 << 15, count: 0 }; CONTEXTS << SLOT_BITS],
            weights: vec![[22_000; CONTEXTS]; 256],
            hashes: [0; CONTEXTS],
            places: [0; CONTEXTS],
            inputs: [0; CONTEXTS],
            chance: 0,
            partial: 1,
            last: 0,
            word: 0,
            before: 0,
            words: 0,
            verb: 0,
        };
        for byte in PRIMER.bytes() {
            for bit in (0..8).rev() {
                model.predict();
                model.learn(byte >> bit & 1 == 1);
            }
        }
        model
    }

    /// The chance that the next bit is 1, of 4096; neither 0 nor 4096.
    fn predict(&mut self) -> u32 {
        let weights = &self.weights[self.partial as usize];
        let mut sum = 0_i64;
        for (context, weight) in weights.iter().enumerate() {
            let hash = (self.hashes[context] ^ self.partial.wrapping_mul(0x9e37_79b1))
                .wrapping_mul(0x85eb_ca6b);
            let place = context << SLOT_BITS | (hash >> (32 - SLOT_BITS)) as usize;
            let input = self.stretch[usize::from(self.slots[place].one >> 4)];
            sum += i64::from(input) * i64::from(*weight);
            self.places[context] = place;
            self.inputs[context] = input;
        }
        let mixed = i32::try_from((sum >> 16).clamp(-2047, 2047)).unwrap_or(0);
        self.chance = squash(mixed).clamp(1, 4095);
        self.chance.unsigned_abs()
    }

    /// Takes in the bit that was predicted.
    fn learn(&mut self, bit: bool) {
        let error = ((i32::from(bit) << 12) - self.chance) * RATE;
        let weights = &mut self.weights[self.partial as usize];
        for (context, weight) in weights.iter_mut().enumerate() {
            *weight += (self.inputs[context] * error + 0x8000) >> 16;
            let slot = &mut self.slots[self.places[context]];
            let target = if bit { 65_535 } else { 0 };
            let (one, count) = (i32::from(slot.one), i32::from(slot.count));
            let moved = one + (target - one) * 2 / (2 * count + 3);
            slot.one = u16::try_from(moved).unwrap_or(u16::MAX);
            slot.count = (slot.count + 1).min(SETTLED);
        }
        self.partial = self.partial << 1 | u32::from(bit);
        if self.partial >= 256 {
            let byte = self.partial.to_le_bytes()[0];
            self.partial = 1;
            self.end_byte(byte);
        }
    }

    /// A whole byte is known: the contexts of the next.
    fn end_byte(&mut self, byte: u8) {
        self.last = self.last << 8 | u64::from(byte);
        match byte {
            b'\n' => (self.word, self.before, self.words, self.verb) = (0, 0, 0, 0),
            b' ' => {
                self.words += 1;
                if self.words == 2 {
                    self.verb = self.word;
                }
                (self.before, self.word) = (self.word, 0);
            }
            _ => self.word = self.word.wrapping_add(u32::from(byte) + 1).wrapping_mul(0x2c1b_3c6d),
        }
        let tail = |bytes: u32| {
            let kept = self.last & (u64::MAX >> (64 - 8 * bytes));
            let folded = kept.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            u32::try_from(folded).unwrap_or(0).wrapping_add(bytes)
        };
        let field = self.verb.wrapping_add(self.words.wrapping_mul(0x01f3_5a7d));
        self.hashes = [
            tail(1),
            tail(2),
            tail(3),
            tail(4),
            tail(6),
            field.wrapping_mul(0x9e37_79b1) ^ self.word,
            self.before.wrapping_mul(0x27d4_eb2f) ^ self.word.wrapping_add(7),
        ];
    }
}

/// Makes a text smaller.
pub(super) fn squeeze(text: &[u8]) -> Vec<u8> {
    let mut model = Model::new();
    let mut out = Vec::new();
    let (mut low, mut high) = (0_u32, u32::MAX);
    for byte in text {
        for bit in (0..8).rev() {
            let bit = byte >> bit & 1 == 1;
            let middle = low + ((high - low) >> 12) * model.predict();
            if bit {
                high = middle
            } else {
                low = middle + 1
            }
            model.learn(bit);
            while (low ^ high) >> 24 == 0 {
                out.push(high.to_be_bytes()[0]);
                low <<= 8;
                high = high << 8 | 255;
            }
        }
    }
    // The fewest bytes that lie between the two, whatever follows.
    out.push(high.to_be_bytes()[0]);
    out
}

/// The text of `length` bytes that was made smaller; `None` if the bytes end too early.
pub(super) fn unsqueeze(bytes: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut model = Model::new();
    let mut out = Vec::new();
    let mut rest = bytes.iter();
    // What was not written is zeros; more than a word of them was never meant.
    let mut missing = 0;
    let mut take = || {
        rest.next().copied().or_else(|| {
            missing += 1;
            (missing <= 4).then_some(0)
        })
    };
    let (mut low, mut high) = (0_u32, u32::MAX);
    let mut code = 0_u32;
    for _ in 0..4 {
        code = code << 8 | u32::from(take()?);
    }
    while out.len() < length {
        let mut byte = 0;
        for _ in 0..8 {
            let middle = low + ((high - low) >> 12) * model.predict();
            let bit = code <= middle;
            if bit {
                high = middle
            } else {
                low = middle + 1
            }
            model.learn(bit);
            byte = byte << 1 | u8::from(bit);
            while (low ^ high) >> 24 == 0 {
                low <<= 8;
                high = high << 8 | 255;
                code = code << 8 | u32::from(take()?);
            }
        }
        out.push(byte);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_come_back() {
        let all: Vec<u8> = (0..=255).cycle().take(3_000).collect();
        let texts: [&[u8]; 5] = [b"", b"\n", b"herd 1 seed=7", &[0; 500], &all];
        for text in texts {
            let small = squeeze(text);
            assert_eq!(unsqueeze(&small, text.len()).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_cut_short_is_missed() {
        let text = PRIMER.repeat(3);
        let random: Vec<u8> =
            text.bytes().enumerate().map(|(n, b)| b ^ (n * n / 3).to_le_bytes()[0]).collect();
        let small = squeeze(&random);
        assert_eq!(unsqueeze(&small[..small.len() / 2], random.len()), None);
    }
}
