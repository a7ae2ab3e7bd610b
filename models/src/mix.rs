//! Pseudo-random numbers that depend only on their arguments.

/// A well-mixed number for `(seed, one, other)`: two rounds of `SplitMix64`, equal on every
/// machine.
pub fn mix(seed: u64, one: u32, other: u32) -> u64 {
    let mut x = seed ^ (u64::from(one) << 32 | u64::from(other));
    for _ in 0..2 {
        x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
    }
    x
}

/// A hash of some bytes, never 0: FNV-1a, then mixed. Equal on every machine and for every compiler
/// version.
pub fn digest(bytes: impl Iterator<Item = u8>) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    mix(hash, 0, 0).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_every_byte_and_their_order() {
        let of = |text: &str| digest(text.bytes());
        assert_eq!(of("visit 1"), of("visit 1"));
        assert!(of("visit 1") != of("visit 2") && of("ab") != of("ba") && of("") != 0);
    }

    #[test]
    fn each_part_of_what_is_asked_for_counts() {
        assert_ne!(mix(1, 2, 3), mix(2, 2, 3));
        assert_ne!(mix(1, 2, 3), mix(1, 3, 2));
    }
}
