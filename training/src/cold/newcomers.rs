//! Hidden users as a running service meets them: with friends, a few items, and a row by fold-in.

use guanxi_models::Factors;
use guanxi_models::column::WeightedRows;
use guanxi_models::fold_in::prior_of;
use guanxi_models::friends_of_friends::FEW_ITEMS;
use guanxi_models::model::Rows;
use guanxi_models::params::Params;
use guanxi_models::recency;
use guanxi_models::solver::{RowProblem, RowSolver};
use rayon::prelude::*;

use super::hidden::hand_back;
use super::setup::Setup;
use crate::als::{AlsError, FriendPrior};
use crate::data::dataset::Positives;
use crate::judge::case::{Case, Scorer};
use crate::judge::metrics::Truth;
use crate::score::scoring::{EmbeddingScorer, SecondHop};
use crate::social::reached::reached;

/// Some hidden users, numbered from 0, after a few items were handed back.
pub(super) struct Newcomers {
    /// The users' indices in the data.
    pub(super) users: Vec<u32>,
    /// The items still to be recovered.
    pub(super) cases: Vec<Case>,
    /// The items handed back, with their weights in the item lists.
    pub(super) own: WeightedRows,
    /// The same items without weights: never listed.
    pub(super) seen: Positives,
    /// Their friends, by index in the data.
    pub(super) ties: WeightedRows,
    /// Their friends of friends. Empty if more items were handed back than serving allows for its
    /// second hop.
    reached: WeightedRows,
    /// The items handed back, with their confidence.
    known: WeightedRows,
}

impl Newcomers {
    /// Hands back `n` items each. Users with no more than `n` items are left out.
    pub(super) fn new(setup: &Setup<'_>, users: &[u32], n: usize) -> Self {
        let data = setup.data;
        let events = data.events.clone();
        let params = Params { events, reference: data.reference, ..Params::default() };
        let exponent = setup.recipe.lists.recency;
        let mut kept = Vec::new();
        let (mut truths, mut own, mut known, mut ties) = (vec![], vec![], vec![], vec![]);
        for &user in users {
            let (back, hidden) = hand_back(data, user, n, setup.recipe.seed);
            if hidden.is_empty() {
                continue;
            }
            let times: Vec<_> = back.iter().map(|entry| entry.ts).collect();
            let items = || back.iter().map(|entry| entry.item.0);
            own.push(items().zip(recency::weights(&times, exponent)).collect());
            let confidences = back.iter().map(|&entry| params.present_confidence(entry));
            known.push(items().zip(confidences).collect());
            let (friends, strengths) = setup.fitted.beside.ties.row(user as usize);
            ties.push(friends.iter().copied().zip(strengths.iter().copied()).collect());
            truths.push(Truth::new(hidden));
            kept.push(user);
        }
        let case = |(user, truth)| Case { user, truth };
        let ties = WeightedRows::from_rows(&ties);
        let asked: Vec<Option<u32>> =
            kept.iter().map(|&user| (n <= FEW_ITEMS).then_some(user)).collect();
        Self {
            reached: reached(&asked, &ties, &setup.fitted.beside.ties),
            users: kept,
            cases: (0..).zip(truths).map(case).collect(),
            seen: Positives::from(items_of(&own)),
            own: WeightedRows::from_rows(&own),
            ties,
            known: WeightedRows::from_rows(&known),
        }
    }

    /// The friends of friends, if `strength` is positive and there are any.
    pub(super) fn second_hop(&self, strength: f32) -> Option<SecondHop<'_>> {
        let reaches = strength > 0.0 && !self.reached.columns().1.is_empty();
        reaches.then_some(SecondHop { reached: &self.reached, strength })
    }

    /// Their rows by fold-in; zeros for users without items or friends.
    pub(super) fn rows(&self, setup: &Setup<'_>, prior: FoldInPrior) -> Result<Factors, AlsError> {
        let als = &setup.fitted.als;
        let mut fold_in = als.fold_in.clone();
        fold_in.friend_strength = prior.strength();
        let dim = als.item_factors.dim();
        let mut rows = vec![0.0; self.cases.len() * dim];
        rows.par_chunks_mut(dim).enumerate().for_each_init(
            RowSolver::default,
            |solver, (user, row)| {
                let mean = self.prior_mean(setup, user, prior);
                let (items, confidences) = self.known.row(user);
                let problem = RowProblem {
                    items,
                    confidences,
                    targets: &[],
                    ridge: fold_in.ridge_of(items.len()),
                    prior_strength: if mean.is_empty() { 0.0 } else { fold_in.prior_strength() },
                    prior_mean: &mean,
                };
                solver.solve(&als.item_factors, &fold_in.spectrum, &problem, row);
            },
        );
        Ok(Factors::new(dim, rows)?)
    }

    fn prior_mean(&self, setup: &Setup<'_>, user: usize, prior: FoldInPrior) -> Vec<f32> {
        let als = &setup.fitted.als;
        let FriendPrior { strength, shrinkage } = match prior {
            FoldInPrior::Friends(prior) => prior,
            FoldInPrior::Mean(_) => return als.fold_in.mean.clone(),
        };
        if strength <= 0.0 {
            return Vec::new();
        }
        let (friends, ties) = self.ties.row(user);
        let profiles = friends.iter().zip(ties).filter_map(|(&friend, &tie)| {
            let row = als.user_factors.row(friend as usize)?;
            row.iter().any(|&value| value != 0.0).then_some((row, tie))
        });
        prior_of(profiles, &als.fold_in.mean, shrinkage)
    }
}

fn items_of(rows: &[Vec<(u32, f32)>]) -> Rows {
    let items = |row: &Vec<(u32, f32)>| row.iter().map(|&(item, _)| item).collect();
    Rows::from_rows(&rows.iter().map(items).collect::<Vec<Vec<u32>>>())
}

/// The mean of the prior that a row is drawn towards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum FoldInPrior {
    /// The weighted mean of the friends.
    Friends(FriendPrior),
    /// The mean user, with this strength.
    Mean(f32),
}

impl FoldInPrior {
    fn strength(self) -> f32 {
        match self {
            Self::Friends(prior) => prior.strength,
            Self::Mean(strength) => strength,
        }
    }
}

/// The embedding, with popularity for users without a row, which is how a service fills its lists.
pub(super) struct Backed<'a> {
    pub(super) embedding: EmbeddingScorer<'a>,
    pub(super) popularity: &'a [f32],
}

impl Scorer for Backed<'_> {
    fn score(&self, users: &[u32], scores: &mut [f32]) {
        self.embedding.score(users, scores);
        for (&user, scores) in users.iter().zip(scores.chunks_mut(self.popularity.len().max(1))) {
            let row = self.embedding.users.row(user as usize).unwrap_or(&[]);
            if row.iter().all(|&value| value == 0.0) {
                scores.copy_from_slice(self.popularity);
            }
        }
    }
}
