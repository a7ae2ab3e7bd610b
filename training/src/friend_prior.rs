//! How much friends say about a user's embedding: learned, and it may be nothing.
//!
//! A prior is judged twice: on users with their history, where friends mostly repeat what is known, and on users made cold, whose
//! items are hidden while their friends stay.

use guanxi_models::Factors;
use guanxi_models::column::WeightedRows;
use guanxi_models::fold_in::prior_of;
use guanxi_models::model::Rows;
use guanxi_models::solver::{RowProblem, RowSolver};
use rayon::prelude::*;

use crate::als::{Als, AlsError, FriendPrior, Matrix, user_sweep_with_prior};
use crate::baselines::Popularity;
use crate::dataset::Positives;
use crate::draw::{mix, sample};
use crate::evaluation::{Case, Catalogue, Scorer};
use crate::metrics::Truth;
use crate::recipe::FriendRecipe;
use crate::report::StrengthTried;
use crate::scoring::EmbeddingScorer;

/// How many users are made cold at most.
const COLD_USERS: usize = 1_000;
/// How many items a cold user is handed back.
const HANDED_BACK: usize = 3;

/// What a prior is judged on.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// The embedding before friends entered.
    pub als: &'a Als,
    /// What it was trained on.
    pub matrix: &'a Matrix,
    /// The friends.
    pub ties: &'a WeightedRows,
    /// The positive items of every user.
    pub own: &'a Positives,
    /// What is ranked for users with their history.
    pub catalogue: Catalogue<'a>,
    /// Users with held-out rows.
    pub cases: &'a [Case],
    /// Decides which users are made cold.
    pub seed: u64,
}

impl Judge<'_> {
    /// Tries every strength, 0 first.
    pub fn try_all(&self, recipe: &FriendRecipe) -> Result<Vec<StrengthTried>, AlsError> {
        let mut strengths = vec![0.0];
        strengths.extend(recipe.strengths.iter().filter(|&&strength| strength > 0.0));
        let cold = self.cold_users();
        strengths
            .into_iter()
            .map(|strength| {
                let prior = FriendPrior { strength, shrinkage: recipe.shrinkage };
                Ok(StrengthTried {
                    strength,
                    warm: self.warm(prior)?,
                    cold: self.cold(&cold, prior, 0)?,
                    three_items: self.cold(&cold, prior, HANDED_BACK)?,
                })
            })
            .collect()
    }

    fn warm(&self, prior: FriendPrior) -> Result<f64, AlsError> {
        let mut als = self.als.clone();
        let users = user_sweep_with_prior(self.matrix, &mut als, self.ties, prior)?;
        let scorer = EmbeddingScorer { users: &users, items: &als.item_factors };
        Ok(self.catalogue.evaluate(&scorer, self.cases).at_20.ndcg)
    }

    /// Users with friends and enough items to hide.
    fn cold_users(&self) -> Vec<u32> {
        let has_enough = |&user: &u32| {
            let user = user as usize;
            self.own.row(user).len() > HANDED_BACK && !self.ties.row(user).0.is_empty()
        };
        let users = (0..self.own.rows() as u32).filter(has_enough);
        sample(self.seed, users, COLD_USERS)
    }

    /// NDCG@20 on hidden items when `handed_back` of them are known.
    fn cold(&self, users: &[u32], prior: FriendPrior, handed_back: usize) -> Result<f64, AlsError> {
        let known: Vec<Vec<u32>> =
            users.iter().map(|&user| self.handed_back(user, handed_back)).collect();
        let cases: Vec<Case> = (0..users.len())
            .map(|at| Case { user: at as u32, truth: self.hidden(users[at], &known[at]) })
            .collect();
        let seen = Positives::from(Rows::from_rows(&known));
        let catalogue = Catalogue { seen: &seen, ..self.catalogue };
        if prior.strength <= 0.0 && handed_back == 0 {
            let popularity = Popularity::new(self.own, catalogue.n_items);
            return Ok(catalogue.evaluate(&popularity, &cases).at_20.ndcg);
        }
        let rows = self.fold_in(users, &known, prior)?;
        let scorer: &dyn Scorer = &EmbeddingScorer { users: &rows, items: &self.als.item_factors };
        Ok(catalogue.evaluate(scorer, &cases).at_20.ndcg)
    }

    fn handed_back(&self, user: u32, n: usize) -> Vec<u32> {
        let mut items = self.own.row(user as usize).to_vec();
        items.sort_by_key(|&item| mix(self.seed, user, item));
        items.truncate(n);
        items.sort_unstable();
        items
    }

    fn hidden(&self, user: u32, known: &[u32]) -> Truth {
        let own = self.own.row(user as usize).iter().copied();
        Truth::new(own.filter(|item| known.binary_search(item).is_err()).collect())
    }

    /// The rows of users of whom only some items and their friends are known. Their ties are those of people without a history: all alike.
    fn fold_in(
        &self,
        users: &[u32],
        known: &[Vec<u32>],
        prior: FriendPrior,
    ) -> Result<Factors, AlsError> {
        let mut fold_in = self.als.fold_in.clone();
        fold_in.friend_strength = prior.strength;
        let dim = self.als.item_factors.dim();
        let mut rows = vec![0.0; users.len() * dim];
        rows.par_chunks_mut(dim).enumerate().for_each_init(
            RowSolver::default,
            |solver, (at, row)| {
                let mean = self.prior_mean(users[at], prior);
                let problem = RowProblem {
                    items: &known[at],
                    confidences: &[1.0; HANDED_BACK][..known[at].len()],
                    targets: &[],
                    ridge: fold_in.ridge_of(known[at].len()),
                    prior_strength: if mean.is_empty() { 0.0 } else { fold_in.prior_strength() },
                    prior_mean: &mean,
                };
                solver.solve(&self.als.item_factors, &fold_in.spectrum, &problem, row);
            },
        );
        Ok(Factors::new(dim, rows)?)
    }

    fn prior_mean(&self, user: u32, prior: FriendPrior) -> Vec<f32> {
        if prior.strength <= 0.0 {
            return Vec::new();
        }
        let profiles = self.ties.row(user as usize).0.iter().filter_map(|&friend| {
            let row = self.als.user_factors.row(friend as usize)?;
            row.iter().any(|&value| value != 0.0).then_some((row, 1.0))
        });
        prior_of(profiles, &self.als.fold_in.mean, prior.shrinkage)
    }
}

