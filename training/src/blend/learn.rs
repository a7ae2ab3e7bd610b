//! The search for the blend weights that rank best.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Candidates, PARTS, PerPart};
use crate::judge::noise::is_beyond_noise;
use crate::recipe::BlendRecipe;

/// The learned weights and their quality.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedWeights {
    /// The weights on the common scale.
    pub weights: PerPart,
    /// NDCG@20 on the rows that the weights were learned on.
    pub ndcg: f64,
}

/// The number of users on which the whole grid is tried.
const GRID_USERS: usize = 500;
/// The number of the grid's best choices that are tried on all users.
const FINALISTS: usize = 24;

/// Further weights to try for popularity, beyond those of the recipe. On some data popularity
/// explains nearly everything.
const POPULARITY_WEIGHTS: [f32; 2] = [16.0, 32.0];

/// Finds the weights with the best NDCG@20. It tries a grid over the parts on some users, the best
/// choices on all users, then finer steps around the winner.
///
/// A part gets weight 0 if its `mask` is 0 or if it scores nothing. Popularity also gets 0 if its
/// gain is within noise: it makes lists alike, so it must be worth it.
pub fn learn(candidates: &[Candidates], mask: PerPart, recipe: &BlendRecipe) -> LearnedWeights {
    let scales = mask.times(scoring_parts(candidates));
    let personal = PerPart { popularity: 0.0, ..scales };
    let some = &candidates[..candidates.len().min(GRID_USERS)];
    let finalists = finalists(grid(personal, &recipe.weights), some, personal);
    let best = refined(finalists.clone(), candidates, personal);
    if scales.popularity <= 0.0 {
        return learned(best, personal);
    }
    let with = refined(with_popularity(&finalists, some, scales, recipe), candidates, scales);
    let gains = gains(candidates, with.1, best.1);
    if is_beyond_noise(&gains) { learned(with, scales) } else { learned(best, personal) }
}

fn learned((ndcg, weights): (f64, [f32; PARTS]), scales: PerPart) -> LearnedWeights {
    LearnedWeights { weights: PerPart::from_array(weights).times(scales), ndcg }
}

/// The best choices on some users, to be tried on all users.
fn finalists(
    choices: Vec<[f32; PARTS]>,
    some: &[Candidates],
    scales: PerPart,
) -> Vec<[f32; PARTS]> {
    let best = ranked(choices, some, scales).into_iter().take(FINALISTS);
    best.map(|(_, weights)| weights).collect()
}

/// The best choice on all users, refined among its neighbours.
fn refined(
    finalists: Vec<[f32; PARTS]>,
    candidates: &[Candidates],
    scales: PerPart,
) -> (f64, [f32; PARTS]) {
    let mut best = ranked(finalists, candidates, scales)[0];
    for step in [1.5, 1.25] {
        best = ranked(around(best.1, step), candidates, scales)[0];
    }
    best
}

/// The best personal choices, and each part alone, combined with every popularity weight.
fn with_popularity(
    personal: &[[f32; PARTS]],
    some: &[Candidates],
    scales: PerPart,
    recipe: &BlendRecipe,
) -> Vec<[f32; PARTS]> {
    let alone =
        (0..PARTS - 1).map(|part| std::array::from_fn(|at| f32::from(u8::from(at == part))));
    let bases: Vec<[f32; PARTS]> =
        personal.iter().copied().chain(alone).chain([[0.0; PARTS]]).collect();
    let weights = recipe.weights.iter().chain(&POPULARITY_WEIGHTS).filter(|&&weight| weight > 0.0);
    let choices = weights.flat_map(|&weight| {
        bases.iter().map(move |base| {
            let mut choice = *base;
            choice[PARTS - 1] = weight;
            choice
        })
    });
    finalists(choices.collect(), some, scales)
}

/// The gain of one choice over another in NDCG@20, per user.
fn gains(candidates: &[Candidates], one: [f32; PARTS], other: [f32; PARTS]) -> Vec<f64> {
    let mut blend = Vec::new();
    let gain = |user: &Candidates| user.ndcg(one, &mut blend) - user.ndcg(other, &mut blend);
    candidates.iter().map(gain).collect()
}

