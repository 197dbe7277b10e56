//! Keyed randomness: a draw is a function of what it is for, never the next of one stream.
//!
//! Removing or adding one command therefore shifts nobody else's luck, and the fate of a message
//! can be told before it happens.

/// What a draw decides. Two purposes never share a draw.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u64)]
pub enum Purpose {
    /// How long a message takes.
    Latency = 1,
    /// How long a neighbour waits before it dials again.
    Dial = 2,
    /// How far a wall clock is off.
    Clocks = 3,
    /// What a Places service takes and gives.
    Places = 4,
    /// Which servers are neighbours.
    Topology = 5,
    /// What the clients do.
    Workload = 6,
    /// Whether a datagram arrives.
    Loss = 7,
    /// Whether a datagram comes twice.
    Duplicate = 8,
    /// Whether a datagram is damaged, and where.
    Corrupt = 9,
    /// By how much a datagram is overtaken.
    Reorder = 10,
    /// Which message a full datagram link loses.
    Evict = 11,
    /// Who is parted from whom, and in which order links go and come.
    Partition = 12,
    /// How much of a record was written.
    Disk = 13,
    /// What is asked of a herd that is measured.
    Load = 14,
    /// What goes wrong.
    Nemesis = 32,
}

/// A draw for `(seed, purpose, source, destination, n)`, uniform over all 64-bit numbers.
#[must_use]
pub const fn draw(seed: u64, purpose: Purpose, source: u64, destination: u64, n: u64) -> u64 {
    let mut state = mix(seed ^ 0x6865_7264_2073_696d);
    state = mix(state ^ purpose as u64);
    state = mix(state ^ source);
    state = mix(state ^ destination.rotate_left(32));
    mix(state ^ n)
}

/// A number below `bound` from a draw; 0 if the bound is 0.
///
/// Multiplies instead of dividing (Lemire 2019); the bias is below 2^-64 × `bound`.
#[must_use]
pub const fn below(draw: u64, bound: u64) -> u64 {
    ((draw as u128 * bound as u128) >> 64) as u64
}