/// Beyond so many standard errors a gain is no chance. One or two would let noise through: many strengths are tried, and the best is taken.
const STANDARD_ERRORS: f64 = 3.0;

/// Whether the mean of paired differences is above 0 by more than noise explains. O(n).
pub(crate) fn is_beyond_noise(differences: &[f64]) -> bool {
    let n = differences.len() as f64;
    if n < 2.0 {
        return false;
    }
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
    mean > STANDARD_ERRORS * (squares / (n - 1.0) / n).sqrt()
}

/// The strength that is best over both kinds of users; the weakest of equals.
pub fn best(tried: &[StrengthTried]) -> f32 {
    let quality = |one: &StrengthTried| one.warm + f64::midpoint(one.cold, one.three_items);
    let none = StrengthTried { warm: f64::NEG_INFINITY, ..StrengthTried::default() };
    tried
        .iter()
        .fold(none, |best, one| if quality(one) > quality(&best) { *one } else { best })
        .strength
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(strength: f32, warm: f64, cold: f64) -> StrengthTried {
        StrengthTried { strength, warm, cold, three_items: cold }
    }

    #[test]
    fn the_best_over_warm_and_cold_users_wins_and_the_weakest_of_equals() {
        let none = tried(0.0, 0.3, 0.2);
        assert!((best(&[none, tried(1.0, 0.29, 0.25)]) - 1.0).abs() < f32::EPSILON);
        assert!(best(&[none, tried(1.0, 0.25, 0.21)]).abs() < f32::EPSILON);
        assert!(best(&[none, tried(1.0, 0.3, 0.2)]).abs() < f32::EPSILON);
        assert!(best(&[]).abs() < f32::EPSILON);
    }
}
