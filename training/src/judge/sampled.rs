//! Ranking among sampled items: what was held out against some items that the user never touched.
//!
//! Papers on group buying and on friends' influence report it. It flatters every method and can order methods differently than a
//! ranking of all items does (Krichene and Rendle, KDD 2020), so that it serves comparison with such papers alone.

use crate::data::dataset::Positives;
use crate::data::draw::mix;
use crate::judge::case::{Case, Scorer};

/// Scores only what is to be ranked for each user: everything else scores minus infinity.
pub struct Sampled<'a> {
    scorer: &'a dyn Scorer,
    samples: &'a Samples,
}

impl std::fmt::Debug for Sampled<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampled").field("samples", self.samples).finish_non_exhaustive()
    }
}

/// How many items are drawn for each user, and by which chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// How many items beside those that were held out.
    pub negatives: usize,
    /// Decides which.
    pub seed: u64,
}

/// The items that are ranked for each user, ascending; nothing for users who are no case.
#[derive(Debug)]
pub struct Samples {
    items: Vec<Vec<u32>>,
    n_items: usize,
}

impl Samples {
    /// Draws items for each case that the user neither had nor was to find; all of them where there are no more.
    pub fn draw(cases: &[Case], seen: &Positives, n_items: usize, sampling: Sampling) -> Self {
        let Sampling { negatives, seed } = sampling;
        let mut items = vec![Vec::new(); seen.rows()];
        for case in cases {
            let is_known = |item: &u32| {
                case.truth.items.binary_search(item).is_ok()
                    || seen.row(case.user as usize).binary_search(item).is_ok()
            };
            let mut row = draw(seed, case.user, n_items, negatives, is_known);
            // What the catalogue does not know can't be listed.
            row.extend(case.truth.items.iter().filter(|&&item| (item as usize) < n_items));
            row.sort_unstable();
            items[case.user as usize] = row;
        }
        Self { items, n_items }
    }

    /// A scorer that ranks these items alone.
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
    // Enough attempts for all but catalogues hardly larger than the sample, which are taken whole.
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

/// Leaves the scores of some items, ascending, and no others.
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

    /// Scores every item alike.
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
