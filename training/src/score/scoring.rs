//! The score of serving for all items at once: embedding, item lists, friends and popularity.

use guanxi_models::Factors;
use guanxi_models::column::WeightedRows;
use guanxi_models::params::Blend;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

use crate::data::dataset::Positives;
use crate::judge::case::Scorer;
use crate::lists::add_lists;

/// Scores by the embedding alone: `p_u.q_j`.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddingScorer<'a> {
    /// `p`.
    pub users: &'a Factors,
    /// `q`.
    pub items: &'a Factors,
}

impl Scorer for EmbeddingScorer<'_> {
    fn score(&self, users: &[u32], scores: &mut [f32]) {
        let row = |&user: &u32| self.users.row(user as usize).expect("every user has a row");
        score_rows(users.iter().map(row), self.items, scores);
    }
}

/// The inner products of some rows with all items, row after row.
pub(crate) fn score_rows<'a>(
    rows: impl ExactSizeIterator<Item = &'a [f32]>,
    items: &Factors,
    scores: &mut [f32],
) {
    let (n, dim, n_items) = (rows.len(), items.dim(), items.rows());
    let rows: Vec<f32> = rows.flatten().copied().collect();
    let p = ArrayView2::from_shape((n, dim), &rows).expect("rows of one width");
    let q = ArrayView2::from_shape((n_items, dim), items.values()).expect("whole rows");
    let mut out = ArrayViewMut2::from_shape((n, n_items), scores).expect("one row of scores each");
    general_mat_mul(1.0, &p, &q.t(), 0.0, &mut out);
}

/// `f_u(j) = sum_f w_uf r_fj / sum_f w_uf`, over the purchases that friends made and show.
#[derive(Clone, Copy, Debug)]
pub struct FriendScores<'a> {
    /// Friends with the strength of their ties.
    pub ties: &'a WeightedRows,
    /// The purchases of each user that friends may see.
    pub shown: &'a Positives,
    /// The friends of friends, if they count.
    pub second_hop: Option<SecondHop<'a>>,
}

/// `eta sum_g v_ug r_gj`, over friends of friends; see [`guanxi_models::friends_of_friends`].
#[derive(Clone, Copy, Debug)]
pub struct SecondHop<'a> {
    /// The friends of friends of each user; empty for users with enough history.
    pub reached: &'a WeightedRows,
    /// `eta`.
    pub strength: f32,
}

impl FriendScores<'_> {
    /// Adds `by` times the score of every item.
    pub fn add(&self, user: u32, by: f32, scores: &mut [f32]) {
        let ties = self.ties.row(user as usize);
        let total: f32 = ties.1.iter().sum();
        if total > 0.0 {
            self.add_shown(ties, by / total, scores);
        }
        if let Some(SecondHop { reached, strength }) = self.second_hop {
            self.add_shown(reached.row(user as usize), by * strength, scores);
        }
    }

    /// Adds `by` times each person's weight to the items that the person shows.
    fn add_shown(&self, (people, weights): (&[u32], &[f32]), by: f32, scores: &mut [f32]) {
        for (&person, &weight) in people.iter().zip(weights) {
            for &item in self.shown.row(person as usize) {
                scores[item as usize] += by * weight;
            }
        }
    }
}

/// Items with their weights, each multiplied by `by`.
pub(crate) fn weighed<'a>(
    (items, weights): (&'a [u32], &'a [f32]),
    by: f32,
) -> impl Iterator<Item = (u32, f32)> + Clone + 'a {
    items.iter().zip(weights).map(move |(&item, &weight)| (item, by * weight))
}

/// `embedding p_u.q_j + list sum_{i in S_u} a_ui M_ij + friends f_u(j) + popularity b_j`.
#[derive(Clone, Copy, Debug)]
pub struct BlendScorer<'a> {
    /// The embedding.
    pub embedding: EmbeddingScorer<'a>,
    /// `S_u`, each item with its recency.
    pub own: &'a WeightedRows,
    /// `M`.
    pub lists: &'a WeightedRows,
    /// `f`.
    pub friends: FriendScores<'a>,
    /// `b`: one number per item.
    pub bias: &'a [f32],
    /// The weights of the parts.
    pub blend: Blend,
}

