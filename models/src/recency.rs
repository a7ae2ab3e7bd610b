//! The weights of a user's own items in the item lists: the latest count most.

use crate::event::Millis;

/// The weight `(1 + k)^-exponent` for each of a user's items, where `k` of them have a later time.
/// All 1 for an exponent of 0.
///
/// Only the order counts, so a user who returns after a year is served as well as before. Items of
/// the same or unknown time count equally. O(n log n).
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