/// 1 for each part that scores any candidate, else 0.
fn scoring_parts(candidates: &[Candidates]) -> PerPart {
    let scores = |part: usize| candidates.iter().any(|one| one.scores_by(part));
    PerPart::from_array(std::array::from_fn(|part| if scores(part) { 1.0 } else { 0.0 }))
}

/// The choices with their quality, best first; ties keep their order.
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

/// All combinations of the weights, the simplest first. Parts that score nothing have weight 0.
fn grid(scales: PerPart, weights: &[f32]) -> Vec<[f32; PARTS]> {
    let mut ladder = vec![0.0];
    ladder.extend(weights.iter().filter(|&&weight| weight > 0.0));
    let mut choices = vec![[1.0, 0.0, 0.0, 0.0, 0.0], [0.0; PARTS]];
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

/// A choice and its neighbours, one step up or down in each part.
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
    use crate::data::draw::mix;
    use crate::judge::evaluation::top;
    use crate::judge::metrics::Truth;

    /// Ten users whose next item is predicted by the part `best` and by no other.
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
        PerPart::ONES
    }

    #[test]
    fn the_part_that_knows_is_found_and_the_others_weigh_nothing_or_less() {
        for best in 0..PARTS - 1 {
            let learned = learn(&candidates(best), ones(), &BlendRecipe::default());
            let weights = learned.weights.array();
            assert!((learned.ndcg - 1.0).abs() < 1e-9);
            assert!((0..PARTS).all(|part| part == best || weights[part] < weights[best]));
        }
    }

    fn random(user: u32, item: u32) -> f32 {
        (mix(7, user, item) % 1_000) as f32 / 1_000.0
    }

    /// A hundred users of random taste. `next` returns the held-out item, given the user's index,
    /// the user's taste, and the popularity that all users share.
    fn a_hundred(next: impl Fn(u32, &[f32], &[f32]) -> u32) -> Vec<Candidates> {
        let scores = |user: u32| (0..60).map(|item| random(user, item)).collect::<Vec<f32>>();
        let (bias, none) = (scores(u32::MAX), vec![0.0; 60]);
        let case = |user: u32| {
            let taste = scores(user);
            let truth = Truth::new(vec![next(user, &taste, &bias)]);
            Candidates::new([&taste, &none, &none, &none, &bias], 20, &truth)
        };
        (0..100).map(case).collect()
    }

    fn popularity_learned(next: impl Fn(u32, &[f32], &[f32]) -> u32) -> f32 {
        learn(&a_hundred(next), ones(), &BlendRecipe::default()).weights.popularity
    }

    #[test]
    fn popularity_counts_where_everybody_takes_what_draws() {
        let weight = popularity_learned(|user, _, bias| top(bias, 5)[user as usize % 5]);
        assert!(weight > 2.0, "{weight}");
    }

    #[test]
    fn popularity_weighs_nothing_where_taste_or_chance_decides() {
        let by_taste = popularity_learned(|user, taste, _| top(taste, 5)[user as usize % 5]);
        let by_chance = popularity_learned(|user, _, _| mix(9, user, 0) as u32 % 60);
        assert!(by_taste + by_chance < f32::EPSILON, "{by_taste} {by_chance}");
    }

    #[test]
    fn friends_without_a_score_weigh_nothing() {
        let scales = PerPart { friends: 0.0, ..ones() };
        let learned = learn(&candidates(3), scales, &BlendRecipe::default());
        assert!(learned.weights.friends.abs() < f32::EPSILON);
    }

    #[test]
    fn the_grid_holds_each_part_alone_and_starts_with_the_embedding() {
        let personal = PerPart { popularity: 0.0, ..ones() };
        let grid = grid(personal, &[0.0, 1.0, 2.0]);
        assert_eq!(grid.len(), 2 * 27);
        assert!(
            (grid[0][0] - 1.0).abs() < 1e-9 && grid[0][1..].iter().all(|&weight| weight == 0.0)
        );
        for alone in
            [[0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 0.0]]
        {
            assert!(grid.contains(&alone));
        }
    }
}
