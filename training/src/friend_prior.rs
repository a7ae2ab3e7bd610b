//! How much friends say about a user's embedding: learned, and it may be nothing.
//!
//! A prior is judged twice: on users with their history, where friends mostly repeat what is known, and on users made cold, whose
//! items are hidden while their friends stay.

use guanxi_models::Factors;
use guanxi_models::column::WeightedRows;
use guanxi_models::fold_in::prior_of;
use guanxi_models::model::Rows;
use guanxi_models::solver::{RowProblem, RowSolver};
use guanxi_models::tie::{self, Person};
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

/// Towards what the row of a cold user is drawn.
#[derive(Clone, Copy, Debug)]
enum Towards {
    /// Friends, ties as of people without a history.
    Friends(FriendPrior),
    /// The mean user, with this strength.
    Mean(f32),
}

/// NDCG@20 of every cold user: without an item, and with [`HANDED_BACK`].
type ColdQuality = [Vec<f64>; 2];

impl Judge<'_> {
    /// Tries every strength, 0 first.
    pub fn try_all(&self, recipe: &FriendRecipe) -> Result<Vec<StrengthTried>, AlsError> {
        let positive = recipe.strengths.iter().copied().filter(|&strength| strength > 0.0);
        let strengths: Vec<f32> = std::iter::once(0.0).chain(positive).collect();
        let users = self.cold_users();
        let alone = self.best_alone(&users, &strengths)?;
        let judged = |&strength: &f32| {
            let prior = FriendPrior { strength, shrinkage: recipe.shrinkage };
            let quality = self.cold_quality(&users, Towards::Friends(prior))?;
            Ok(StrengthTried {
                strength,
                warm: self.warm(prior)?,
                cold: mean(&quality[0]),
                three_items: mean(&quality[1]),
                beyond_noise: is_beyond_noise(&gains(&quality, &alone)),
            })
        };
        strengths.iter().map(judged).collect()
    }

    /// What can be had without friends: popularity, or the mean user as a prior of the best strength.
    fn best_alone(&self, users: &[u32], strengths: &[f32]) -> Result<ColdQuality, AlsError> {
        let mut best = ColdQuality::default();
        for &strength in strengths {
            let quality = self.cold_quality(users, Towards::Mean(strength))?;
            for (best, quality) in best.iter_mut().zip(quality) {
                if best.is_empty() || mean(&quality) > mean(best) {
                    *best = quality;
                }
            }
        }
        Ok(best)
    }

    fn cold_quality(&self, users: &[u32], towards: Towards) -> Result<ColdQuality, AlsError> {
        Ok([self.cold(users, towards, 0)?, self.cold(users, towards, HANDED_BACK)?])
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

    /// NDCG@20 of every user on hidden items when `handed_back` of them are known.
    fn cold(
        &self,
        users: &[u32],
        towards: Towards,
        handed_back: usize,
    ) -> Result<Vec<f64>, AlsError> {
        let known: Vec<Vec<u32>> =
            users.iter().map(|&user| self.handed_back(user, handed_back)).collect();
        let cases: Vec<Case> = (0..users.len())
            .map(|at| Case { user: at as u32, truth: self.hidden(users[at], &known[at]) })
            .collect();
        let seen = Positives::from(Rows::from_rows(&known));
        let catalogue = Catalogue { seen: &seen, ..self.catalogue };
        let ndcg = |scorer: &dyn Scorer| {
            let marks = catalogue.survey(scorer, &cases).marks;
            marks.iter().map(|marks| f64::from(marks.ndcg_at_20)).collect()
        };
        if towards.strength() <= 0.0 && handed_back == 0 {
            return Ok(ndcg(&Popularity::new(self.own, catalogue.n_items)));
        }
        let rows = self.fold_in(users, &known, towards)?;
        Ok(ndcg(&EmbeddingScorer { users: &rows, items: &self.als.item_factors }))
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

    /// The rows of users of whom only some items and their friends are known.
    fn fold_in(
        &self,
        users: &[u32],
        known: &[Vec<u32>],
        towards: Towards,
    ) -> Result<Factors, AlsError> {
        let mut fold_in = self.als.fold_in.clone();
        fold_in.friend_strength = towards.strength();
        let dim = self.als.item_factors.dim();
        let mut rows = vec![0.0; users.len() * dim];
        rows.par_chunks_mut(dim).enumerate().for_each_init(
            RowSolver::default,
            |solver, (at, row)| {
                let mean = self.prior_mean(users[at], towards);
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

    fn prior_mean(&self, user: u32, towards: Towards) -> Vec<f32> {
        let mean = &self.als.fold_in.mean;
        let FriendPrior { strength, shrinkage } = match towards {
            Towards::Friends(prior) => prior,
            Towards::Mean(_) => return mean.clone(),
        };
        if strength <= 0.0 {
            return Vec::new();
        }
        let friends = self.ties.row(user as usize).0;
        let newcomer = Person { friends, items: &[] };
        let profiles = friends.iter().filter_map(|&friend| {
            let row = self.als.user_factors.row(friend as usize)?;
            let their = Person { friends: self.ties.row(friend as usize).0, items: &[] };
            let is_trained = row.iter().any(|&value| value != 0.0);
            is_trained.then(|| (row, tie::strength(newcomer, their)))
        });
        let profiles: Vec<(&[f32], f32)> = profiles.collect();
        prior_of(profiles.into_iter(), mean, shrinkage)
    }
}

impl Towards {
    fn strength(self) -> f32 {
        match self {
            Self::Friends(prior) => prior.strength,
            Self::Mean(strength) => strength,
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// What one gains over the other, over both kinds of cold, user by user.
fn gains(one: &ColdQuality, other: &ColdQuality) -> Vec<f64> {
    let both = |quality: &ColdQuality, at: usize| f64::midpoint(quality[0][at], quality[1][at]);
    (0..one[0].len()).map(|at| both(one, at) - both(other, at)).collect()
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

/// The strength that is best over both kinds of users, among those with which friends win over all that can be had without them; the
/// weakest of equals.
pub fn best(tried: &[StrengthTried]) -> f32 {
    let quality = |one: &StrengthTried| one.warm + f64::midpoint(one.cold, one.three_items);
    let none = StrengthTried { warm: f64::NEG_INFINITY, ..StrengthTried::default() };
    tried
        .iter()
        .filter(|one| one.beyond_noise || one.strength <= 0.0)
        .fold(none, |best, one| if quality(one) > quality(&best) { *one } else { best })
        .strength
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(strength: f32, warm: f64, cold: f64) -> StrengthTried {
        let beyond_noise = strength > 0.0;
        StrengthTried { strength, warm, cold, three_items: cold, beyond_noise }
    }

    #[test]
    fn the_best_over_warm_and_cold_users_wins_and_the_weakest_of_equals() {
        let none = tried(0.0, 0.3, 0.2);
        assert!((best(&[none, tried(1.0, 0.29, 0.25)]) - 1.0).abs() < f32::EPSILON);
        assert!(best(&[none, tried(1.0, 0.25, 0.21)]).abs() < f32::EPSILON);
        assert!(best(&[none, tried(1.0, 0.3, 0.2)]).abs() < f32::EPSILON);
        assert!(best(&[]).abs() < f32::EPSILON);
    }

    #[test]
    fn a_gain_within_noise_is_none() {
        let none = tried(0.0, 0.3, 0.2);
        let lucky = StrengthTried { beyond_noise: false, ..tried(1.0, 0.31, 0.22) };
        assert!(best(&[none, lucky]).abs() < f32::EPSILON);
    }

    #[test]
    fn noise_is_what_the_spread_over_users_explains() {
        let swing = |n: usize, shift: f64| -> Vec<f64> {
            (0..n).map(|at| if at % 2 == 0 { shift + 0.1 } else { shift - 0.1 }).collect()
        };
        assert!(is_beyond_noise(&swing(1_000, 0.02)));
        assert!(!is_beyond_noise(&swing(100, 0.02)));
        assert!(!is_beyond_noise(&swing(1_000, -0.02)));
        assert!(!is_beyond_noise(&[]) && !is_beyond_noise(&[1.0]));
    }
}
