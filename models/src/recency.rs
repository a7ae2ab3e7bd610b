//! How much an item of the user's own counts in the lists: the latest most.

use crate::event::Millis;

/// `(1 + k)^-exponent` for each of a user's items, where `k` of them have a later time; all 1 for an exponent of 0.
///
/// The order alone decides, so that a user who comes back after a year is asked about no less than one of today. Items of one
/// time count alike; where no time is known, all do. O(n log n).
pub fn weights(times: &[Millis], exponent: f32) -> Vec<f32> {
    if exponent == 0.0 {
        return vec![1.0; times.len()];
    }
    let mut latest_first = times.to_vec();
    latest_first.sort_unstable_by_key(|&ts| std::cmp::Reverse(ts));
    let later = |ts: Millis| latest_first.partition_point(|&other| other > ts);
    times.iter().map(|&ts| (1.0 + later(ts) as f32).powf(-exponent)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_counts_whole_and_equal_times_count_alike() {
        assert_eq!(weights(&[5, 9, 7, 7], 1.0), [0.25, 1.0, 0.5, 0.5]);
        assert_eq!(weights(&[0, 0, 0], 1.0), [1.0; 3]);
        assert_eq!(weights(&[5, 9], 0.0), [1.0; 2]);
        assert!(weights(&[], 1.0).is_empty());
    }
}
