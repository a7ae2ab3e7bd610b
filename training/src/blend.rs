//! How much each part of the score counts, learned on held-out rows.
//!
//! Each part is first brought to a common scale, measured over random users and the items that they don't have: the embedding by
//! its standard deviation, the others by the root mean square of their positive scores. Then weights are tried on the best items
//! of each part, which are scored once and kept. Every part may come out as 0: on some data friends carry nothing, on some the
//! lists alone are best.

use guanxi_models::column::WeightedRows;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::baselines::add_lists;
use crate::evaluation::{Case, Catalogue, Scorer, top};
use crate::metrics::{LONGEST_LIST, Truth, discount, ideal_gain};
use crate::recipe::BlendRecipe;
use crate::scoring::{FriendScores, weighed};

/// One number for each part of the score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PerPart {
    /// `p_u.q_j`.
    pub embedding: f32,
    /// The local ridge `s`.
    pub ridge: f32,
    /// The co-occurrence graph `g`.
    pub graph: f32,
    /// The friends' purchases `f`.
    pub friends: f32,
}

const PARTS: usize = 4;

impl PerPart {
    /// What to count where nothing could be learned.
    pub const UNLEARNED: Self = Self { embedding: 1.0, ridge: 0.5, graph: 0.5, friends: 0.25 };

    /// Every part whole.
    pub const ONES: Self = Self { embedding: 1.0, ridge: 1.0, graph: 1.0, friends: 1.0 };

    fn array(self) -> [f32; PARTS] {
        [self.embedding, self.ridge, self.graph, self.friends]
    }

    fn from_array([embedding, ridge, graph, friends]: [f32; PARTS]) -> Self {
        Self { embedding, ridge, graph, friends }
    }

    /// The product, part by part.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        let (mut product, other) = (self.array(), other.array());
        product.iter_mut().zip(other).for_each(|(one, other)| *one *= other);
        Self::from_array(product)
    }
}

/// Where the parts of the score come from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Scores the embedding.
    pub embedding: &'a dyn Scorer,
    /// `S_u`, each item with its recency.
    pub own: &'a WeightedRows,
    /// `s`.
    pub ridge: &'a WeightedRows,
    /// `g`.
    pub graph: &'a WeightedRows,
    /// `f`.
    pub friends: FriendScores<'a>,
    /// What is ranked.
    pub catalogue: Catalogue<'a>,
}

impl std::fmt::Debug for Sources<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("catalogue", &self.catalogue).finish_non_exhaustive()
    }
}

impl Sources<'_> {
    /// The scores of the parts beside the embedding, for every item.
    fn beside(&self, user: u32) -> [Vec<f32>; PARTS - 1] {
        let mut parts = [(); PARTS - 1].map(|()| vec![0.0; self.catalogue.n_items]);
        let own = self.own.row(user as usize);
        add_lists(&mut parts[0], weighed(own, 1.0), self.ridge);
        add_lists(&mut parts[1], weighed(own, 1.0), self.graph);
        self.friends.add(user, 1.0, &mut parts[2]);
        parts
    }

    /// What brings each part to the common scale, over these users; 0 for a part that scores nothing.
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
            let [ridge, graph, friends] = &beside;
            let parts = [embedding, ridge, graph, friends];
            Candidates::new(parts, per_part, &cases[at].truth)
        })
    }
}

/// Takes the score from whatever has none in the embedding.
fn drop_masked(part: &mut [f32], embedding: &[f32]) {
    let masked = embedding.iter().zip(part).filter(|(score, _)| !score.is_finite());
    masked.for_each(|(_, score)| *score = 0.0);
}

/// Sums from which scales follow.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    /// How many scores, their sum, the sum of their squares.
    embedding: [f64; 3],
    /// For each other part how many positive scores and the sum of their squares.
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
        let [ridge, graph, friends] =
            self.beside.map(|[n, squares]| inverse((squares / n.max(1.0)).sqrt()));
        PerPart { embedding: inverse(deviation), ridge, graph, friends }
    }
}

