//! The strength of the friend prior in the embedding, learned from data; it may be 0.
//!
//! A prior is judged twice. The first judgement is on users with their history, where friends
//! mostly repeat known facts. The second is on users made cold, whose items are hidden while their
//! friends stay.

use guanxi_models::model::Rows;

use crate::als::{AlsError, FriendPrior, Matrix, user_sweep_with_prior};
use crate::data::dataset::Positives;
use crate::judge::case::{Case, Scorer};
use crate::judge::noise::{is_beyond_noise, mean};
use crate::recipe::FriendRecipe;
use crate::score::baselines::Popularity;
use crate::score::scoring::EmbeddingScorer;
use crate::social::made_cold::{HANDED_BACK, MadeCold, Towards};
use crate::social::tried::StrengthTried;

/// The data that a prior is judged on.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// The embedding, and the users to be made cold.
    pub cold: MadeCold<'a>,
    /// The matrix that the embedding was trained on.
    pub matrix: &'a Matrix,
    /// Users with held-out rows.
    pub cases: &'a [Case],
}

/// NDCG@20 of every cold user: first without items, then with [`HANDED_BACK`] items.
type PerUserNdcg = [Vec<f64>; 2];

impl Judge<'_> {
    /// Tries every strength, 0 first.
    pub fn try_all(&self, recipe: &FriendRecipe) -> Result<Vec<StrengthTried>, AlsError> {
        let positive = recipe.strengths.iter().copied().filter(|&strength| strength > 0.0);
        let strengths: Vec<f32> = std::iter::once(0.0).chain(positive).collect();
        let users = self.cold.users();
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

    /// The best quality without friends: popularity, or the mean user as a prior of the best
    /// strength.
    fn best_alone(&self, users: &[u32], strengths: &[f32]) -> Result<PerUserNdcg, AlsError> {
        let mut best = PerUserNdcg::default();
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

    fn cold_quality(&self, users: &[u32], towards: Towards) -> Result<PerUserNdcg, AlsError> {
        Ok([self.cold(users, towards, 0)?, self.cold(users, towards, HANDED_BACK)?])
    }

    fn warm(&self, prior: FriendPrior) -> Result<f64, AlsError> {
        let mut als = self.cold.als.clone();
        let users = user_sweep_with_prior(self.matrix, &mut als, self.cold.ties, prior)?;
        let scorer = EmbeddingScorer { users: &users, items: &als.item_factors };
        Ok(self.cold.catalogue.evaluate(&scorer, self.cases).at_20.ndcg)
    }

    /// NDCG@20 of every user on hidden items when `handed_back` of them are known.
    fn cold(
        &self,
        users: &[u32],
        towards: Towards,
        handed_back: usize,
    ) -> Result<Vec<f64>, AlsError> {
        let cold = &self.cold;
        let known: Vec<Vec<u32>> =
            users.iter().map(|&user| cold.handed_back(user, handed_back)).collect();
        let cases: Vec<Case> = (0..users.len())
            .map(|at| Case { user: at as u32, truth: cold.hidden(users[at], &known[at]) })
            .collect();
        let seen = Positives::from(Rows::from_rows(&known));
        let catalogue = crate::judge::evaluation::Catalogue { seen: &seen, ..cold.catalogue };
        let ndcg = |scorer: &dyn Scorer| {
            let marks = catalogue.survey(scorer, &cases).marks;
            marks.iter().map(|marks| f64::from(marks.ndcg_at_20)).collect()
        };
        if towards.strength() <= 0.0 && handed_back == 0 {
            return Ok(ndcg(&Popularity::new(cold.own, catalogue.n_items)));
        }
        let rows = cold.fold_in(users, &known, towards)?;
        Ok(ndcg(&EmbeddingScorer { users: &rows, items: &cold.als.item_factors }))
    }
}

/// The gain of one over the other per user, over both kinds of cold users.
fn gains(one: &PerUserNdcg, other: &PerUserNdcg) -> Vec<f64> {
    let both = |quality: &PerUserNdcg, at: usize| f64::midpoint(quality[0][at], quality[1][at]);
    (0..one[0].len()).map(|at| both(one, at) - both(other, at)).collect()
}

/// The strength with the best quality over both kinds of users; the weakest on ties. Only strengths
/// that beat the best quality without friends beyond noise qualify.
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
}
