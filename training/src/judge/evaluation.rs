//! Lists against held-out rows. Every item is ranked for every user, except the items that the user
//! is known to have.

use rayon::prelude::*;

use crate::data::dataset::Positives;
use crate::judge::case::{Case, Scorer};
use crate::judge::figures::Marks;
use crate::judge::metrics::{LONGEST_LIST, Metrics};
use crate::judge::sampled::{Samples, Sampling};

/// The evaluation of one scorer's lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// The mean quality.
    pub metrics: Metrics,
    /// The quality of each case's list, in the order of the cases.
    pub marks: Vec<Marks>,
    /// The number of lists of [`LONGEST_LIST`] that each item is on.
    pub listed: Vec<u32>,
}

impl Survey {
    /// Evaluates one list per case, best first.
    pub fn of(lists: &[Vec<u32>], cases: &[Case], n_items: usize) -> Self {
        let quality = lists.iter().zip(cases).map(|(list, case)| Metrics::of(list, &case.truth));
        let mut listed = vec![0; n_items];
        for &item in lists.iter().flatten() {
            listed[item as usize] += 1;
        }
        let marks = quality.clone().map(|metrics| Marks::from(&metrics)).collect();
        Self { metrics: Metrics::mean(quality), marks, listed }
    }
}

/// The items to rank: all but those that each user has.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue<'a> {
    /// The number of items.
    pub n_items: usize,
    /// The items that each user has; these are never listed.
    pub seen: &'a Positives,
    /// Ranks the held-out items among sampled items instead of among all.
    pub sampling: Option<Sampling>,
}

impl Catalogue<'_> {
    /// The mean quality of a scorer's lists. O(cases x cost of scoring all items).
    pub fn evaluate(&self, scorer: &dyn Scorer, cases: &[Case]) -> Metrics {
        let lists = self.lists(scorer, cases);
        let quality = lists.iter().zip(cases).map(|(list, case)| Metrics::of(list, &case.truth));
        Metrics::mean(quality)
    }

    /// Like [`evaluate`](Self::evaluate), with the quality of each user's list and the listed
    /// items.
    pub fn survey(&self, scorer: &dyn Scorer, cases: &[Case]) -> Survey {
        Survey::of(&self.lists(scorer, cases), cases, self.n_items)
    }

    /// The lists of the cases, ranked over all items or over each case's sample.
    fn lists(&self, scorer: &dyn Scorer, cases: &[Case]) -> Vec<Vec<u32>> {
        let users: Vec<u32> = cases.iter().map(|case| case.user).collect();
        match self.samples(cases) {
            Some(samples) => self.rank(&samples.only(scorer), &users),
            None => self.rank(scorer, &users),
        }
    }

    /// The items to rank for each case, if they are sampled.
    pub(crate) fn samples(&self, cases: &[Case]) -> Option<Samples> {
        self.sampling.map(|sampling| Samples::draw(cases, self.seen, self.n_items, sampling))
    }

    /// The best [`LONGEST_LIST`] items of each user, best first, ties by index.
    pub fn rank(&self, scorer: &dyn Scorer, users: &[u32]) -> Vec<Vec<u32>> {
        self.for_each_user(scorer, users, |_, scores| top(scores, LONGEST_LIST))
    }

    /// Passes each user's position in `users` and scores to `f`. Items that the user has score
    /// minus infinity.
    pub fn for_each_user<T: Send>(
        &self,
        scorer: &dyn Scorer,
        users: &[u32],
        f: impl Fn(usize, &[f32]) -> T + Sync,
    ) -> Vec<T> {
        let n_items = self.n_items;
        let size = self.block();
        let blocks: Vec<Vec<T>> = users
            .par_chunks(size)
            .enumerate()
            .map_init(Vec::new, |scores: &mut Vec<f32>, (block, users)| {
                scores.clear();
                scores.resize(users.len() * n_items, 0.0);
                scorer.score(users, scores);
                let rows = users.iter().zip(scores.chunks_mut(n_items.max(1))).enumerate();
                rows.map(|(at, (&user, row))| {
                    mask(row, self.seen.row(user as usize));
                    f(block * size + at, row)
                })
                .collect()
            })
            .collect();
        blocks.into_iter().flatten().collect()
    }

    /// The number of users scored at once: enough for an efficient matrix product, few enough for
    /// the cache of a small machine.
    fn block(&self) -> usize {
        (8_000_000 / self.n_items.max(1)).clamp(1, 64)
    }
}

