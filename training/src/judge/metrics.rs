//! Recall, precision and NDCG, as the published papers compute them.
//!
//! For a user with `n` held-out rows and a ranked list of `k` items:
//!
//! - recall is hits / n, and precision is hits / k;
//! - hit rate is 1 if there is any hit;
//! - NDCG is the discounted sum of the hits over that of a list that begins with min(k, n) hits.
//!
//! All are means over users with held-out rows.

use serde::{Deserialize, Serialize};

/// The held-out rows of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// The items, ascending and distinct.
    pub items: Vec<u32>,
    /// The number of rows. As in the published code, an item that is held out twice counts twice
    /// here.
    pub rows: usize,
}

impl Truth {
    /// The truth of these rows, in any order.
    pub fn new(mut items: Vec<u32>) -> Self {
        let rows = items.len();
        items.sort_unstable();
        items.dedup();
        Self { items, rows }
    }

    fn contains(&self, item: u32) -> bool {
        self.items.binary_search(&item).is_ok()
    }
}

/// The mean quality of lists cut at one length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Hits over held-out rows.
    pub recall: f64,
    /// Hits over the length of the list.
    pub precision: f64,
    /// Discounted hits over the ideal.
    pub ndcg: f64,
    /// The share of lists with a hit.
    pub hit_rate: f64,
}

/// The mean quality of lists of 10 and of 20.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Lists of 10.
    pub at_10: Quality,
    /// Lists of 20.
    pub at_20: Quality,
    /// The number of users with held-out rows.
    pub users: usize,
}

/// The list length that [`Metrics`] needs.
pub const LONGEST_LIST: usize = 20;

impl Quality {
    /// The quality of one list, best first, cut at `k`. Without held-out rows all values are 0.
    pub fn of(ranked: &[u32], truth: &Truth, k: usize) -> Self {
        if truth.rows == 0 || k == 0 {
            return Self::default();
        }
        let cut = &ranked[..ranked.len().min(k)];
        let is_hit: Vec<bool> = cut.iter().map(|&item| truth.contains(item)).collect();
        let hits = is_hit.iter().filter(|&&hit| hit).count() as f64;
        let gain: f64 =
            is_hit.iter().enumerate().filter(|&(_, &hit)| hit).map(|(at, _)| discount(at)).sum();
        Self {
            recall: hits / truth.rows as f64,
            precision: hits / k as f64,
            ndcg: gain / ideal_gain(truth.rows, k),
            hit_rate: f64::from(hits > 0.0),
        }
    }

    fn combine(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            recall: f(self.recall, other.recall),
            precision: f(self.precision, other.precision),
            ndcg: f(self.ndcg, other.ndcg),
            hit_rate: f(self.hit_rate, other.hit_rate),
        }
    }
}

/// The gain of the ideal list of `k`, which begins with as many hits as `rows` allow.
pub(crate) fn ideal_gain(rows: usize, k: usize) -> f64 {
    (0..rows.min(k)).map(discount).sum()
}

/// The discount of a hit at this position, counted from 0.
pub(crate) fn discount(at: usize) -> f64 {
    1.0 / (at as f64 + 2.0).log2()
}

impl Metrics {
    /// The quality of one user's list.
    pub fn of(ranked: &[u32], truth: &Truth) -> Self {
        Self {
            at_10: Quality::of(ranked, truth, 10),
            at_20: Quality::of(ranked, truth, 20),
            users: usize::from(truth.rows > 0),
        }
    }

    /// The mean over users with held-out rows; all values are 0 if there are none.
    pub fn mean(lists: impl Iterator<Item = Self>) -> Self {
        let sum = lists.filter(|one| one.users > 0).fold(Self::default(), |sum, one| Self {
            at_10: sum.at_10.combine(one.at_10, |a, b| a + b),
            at_20: sum.at_20.combine(one.at_20, |a, b| a + b),
            users: sum.users + 1,
        });
        let n = sum.users.max(1) as f64;
        let mean = |quality: Quality| quality.combine(quality, |a, _| a / n);
        Self { at_10: mean(sum.at_10), at_20: mean(sum.at_20), users: sum.users }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The held-out rows and lists behind the fixed numbers below. User 2 has an item twice; user 3
    /// has nothing held out.
    fn lists() -> Vec<(Vec<u32>, Truth)> {
        let user = |start: u32, step: u32, truth: &[u32]| {
            let ranked = (0..20).map(|at| (start + at * step) % 30).collect();
            (ranked, Truth::new(truth.to_vec()))
        };
        vec![
            user(0, 1, &[0, 3, 25]),
            user(5, 7, &[12, 19, 26, 3, 10, 17, 24, 1, 8, 15, 22, 29, 6]),
            user(2, 11, &[13, 13, 4]),
            user(1, 1, &[]),
            user(7, 13, &[9]),
        ]
    }

    fn close(ours: Quality, expected: [f64; 4]) {
        let ours = [ours.recall, ours.precision, ours.ndcg, ours.hit_rate];
        for (ours, expected) in ours.into_iter().zip(expected) {
            assert!((ours - expected).abs() < 1e-6, "{ours} is not {expected}");
        }
    }

    #[test]
    fn fixed_lists_have_the_numbers_of_the_published_code() {
        let lists = lists();
        let metrics = Metrics::mean(lists.iter().map(|(list, truth)| Metrics::of(list, truth)));
        close(metrics.at_10, EXPECTED_AT_10);
        close(metrics.at_20, EXPECTED_AT_20);
        assert_eq!(metrics.users, 4);
    }

    // Computed once from the same lists by an independent NumPy program that reproduces LightGCN's
    // own figures.
    const EXPECTED_AT_10: [f64; 4] = [0.423_076_923_1, 0.3, 0.436_844_054_3, 0.75];
    const EXPECTED_AT_20: [f64; 4] = [0.75, 0.2125, 0.519_633_672_1, 1.0];

    #[test]
    fn a_perfect_list_is_1_and_a_hopeless_one_0() {
        let truth = Truth::new(vec![4, 2]);
        let perfect = Quality::of(&[2, 4, 1], &truth, 10);
        assert!((perfect.recall - 1.0).abs() < 1e-12 && (perfect.ndcg - 1.0).abs() < 1e-12);
        assert_eq!(Quality::of(&[1, 3], &truth, 10), Quality::default());
    }

    #[test]
    fn nobody_and_nothing_give_0() {
        assert_eq!(Metrics::mean(std::iter::empty()), Metrics::default());
        assert_eq!(Quality::of(&[], &Truth::new(vec![1]), 10), Quality::default());
    }
}
