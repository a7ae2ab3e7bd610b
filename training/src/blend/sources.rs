//! The parts of the score, each by itself, and their common scale.

use guanxi_models::column::WeightedRows;

use super::{Candidates, PARTS, PerPart};
use crate::judge::case::{Case, Scorer};
use crate::judge::evaluation::Catalogue;
use crate::lists::add_lists;
use crate::score::scoring::{FriendScores, weighed};

/// The sources of the parts of the score.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The scorer of the embedding.
    pub embedding: &'a dyn Scorer,
    /// `S_u`: each user's items with their recency.
    pub own: &'a WeightedRows,
    /// `s`: the local ridge.
    pub ridge: &'a WeightedRows,
    /// `g`: the co-occurrence graph.
    pub graph: &'a WeightedRows,
    /// `f`: the friends' purchases.
    pub friends: FriendScores<'a>,
    /// `b`: one number per item.
    pub bias: &'a [f32],
    /// The items to rank.
    pub catalogue: Catalogue<'a>,
}

impl std::fmt::Debug for Sources<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("catalogue", &self.catalogue).finish_non_exhaustive()
    }
}

impl Sources<'_> {
    /// The scores of the other parts than the embedding, for every item.
    fn beside(&self, user: u32) -> [Vec<f32>; PARTS - 1] {
        let mut parts = [(); PARTS - 1].map(|()| vec![0.0; self.catalogue.n_items]);
        let own = self.own.row(user as usize);
        add_lists(&mut parts[0], weighed(own, 1.0), self.ridge);
        add_lists(&mut parts[1], weighed(own, 1.0), self.graph);
        self.friends.add(user, 1.0, &mut parts[2]);
        parts[3].copy_from_slice(self.bias);
        parts
    }

    /// The factor that brings each part to the common scale, measured over these users. It is 0 for
    /// a part that scores nothing.
    pub fn scales(&self, users: &[u32]) -> PerPart {
        let sums = self.catalogue.for_each_user(self.embedding, users, |at, embedding| {
            Moments::of(embedding, &self.beside(users[at]))
        });
        sums.iter().fold(Moments::default(), Moments::plus).scales()
    }

    /// The best items of each part for every case, with their scores in all parts.
    pub fn candidates(&self, cases: &[Case], per_part: usize) -> Vec<Candidates> {
        let users: Vec<u32> = cases.iter().map(|case| case.user).collect();
        let samples = self.catalogue.samples(cases);
        let sampled = samples.as_ref().map(|samples| samples.only(self.embedding));
        let embedding: &dyn Scorer = match &sampled {
            Some(sampled) => sampled,
            None => self.embedding,
        };
        self.catalogue.for_each_user(embedding, &users, |at, embedding| {
            let mut beside = self.beside(users[at]);
            for part in &mut beside {
                drop_masked(part, embedding);
            }
            let [ridge, graph, friends, bias] = &beside;
            let parts = [embedding, ridge, graph, friends, bias];
            Candidates::new(parts, per_part, &cases[at].truth)
        })
    }
}

/// Removes the score of items that have none in the embedding.
fn drop_masked(part: &mut [f32], embedding: &[f32]) {
    let masked = embedding.iter().zip(part).filter(|(score, _)| !score.is_finite());
    masked.for_each(|(_, score)| *score = 0.0);
}

/// The sums from which the scales are computed.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    /// The number of scores, their sum, and the sum of their squares.
    embedding: [f64; 3],
    /// The number of positive scores and the sum of their squares, for each other part.
    beside: [[f64; 2]; PARTS - 1],
}

impl Moments {
    fn of(embedding: &[f32], beside: &[Vec<f32>; PARTS - 1]) -> Self {
        let mut moments = Self::default();
        for (item, &score) in embedding.iter().enumerate() {
            if !score.is_finite() {
                continue;
            }
            let score = f64::from(score);
            add(&mut moments.embedding, [1.0, score, score * score]);
            for (sums, part) in moments.beside.iter_mut().zip(beside) {
                let score = f64::from(part[item]);
                if score > 0.0 {
                    add(sums, [1.0, score * score]);
                }
            }
        }
        moments
    }

    fn plus(mut self, other: &Self) -> Self {
        add(&mut self.embedding, other.embedding);
        for (sums, others) in self.beside.iter_mut().zip(other.beside) {
            add(sums, others);
        }
        self
    }

    fn scales(self) -> PerPart {
        let [n, sum, squares] = self.embedding;
        let mean = sum / n.max(1.0);
        let deviation = (squares / n.max(1.0) - mean * mean).max(0.0).sqrt();
        let [ridge, graph, friends, popularity] =
            self.beside.map(|[n, squares]| inverse((squares / n.max(1.0)).sqrt()));
        PerPart { embedding: inverse(deviation), ridge, graph, friends, popularity }
    }
}

fn add<const N: usize>(sums: &mut [f64; N], values: [f64; N]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

fn inverse(spread: f64) -> f32 {
    let inverse = (1.0 / spread) as f32;
    if inverse.is_finite() { inverse } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_the_inverse_spread_over_what_is_not_masked() {
        let mut embedding = vec![1.0, 3.0, 1.0, 3.0];
        embedding.push(f32::NEG_INFINITY);
        let beside = [
            vec![0.0, 2.0, 0.0, 2.0, 99.0],
            vec![0.0; 5],
            vec![4.0, 0.0, 0.0, 0.0, 0.0],
            vec![0.5; 5],
        ];
        let scales = Moments::of(&embedding, &beside).scales();
        let expected =
            PerPart { embedding: 1.0, ridge: 0.5, graph: 0.0, friends: 0.25, popularity: 2.0 };
        assert_eq!(scales, expected);
    }
}