impl Scorer for BlendScorer<'_> {
    fn score(&self, users: &[u32], scores: &mut [f32]) {
        let Blend { embedding, list, friends, popularity, .. } = self.blend;
        if embedding > 0.0 {
            self.embedding.score(users, scores);
        }
        let n_items = self.embedding.items.rows().max(1);
        for (&user, row) in users.iter().zip(scores.chunks_mut(n_items)) {
            for score in row.iter_mut() {
                *score *= embedding;
            }
            if list > 0.0 {
                add_lists(row, weighed(self.own.row(user as usize), list), self.lists);
            }
            if friends > 0.0 {
                self.friends.add(user, friends, row);
            }
            if popularity > 0.0 {
                row.iter_mut().zip(self.bias).for_each(|(sum, bias)| *sum += popularity * bias);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanxi_models::model::Rows;

    fn unit(rows: &[usize]) -> Factors {
        let mut values = vec![0.0; rows.len() * 16];
        rows.iter().enumerate().for_each(|(row, &at)| values[row * 16 + at] = 1.0);
        Factors::new(16, values).unwrap()
    }

    fn score(blend: Blend) -> Vec<f32> {
        score_with(blend, None)
    }

    fn score_with(blend: Blend, second_hop: Option<SecondHop<'_>>) -> Vec<f32> {
        let (users, items) = (unit(&[0, 1]), unit(&[0, 1, 0]));
        let shown = Positives::from(Rows::from_rows(&[vec![0], vec![1, 2]]));
        let own = WeightedRows::from_rows(&[vec![(0, 1.0)], vec![(1, 1.0), (2, 0.5)]]);
        let lists = WeightedRows::from_rows(&[vec![(1, 0.5)], vec![], vec![(0, 4.0)]]);
        let ties = WeightedRows::from_rows(&[vec![(1, 0.2)], vec![(0, 0.3)]]);
        let embedding = EmbeddingScorer { users: &users, items: &items };
        let friends = FriendScores { ties: &ties, shown: &shown, second_hop };
        let bias = &[0.0, 3.0, 5.0];
        let scorer = BlendScorer { embedding, own: &own, lists: &lists, friends, bias, blend };
        let mut scores = vec![0.0; 6];
        scorer.score(&[0, 1], &mut scores);
        scores
    }

    #[test]
    fn the_parts_add_up_by_their_weights() {
        let scores = score(Blend { embedding: 10.0, list: 2.0, friends: 1.0, ..Blend::default() });
        assert_eq!(scores, [10.0, 2.0, 11.0, 5.0, 10.0, 0.0]);
    }

    #[test]
    fn friends_of_friends_add_their_nearness_times_their_strength() {
        let reached = WeightedRows::from_rows(&[vec![(0, 0.5), (1, 0.25)], vec![]]);
        let second_hop = Some(SecondHop { reached: &reached, strength: 2.0 });
        let scores = score_with(Blend { friends: 10.0, ..Blend::default() }, second_hop);
        assert_eq!(scores, [10.0, 15.0, 15.0, 10.0, 0.0, 0.0]);
    }

    #[test]
    fn a_part_of_weight_0_says_nothing() {
        let only = |embedding, list, friends| {
            score(Blend { embedding, list, friends, ..Blend::default() })
        };
        let popular = Blend { popularity: 2.0, ..Blend::default() };
        assert_eq!(score(popular), [0.0, 6.0, 10.0, 0.0, 6.0, 10.0]);
        assert_eq!(only(1.0, 0.0, 0.0), [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        assert_eq!(only(0.0, 1.0, 0.0), [0.0, 0.5, 0.0, 2.0, 0.0, 0.0]);
        assert_eq!(only(0.0, 0.0, 1.0), [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    }
}
