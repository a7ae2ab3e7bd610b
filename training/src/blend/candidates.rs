//! The candidates that the weights are learned on.

use super::{PARTS, PerPart};
use crate::judge::evaluation::top;
use crate::judge::metrics::{LONGEST_LIST, Truth, discount, ideal_gain};

/// The best items of each part for one user, with their scores.
#[derive(Clone, Debug)]
pub struct Candidates {
    /// The score of every candidate per part, in ascending order of item.
    scores: [Vec<f32>; PARTS],
    /// The positions of the held-out candidates.
    hits: Vec<usize>,
    /// The discounted cumulative gain of the ideal list.
    ideal: f64,
}

impl Candidates {
    pub(super) fn new(parts: [&[f32]; PARTS], per_part: usize, truth: &Truth) -> Self {
        let mut items: Vec<u32> = top(parts[0], per_part);
        for part in &parts[1..] {
            let is_listed = |&item: &u32| part[item as usize] > 0.0;
            items.extend(top(part, per_part).iter().filter(|item| is_listed(item)));
        }
        items.sort_unstable();
        items.dedup();
        let hits = (0..items.len()).filter(|&at| truth.items.binary_search(&items[at]).is_ok());
        Self {
            hits: hits.collect(),
            scores: parts.map(|part| items.iter().map(|&item| part[item as usize]).collect()),
            ideal: ideal_gain(truth.rows, LONGEST_LIST),
        }
    }

    /// Multiplies the scores of each part by a factor.
    pub(crate) fn scale(&mut self, by: PerPart) {
        for (scores, by) in self.scores.iter_mut().zip(by.array()) {
            for score in scores.iter_mut() {
                *score *= by;
            }
        }
    }

    /// True if the part gives any candidate a score.
    pub(super) fn scores_by(&self, part: usize) -> bool {
        self.scores[part].iter().any(|&score| score != 0.0)
    }

    /// NDCG@20 of the candidates ranked by weighted score, ties by index.
    ///
    /// Only the ranks of the hits matter, and counting the scores ahead of them is cheaper than
    /// sorting.
    pub(super) fn ndcg(&self, weights: [f32; PARTS], blend: &mut Vec<f32>) -> f64 {
        if self.hits.is_empty() {
            return 0.0;
        }
        blend.clear();
        blend.resize(self.scores[0].len(), 0.0);
        for (part, weight) in self.scores.iter().zip(weights) {
            blend.iter_mut().zip(part).for_each(|(sum, score)| *sum += weight * score);
        }
        let places = self.hits.iter().map(|&hit| place(blend, hit));
        let gain: f64 = places.filter(|&place| place < LONGEST_LIST).map(discount).sum();
        gain / self.ideal
    }
}

/// The number of scores that rank before the one at `hit`.
fn place(scores: &[f32], hit: usize) -> usize {
    let score = scores[hit];
    let above = scores.iter().filter(|&&other| other > score).count();
    above
        + scores[..hit]
            .iter()
            .filter(|&&other| other.partial_cmp(&score) == Some(std::cmp::Ordering::Equal))
            .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_sorted_list() {
        let scores = [1.0, 3.0, 3.0, 2.0, 3.0];
        let places: Vec<usize> = (0..5).map(|hit| place(&scores, hit)).collect();
        assert_eq!(places, [4, 0, 1, 3, 2]);
    }
}