fn add<const N: usize>(sums: &mut [f64; N], values: [f64; N]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

fn inverse(spread: f64) -> f32 {
    let inverse = (1.0 / spread) as f32;
    if inverse.is_finite() { inverse } else { 0.0 }
}

/// The best items of each part for one user, with their scores.
#[derive(Clone, Debug)]
pub struct Candidates {
    /// Per part the score of every candidate, in ascending order of item.
    scores: [Vec<f32>; PARTS],
    /// Which candidates were held out.
    hits: Vec<usize>,
    /// The discounted gain of the best list that there could be.
    ideal: f64,
}

impl Candidates {
    fn new(parts: [&[f32]; PARTS], per_part: usize, truth: &Truth) -> Self {
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

    /// Multiplies the scores of each part.
    pub(crate) fn scale(&mut self, by: PerPart) {
        for (scores, by) in self.scores.iter_mut().zip(by.array()) {
            for score in scores.iter_mut() {
                *score *= by;
            }
        }
    }

    /// NDCG@20 of the candidates in the order of their weighed scores, ties by number.
    ///
    /// Only the places of the hits matter, and to count what is before them is cheaper than to sort.
    fn ndcg(&self, weights: [f32; PARTS], blend: &mut Vec<f32>) -> f64 {
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

/// How many scores come before that at `hit`.
fn place(scores: &[f32], hit: usize) -> usize {
    let score = scores[hit];
    let above = scores.iter().filter(|&&other| other > score).count();
    above
        + scores[..hit]
            .iter()
            .filter(|&&other| other.partial_cmp(&score) == Some(std::cmp::Ordering::Equal))
            .count()
}

/// What was learned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// The weights on the common scale.
    pub weights: PerPart,
    /// NDCG@20 on the rows that they were learned on.
    pub ndcg: f64,
}

/// Over how many users the whole grid is tried.
const GRID_USERS: usize = 500;
/// How many of the grid's best are tried over all users.
const FINALISTS: usize = 24;

/// Finds the weights with the best NDCG@20: a grid over all parts on some users, its best on all, then finer steps around.
///
/// A part whose `mask` is 0, or that scores nothing anywhere, gets the weight 0.
pub fn learn(candidates: &[Candidates], mask: PerPart, recipe: &BlendRecipe) -> Learned {
    let scales = mask.times(scoring_parts(candidates));
    let some = &candidates[..candidates.len().min(GRID_USERS)];
    let finalists = ranked(grid(scales, &recipe.weights), some, scales).into_iter();
    let finalists = finalists.take(FINALISTS).map(|(_, weights)| weights).collect();
    let mut best = ranked(finalists, candidates, scales)[0];
    for step in [1.5, 1.25] {
        best = ranked(around(best.1, step), candidates, scales)[0];
    }
    Learned { weights: PerPart::from_array(best.1).times(scales), ndcg: best.0 }
}

/// 1 for each part that scores anything.
fn scoring_parts(candidates: &[Candidates]) -> PerPart {
    let scores =
        |part: usize| candidates.iter().any(|one| one.scores[part].iter().any(|&s| s != 0.0));
    PerPart::from_array(std::array::from_fn(|part| if scores(part) { 1.0 } else { 0.0 }))
}

/// The choices with their quality, best first; of equals the first.
fn ranked(
    choices: Vec<[f32; PARTS]>,
    candidates: &[Candidates],
    scales: PerPart,
) -> Vec<(f64, [f32; PARTS])> {
    let quality = |weights: [f32; PARTS]| {
        let scaled = PerPart::from_array(weights).times(scales).array();
        let mut blend = Vec::new();
        let sum: f64 = candidates.iter().map(|one| one.ndcg(scaled, &mut blend)).sum();
        sum / candidates.len().max(1) as f64
    };
    let mut ranked: Vec<(f64, [f32; PARTS])> =
        choices.into_par_iter().map(|weights| (quality(weights), weights)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked
}

/// All combinations of the weights, the simplest first; parts that score nothing weigh 0.
fn grid(scales: PerPart, weights: &[f32]) -> Vec<[f32; PARTS]> {
    let mut ladder = vec![0.0];
    ladder.extend(weights.iter().filter(|&&weight| weight > 0.0));
    let mut choices = vec![[1.0, 0.0, 0.0, 0.0], [0.0; PARTS]];
    for (part, scale) in scales.array().into_iter().enumerate().skip(1) {
        let steps = if scale > 0.0 { &ladder[..] } else { &[0.0] };
        let with = |weight: f32| {
            choices.iter().map(move |choice| {
                let mut choice = *choice;
                choice[part] = weight;
                choice
            })
        };
        choices = steps.iter().flat_map(|&weight| with(weight)).collect();
    }
    choices
}

/// A choice, and what lies one step up or down in each of its parts.
fn around(choice: [f32; PARTS], step: f32) -> Vec<[f32; PARTS]> {
    let mut choices = vec![choice];
    for part in 1..PARTS {
        for factor in [1.0 / step, step] {
            let more = choices.clone().into_iter().filter(|choice| choice[part] > 0.0);
            let moved = more.filter(|other| other[part].to_bits() == choice[part].to_bits());
            choices.extend(moved.map(|mut other| {
                other[part] *= factor;
                other
            }));
        }
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten users whose next item is what the part `best` says and nothing else does.
    fn candidates(best: usize) -> Vec<Candidates> {
        (0..10)
            .map(|user: u32| {
                let mut parts = [(); PARTS].map(|()| vec![0.0_f32; 60]);
                for (part, scores) in parts.iter_mut().enumerate() {
                    let liked = if part == best { user } else { user + 10 + part as u32 };
                    (0..60).for_each(|item| scores[item as usize] = 0.01 * (item % 7) as f32);
                    scores[liked as usize] = 1.0;
                }
                Candidates::new(parts.each_ref().map(Vec::as_slice), 5, &Truth::new(vec![user]))
            })
            .collect()
    }

    fn ones() -> PerPart {
        PerPart { embedding: 1.0, ridge: 1.0, graph: 1.0, friends: 1.0 }
    }

    #[test]
    fn the_part_that_knows_is_found_and_the_others_weigh_nothing_or_less() {
        for best in 0..PARTS {
            let learned = learn(&candidates(best), ones(), &BlendRecipe::default());
            let weights = learned.weights.array();
            assert!((learned.ndcg - 1.0).abs() < 1e-9);
            assert!((0..PARTS).all(|part| part == best || weights[part] < weights[best]));
        }
    }

    #[test]
    fn places_are_those_of_the_sorted_list() {
        let scores = [1.0, 3.0, 3.0, 2.0, 3.0];
        let places: Vec<usize> = (0..5).map(|hit| place(&scores, hit)).collect();
        assert_eq!(places, [4, 0, 1, 3, 2]);
    }

    #[test]
    fn friends_without_a_score_weigh_nothing() {
        let scales = PerPart { friends: 0.0, ..ones() };
        let learned = learn(&candidates(3), scales, &BlendRecipe::default());
        assert!(learned.weights.friends.abs() < f32::EPSILON);
    }

    #[test]
    fn the_grid_holds_each_part_alone_and_starts_with_the_embedding() {
        let grid = grid(ones(), &[0.0, 1.0, 2.0]);
        assert_eq!(grid.len(), 2 * 27);
        assert!(
            (grid[0][0] - 1.0).abs() < 1e-9 && grid[0][1..].iter().all(|&weight| weight == 0.0)
        );
        for alone in [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 1.0]] {
            assert!(grid.contains(&alone));
        }
    }

    #[test]
    fn scales_are_the_inverse_spread_over_what_is_not_masked() {
        let mut embedding = vec![1.0, 3.0, 1.0, 3.0];
        embedding.push(f32::NEG_INFINITY);
        let beside = [vec![0.0, 2.0, 0.0, 2.0, 99.0], vec![0.0; 5], vec![4.0, 0.0, 0.0, 0.0, 0.0]];
        let scales = Moments::of(&embedding, &beside).scales();
        let expected = PerPart { embedding: 1.0, ridge: 0.5, graph: 0.0, friends: 0.25 };
        assert_eq!(scales, expected);
    }
}
