//! Random numbers that depend on their purpose, not on the order of the calls, so any number of
//! threads draws the same.

pub(crate) use guanxi_models::mix::mix;

/// A uniform number in `[0, 1)` for `(seed, one, other)`.
pub(crate) fn uniform(seed: u64, one: u32, other: u32) -> f64 {
    (mix(seed, one, other) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A sample of `n` of these numbers without replacement, ascending; all of them if there are no
/// more.
pub(crate) fn sample(seed: u64, numbers: impl Iterator<Item = u32>, n: usize) -> Vec<u32> {
    let mut keyed: Vec<(u64, u32)> = numbers.map(|number| (mix(seed, number, 0), number)).collect();
    if n < keyed.len() {
        keyed.select_nth_unstable(n);
        keyed.truncate(n);
    }
    let mut drawn: Vec<u32> = keyed.into_iter().map(|(_, number)| number).collect();
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_spread_evenly_and_differ_by_seed() {
        let mean = (0..1_000).map(|n| uniform(3, n, 7)).sum::<f64>() / 1_000.0;
        assert!((mean - 0.5).abs() < 0.05, "{mean}");
        assert_ne!(mix(1, 2, 3), mix(2, 2, 3));
        assert_ne!(mix(1, 2, 3), mix(1, 3, 2));
    }

    #[test]
    fn a_sample_is_ascending_without_repeats_and_does_not_favour_the_first() {
        let drawn = sample(1, 0..1_000, 100);
        assert_eq!(drawn.len(), 100);
        assert!(drawn.is_sorted_by(|a, b| a < b));
        assert!(drawn.iter().filter(|&&n| n >= 500).count() > 30);
        assert_eq!(sample(1, 0..3, 100), [0, 1, 2]);
    }
}
