//! A checksum behind bytes that a network or a disk may damage. TCP has its own; datagrams and
//! records on a disk need one.

use alloc::vec::Vec;

/// Bytes of the checksum.
const SIZE: usize = 4;

/// Appends the checksum of all that is in `bytes` (CRC-32C, Castagnoli 1993, low byte first).
pub fn seal(bytes: &mut Vec<u8>) {
    let sum = checksum(bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
}

/// What was sealed; `None` if it is not what it was: every change of up to 32 bits in a row is
/// seen, and of others all but one in four billion.
#[must_use]
pub fn open(sealed: &[u8]) -> Option<&[u8]> {
    let (bytes, sum) = sealed.split_last_chunk::<SIZE>()?;
    (checksum(bytes) == u32::from_le_bytes(*sum)).then_some(bytes)
}

fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        let [low, ..] = sum.to_le_bytes();
        (sum >> 8) ^ TABLE[usize::from(low ^ byte)]
    })
}

/// What each value of a byte does to the sum.
static TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut table = [0; 256];
    let mut byte = 0;
    let mut value = 0;
    while byte < table.len() {
        let mut sum: u32 = value;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ POLYNOMIAL } else { sum >> 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
        value += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_known_one() {
        // The check value of CRC-32C: RFC 3720, appendix B.4, and the rocksoft catalogue.
        assert_eq!(checksum(b"123456789"), 0xe306_9283);
        assert_eq!(checksum(&[0; 32]), 0x8a91_36aa);
    }

    #[test]
    fn what_was_sealed_opens_and_every_flipped_bit_is_seen() {
        let mut sealed = b"AT Ball +0.1 kiwi +1+1 1".to_vec();
        seal(&mut sealed);
        assert_eq!(open(&sealed), Some(&b"AT Ball +0.1 kiwi +1+1 1"[..]));
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&damaged), None, "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(open(&sealed[..length]), None, "{length} bytes of it");
        }
    }
}
