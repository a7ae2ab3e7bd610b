//! Ranking among sampled items: the held-out items against some items that the user never touched.
//!
//! Papers on group buying and on friends' influence report this figure. It flatters every method
//! and can reverse the order of methods compared with a full ranking (Krichene and Rendle, KDD
//! 2020). Use it only to compare with such papers.

use crate::data::dataset::Positives;
use crate::data::draw::mix;
use crate::judge::case::{Case, Scorer};

/// A scorer restricted to each user's sample; all other items score minus infinity.
pub struct Sampled<'a> {
    scorer: &'a dyn Scorer,
    samples: &'a Samples,
}

impl std::fmt::Debug for Sampled<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampled").field("samples", self.samples).finish_non_exhaustive()
    }
}

/// The number of items sampled per user, and the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// The number of sampled items beside the held-out ones.
    pub negatives: usize,
    /// The seed of the sample.
    pub seed: u64,
}

/// The items to rank for each user, ascending; empty for users without a case.
#[derive(Debug)]
pub struct Samples {
    items: Vec<Vec<u32>>,
    n_items: usize,
}

impl Samples {
    /// Samples items for each case that the user neither has nor must find; all of them if there
    /// are too few.
    pub fn draw(cases: &[Case], seen: &Positives, n_items: usize, sampling: Sampling) -> Self {
        let Sampling { negatives, seed } = sampling;
        let mut items = vec![Vec::new(); seen.rows()];
        for case in cases {
            let is_known = |item: &u32| {
                case.truth.items.binary_search(item).is_ok()
                    || seen.row(case.user as usize).binary_search(item).is_ok()
            };
            let mut row = draw(seed, case.user, n_items, negatives, is_known);
            // An item outside the catalogue can't be listed.
            row.extend(case.truth.items.iter().filter(|&&item| (item as usize) < n_items));
            row.sort_unstable();
            items[case.user as usize] = row;
        }
        Self { items, n_items }
    }

    /// A scorer that ranks only these items.
    pub fn only<'a>(&'a self, scorer: &'a dyn Scorer) -> Sampled<'a> {
        Sampled { scorer, samples: self }
    }
}

/// Up to `n` distinct items that are not known.
fn draw(
    seed: u64,
    user: u32,
    n_items: usize,
    n: usize,
    is_known: impl Fn(&u32) -> bool,
) -> Vec<u32> {
    let mut drawn = std::collections::HashSet::new();
    // Enough attempts, except for catalogues hardly larger than the sample, which are used whole.
    for attempt in 0..(8 * n) as u32 {
        let item = (mix(seed, user, attempt) % n_items.max(1) as u64) as u32;
        if !is_known(&item) {
            drawn.insert(item);
        }
        if drawn.len() == n {
            return drawn.into_iter().collect();
        }
    }
    (0..n_items as u32).filter(|item| !is_known(item)).take(n).collect()
}

impl Scorer for Sampled<'_> {
    fn score(&self, users: &[u32], scores: &mut [f32]) {
        self.scorer.score(users, scores);
        for (&user, row) in users.iter().zip(scores.chunks_mut(self.samples.n_items.max(1))) {
            keep(&self.samples.items[user as usize], row);
        }
    }
}

/// Keeps the scores of the given items, ascending; all others become minus infinity.
fn keep(items: &[u32], scores: &mut [f32]) {
    let mut from = 0;
    for &item in items {
        scores[from..item as usize].fill(f32::NEG_INFINITY);
        from = item as usize + 1;
    }
    scores[from..].fill(f32::NEG_INFINITY);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::case::cases;
    use guanxi_models::model::Rows;

    /// A scorer that gives every item the same score.
    struct Level;

    impl Scorer for Level {
        fn score(&self, _: &[u32], scores: &mut [f32]) {
            scores.fill(1.0);
        }
    }

    #[test]
    fn only_the_held_out_and_the_sampled_items_are_ranked() {
        let mut rows = vec![vec![0, 1, 2]];
        rows.extend((0..50).map(|user| (0..=user).collect::<Vec<u32>>()));
        let seen = Positives::from(Rows::from_rows(&rows));
        let cases = cases(&[vec![40]]);
        let samples = Samples::draw(&cases, &seen, 100, Sampling { negatives: 9, seed: 1 });
        assert_eq!(samples.items[0].len(), 10);
        assert!(samples.items[0].contains(&40) && !samples.items[0].contains(&1));
        let mut scores = vec![0.0; 100];
        samples.only(&Level).score(&[0], &mut scores);
        assert_eq!(scores.iter().filter(|score| score.is_finite()).count(), 10);
    }

    #[test]
    fn a_small_catalogue_is_ranked_whole_and_what_it_lacks_is_not() {
        let seen = Positives::from(Rows::from_rows(&[vec![0]]));
        let samples =
            Samples::draw(&cases(&[vec![3, 7]]), &seen, 5, Sampling { negatives: 999, seed: 1 });
        assert_eq!(samples.items[0], [1, 2, 3, 4]);
    }
}
