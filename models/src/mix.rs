//! Numbers that look random and depend on nothing but what they are asked for.

/// A well-mixed number for `(seed, one, other)`: two rounds of `SplitMix64`, the same on every machine.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_what_is_asked_for_counts() {
        assert_ne!(mix(1, 2, 3), mix(2, 2, 3));
        assert_ne!(mix(1, 2, 3), mix(1, 3, 2));
    }
}