/// An exponentially distributed number with this mean, from a draw, by integers only.
///
/// The number of leading zeros is geometric and gives the whole multiples of ln 2; the bits after
/// them give the rest by a table of logarithms with linear interpolation (von Neumann's scheme).
#[must_use]
pub fn exponential(draw: u64, mean: u64) -> u64 {
    const LN_2: u64 = 2_977_044_472; // × 2^32
    let zeros = draw.leading_zeros().min(40);
    let mantissa = (draw << zeros) << 1; // the bits behind the first one
    let index = (mantissa >> 56) as usize;
    let between = (mantissa >> 24) & 0xffff_ffff;
    let (low, high) = (u64::from(LN[index]), u64::from(LN[index + 1]));
    let log = low + (((high - low) * between) >> 32);
    let units = u64::from(zeros) * LN_2 + (LN_2 - log.min(LN_2)); // × 2^32
    let product = (u128::from(units) * u128::from(mean)) >> 32;
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// A name as a number, so that draws hang on names and not on who came first (FNV-1a).
#[must_use]
pub fn key(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// One round of SplitMix64 (Steele, Lea and Flood 2014).
const fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// ln(1 + i/256) × 2^32.
#[rustfmt::skip]
static LN: [u32; 257] = [
    0, 16744533, 33424039, 50039020, 66589974, 83077393, 99501762, 115863562,
    132163268, 148401349, 164578269, 180694488, 196750459, 212746631, 228683449, 244561349,
    260380768, 276142134, 291845871, 307492399, 323082134, 338615487, 354092863, 369514665,
    384881291, 400193133, 415450582, 430654022, 445803834, 460900396, 475944079, 490935254,
    505874286, 520761536, 535597362, 550382118, 565116154, 579799817, 594433450, 609017394,
    623551984, 638037554, 652474432, 666862946, 681203418, 695496167, 709741511, 723939763,
    738091233, 752196229, 766255054, 780268011, 794235396, 808157507, 822034634, 835867069,
    849655098, 863399005, 877099072, 890755577, 904368797, 917939005, 931466472, 944951467,
    958394255, 971795100, 985154263, 998472001, 1011748572, 1024984229, 1038179224, 1051333805,
    1064448219, 1077522711, 1090557523, 1103552895, 1116509066, 1129426270, 1142304743, 1155144714,
    1167946415, 1180710071, 1193435910, 1206124153, 1218775023, 1231388739, 1243965519, 1256505579,
    1269009132, 1281476389, 1293907562, 1306302859, 1318662486, 1330986647, 1343275546, 1355529384,
    1367748360, 1379932673, 1392082518, 1404198090, 1416279581, 1428327183, 1440341085, 1452321476,
    1464268541, 1476182467, 1488063435, 1499911628, 1511727226, 1523510409, 1535261353, 1546980234,
    1558667227, 1570322505, 1581946239, 1593538601, 1605099758, 1616629879, 1628129128, 1639597673,
    1651035675, 1662443297, 1673820701, 1685168045, 1696485489, 1707773188, 1719031300, 1730259979,
    1741459379, 1752629651, 1763770948, 1774883418, 1785967210, 1797022473, 1808049353, 1819047995,
    1830018543, 1840961141, 1851875930, 1862763052, 1873622647, 1884454852, 1895259807, 1906037648,
    1916788510, 1927512529, 1938209838, 1948880570, 1959524856, 1970142828, 1980734614, 1991300345,
    2001840147, 2012354148, 2022842474, 2033305250, 2043742599, 2054154646, 2064541513, 2074903321,
    2085240191, 2095552242, 2105839594, 2116102364, 2126340670, 2136554628, 2146744353, 2156909961,
    2167051565, 2177169278, 2187263213, 2197333481, 2207380193, 2217403458, 2227403387, 2237380086,
    2247333665, 2257264230, 2267171887, 2277056741, 2286918897, 2296758460, 2306575533, 2316370217,
    2326142616, 2335892829, 2345620959, 2355327104, 2365011363, 2374673836, 2384314620, 2393933811,
    2403531508, 2413107804, 2422662797, 2432196579, 2441709246, 2451200890, 2460671605, 2470121482,
    2479550612, 2488959088, 2498346998, 2507714433, 2517061482, 2526388233, 2535694775, 2544981195,
    2554247578, 2563494013, 2572720585, 2581927378, 2591114477, 2600281967, 2609429930, 2618558451,
    2627667611, 2636757492, 2645828176, 2654879744, 2663912276, 2672925851, 2681920551, 2690896452,
    2699853634, 2708792175, 2717712152, 2726613642, 2735496721, 2744361466, 2753207951, 2762036253,
    2770846446, 2779638603, 2788412798, 2797169106, 2805907598, 2814628347, 2823331424, 2832016902,
    2840684851, 2849335342, 2857968445, 2866584230, 2875182766, 2883764122, 2892328366, 2900875568,
    2909405794, 2917919111, 2926415587, 2934895289, 2943358281, 2951804631, 2960234402, 2968647661,
    2977044472,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(of: impl Fn(u64) -> u64) -> u64 {
        (0..100_000).map(|n| of(draw(1, Purpose::Latency, 2, 3, n))).sum::<u64>() / 100_000
    }

    #[test]
    fn draws_fill_their_range_evenly() {
        let seen: Vec<u64> =
            (0..10_000).map(|n| below(draw(7, Purpose::Workload, 0, 0, n), 10)).collect();
        for value in 0..10 {
            let count = seen.iter().filter(|&&v| v == value).count();
            assert!((900..1_100).contains(&count), "{value} came {count} times in 10,000");
        }
        assert_eq!(below(u64::MAX, 0), 0);
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let base = draw(1, Purpose::Latency, 2, 3, 4);
        assert_ne!(base, draw(2, Purpose::Latency, 2, 3, 4));
        assert_ne!(base, draw(1, Purpose::Places, 2, 3, 4));
        assert_ne!(base, draw(1, Purpose::Latency, 3, 2, 4));
        assert_ne!(base, draw(1, Purpose::Latency, 2, 3, 5));
    }

    #[test]
    fn exponential_draws_have_their_mean_and_their_tail() {
        let got = mean(|draw| exponential(draw, 1_000_000));
        assert!((985_000..1_015_000).contains(&got), "mean {got}");
        let late = (0..100_000)
            .filter(|&n| exponential(draw(1, Purpose::Latency, 2, 3, n), 1_000_000) > 3_000_000)
            .count();
        assert!((4_600..5_400).contains(&late), "{late} of 100,000 above 3 means; e^-3 is 4,979");
        assert!(exponential(0, 1_000) < 40_000 && exponential(u64::MAX, 1_000) < 10);
    }
}
