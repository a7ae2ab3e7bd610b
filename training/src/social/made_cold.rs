//! Users made cold: their items are hidden while their friends stay, as a service meets new users.

use guanxi_models::Factors;
use guanxi_models::column::WeightedRows;
use guanxi_models::fold_in::prior_of;
use guanxi_models::solver::{RowProblem, RowSolver};
use guanxi_models::tie::{self, Person};
use rayon::prelude::*;

use crate::als::{Als, AlsError, FriendPrior};
use crate::data::dataset::Positives;
use crate::data::draw::{mix, sample};
use crate::judge::evaluation::Catalogue;
use crate::judge::metrics::Truth;

/// The maximum number of users made cold.
const MOST_USERS: usize = 1_000;
/// The number of items handed back to a cold user.
pub(crate) const HANDED_BACK: usize = 3;

/// The data and the embedding before users are made cold.
#[derive(Clone, Copy, Debug)]
pub struct MadeCold<'a> {
    /// The embedding before the friend prior.
    pub als: &'a Als,
    /// The friends with the strengths of their ties.
    pub ties: &'a WeightedRows,
    /// The positive items of every user.
    pub own: &'a Positives,
    /// The items to rank for users with their history.
    pub catalogue: Catalogue<'a>,
    /// The seed that draws the users.
    pub seed: u64,
}

/// The mean of the prior that a cold user's row is drawn towards.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Towards {
    /// The weighted mean of friends, with the tie strengths of a user without a history.
    Friends(FriendPrior),
    /// The mean user, with this strength.
    Mean(f32),
}

impl Towards {
    /// `sigma`.
    pub(crate) fn strength(self) -> f32 {
        match self {
            Self::Friends(prior) => prior.strength,
            Self::Mean(strength) => strength,
        }
    }
}

impl MadeCold<'_> {
    /// The users with friends and enough items to hide.
    pub(crate) fn users(&self) -> Vec<u32> {
        let has_enough = |&user: &u32| {
            let user = user as usize;
            self.own.row(user).len() > HANDED_BACK && !self.ties.row(user).0.is_empty()
        };
        let users = (0..self.own.rows() as u32).filter(has_enough);
        sample(self.seed, users, MOST_USERS)
    }

    /// `n` random items of a user, ascending.
    pub(crate) fn handed_back(&self, user: u32, n: usize) -> Vec<u32> {
        let mut items = self.own.row(user as usize).to_vec();
        items.sort_by_key(|&item| mix(self.seed, user, item));
        items.truncate(n);
        items.sort_unstable();
        items
    }

    /// The items to recover of a user of whom some items are known.
    pub(crate) fn hidden(&self, user: u32, known: &[u32]) -> Truth {
        let own = self.own.row(user as usize).iter().copied();
        Truth::new(own.filter(|item| known.binary_search(item).is_err()).collect())
    }

    /// The friends of a user, with the tie strengths of a user without a history.
    pub(crate) fn newcomer_ties(&self, user: u32) -> Vec<(u32, f32)> {
        let friends = self.ties.row(user as usize).0;
        let newcomer = Person { friends, items: &[] };
        let tie = |&friend: &u32| {
            let their = Person { friends: self.ties.row(friend as usize).0, items: &[] };
            (friend, tie::strength(newcomer, their))
        };
        friends.iter().map(tie).collect()
    }

    /// The rows of users of whom only their friends and at most [`HANDED_BACK`] items are known.
    pub(crate) fn fold_in(
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
        let ties = self.newcomer_ties(user);
        let profiles = ties.iter().filter_map(|&(friend, tie)| {
            let row = self.als.user_factors.row(friend as usize)?;
            row.iter().any(|&value| value != 0.0).then_some((row, tie))
        });
        prior_of(profiles, mean, shrinkage)
    }
}