fn mask(scores: &mut [f32], items: &[u32]) {
    for &item in items {
        scores[item as usize] = f32::NEG_INFINITY;
    }
}

/// The `k` best items, best first, ties by index. Items that score minus infinity are not listed.
pub fn top(scores: &[f32], k: usize) -> Vec<u32> {
    let mut best: Vec<(f32, u32)> = Vec::with_capacity(k + 1);
    let mut threshold = f32::NEG_INFINITY;
    for (item, &score) in scores.iter().enumerate() {
        if score <= threshold {
            continue;
        }
        let at = best.partition_point(|&(other, _)| other >= score);
        best.insert(at, (score, item as u32));
        best.truncate(k);
        if best.len() == k {
            threshold = best.last().map_or(threshold, |last| last.0);
        }
    }
    best.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::case::cases;
    use guanxi_models::model::Rows;

    /// A scorer whose score of an item is its index, for all users.
    struct ByNumber(usize);

    impl Scorer for ByNumber {
        fn score(&self, _: &[u32], scores: &mut [f32]) {
            for row in scores.chunks_mut(self.0) {
                row.iter_mut().enumerate().for_each(|(item, score)| *score = item as f32);
            }
        }
    }

    #[test]
    fn the_best_come_first_ties_by_number_and_masked_ones_never() {
        let scores = [1.0, 3.0, f32::NEG_INFINITY, 3.0, 2.0];
        assert_eq!(top(&scores, 2), [1, 3]);
        assert_eq!(top(&scores, 9), [1, 3, 4, 0]);
        assert!(top(&[], 3).is_empty());
    }

    #[test]
    fn what_a_user_has_is_not_ranked() {
        let seen = Positives::from(Rows::from_rows(&[vec![99], vec![]]));
        let catalogue = Catalogue { n_items: 100, seen: &seen, sampling: None };
        let cases = cases(&[vec![98], vec![98]]);
        let metrics = catalogue.evaluate(&ByNumber(100), &cases);
        let second = 1.0 / 3_f64.log2();
        assert!((metrics.at_10.ndcg - f64::midpoint(1.0, second)).abs() < 1e-9);
        assert_eq!(metrics.users, 2);
    }

    #[test]
    fn a_survey_tells_the_same_mean_and_each_list() {
        let seen = Positives::from(Rows::from_rows(&[vec![99], vec![]]));
        let catalogue = Catalogue { n_items: 100, seen: &seen, sampling: None };
        let cases = cases(&[vec![98], vec![3]]);
        let survey = catalogue.survey(&ByNumber(100), &cases);
        assert_eq!(survey.metrics, catalogue.evaluate(&ByNumber(100), &cases));
        assert_eq!((survey.marks[0].recall_at_10, survey.marks[1].recall_at_10), (1.0, 0.0));
        assert_eq!((survey.listed[99], survey.listed[98], survey.listed[79]), (1, 2, 1));
    }

    #[test]
    fn many_users_are_ranked_in_their_order() {
        let rows: Vec<Vec<u32>> = (0..500).map(|user| vec![user]).collect();
        let seen = Positives::from(Rows::from_rows(&rows));
        let users: Vec<u32> = (0..500).collect();
        let lists =
            Catalogue { n_items: 500, seen: &seen, sampling: None }.rank(&ByNumber(500), &users);
        assert!(lists[..499].iter().all(|list| list[0] == 499) && lists[499][0] == 498);
    }
}
