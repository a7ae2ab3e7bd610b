//! Tuning on held-out rows: the parameters of the embedding, the friend prior, and the weights of
//! the parts.

mod audience;
pub mod draws;
mod knob;
pub mod search;
pub(crate) mod second_hop;
mod weigh;
pub(crate) mod workbench;

use crate::als::{Als, FriendPrior, Matrix};
use crate::blend::{Tuned, Weights};
use crate::error::FitError;
use crate::fitted::Fitted;
use crate::fitted::parts::{self, Beside, Confidences, Views};
use crate::judge::case::Case;
use crate::observer::{Observer, stage};
use crate::recipe::{EmbeddingChoice, Recipe};
use crate::score::scoring::EmbeddingScorer;
use crate::social::friend_prior::{Judge, best};
use crate::social::made_cold::MadeCold;
use crate::social::tried::StrengthTried;
use crate::tuning::audience::Audience;
use crate::tuning::draws::Draw;
pub use weigh::learn_on_all;
use weigh::learn_weights;

/// Tunes everything on the users to learn from. Returns the choices and the models of the remaining
/// data.
///
/// The parameters of the embedding, the friend prior and the weight of friends of friends are tuned
/// on the first draw. The blend weights are learned on all draws.
pub fn tune(
    draws: &[Draw],
    recipe: &Recipe,
    observer: &mut dyn Observer,
) -> Result<(Tuned, Vec<Fitted>), FitError> {
    let (mut tuned, first) = decide(&draws[0], recipe, observer)?;
    let mut fitted = vec![first];
    for draw in &draws[1..] {
        fitted.push(Fitted::new(&draw.split.rest, recipe, &tuned, observer)?);
    }
    tuned.weights = stage(observer, "blend", |_| {
        let cases = draws.iter().map(|draw| &draw.learn[..]);
        learn_weights(fitted.iter().zip(cases), recipe)
    });
    let weighed = fitted.into_iter().map(|one| one.weigh(tuned.weights.all, recipe));
    let fitted: Vec<Fitted> = weighed.collect();
    tuned.second_hop =
        stage(observer, "friends of friends", |_| second_hop::learn(&fitted[0], recipe))?;
    let fitted = fitted.into_iter().map(|one| one.with_second_hop(tuned.second_hop));
    Ok((tuned.clone(), fitted.collect()))
}

/// Tunes everything except the blend weights.
fn decide(
    draw: &Draw,
    recipe: &Recipe,
    observer: &mut dyn Observer,
) -> Result<(Tuned, Fitted), FitError> {
    let data = &draw.split.rest;
    let tuning = Tuning { cases: &draw.learn, recipe };
    let views = Views::new(data, recipe);
    let own = parts::weighted_own(data, recipe.lists.recency);
    let confidences = parts::confidences(data)?;
    let matrix = &confidences.matrix;
    let (embedding, mut als) = tuning.embedding(&views, &confidences, observer)?;
    let beside = Beside::new(data, &views, recipe, observer);
    let strengths =
        stage(observer, "friends' prior", |_| tuning.strengths(&views, matrix, &als, &beside))?;
    let friend_strength = best(&strengths);
    let prior = FriendPrior { strength: friend_strength, shrinkage: recipe.friends.shrinkage };
    let users = parts::with_friends(matrix, &mut als, &beside.ties, prior)?;
    let fitted = Fitted::unweighed(views, own, als, users, beside, recipe);
    let weights = Weights::UNLEARNED;
    Ok((Tuned { embedding, friend_strength, strengths, second_hop: 0.0, weights }, fitted))
}

struct Tuning<'a> {
    cases: &'a [Case],
    recipe: &'a Recipe,
}

impl Tuning<'_> {
    /// The embedding with the best NDCG@20 by itself; the first on ties.
    fn embedding(
        &self,
        views: &Views,
        confidences: &Confidences,
        observer: &mut dyn Observer,
    ) -> Result<(EmbeddingChoice, Als), FitError> {
        let choices = choices(self.recipe);
        let mut best: Option<(f64, EmbeddingChoice, Als)> = None;
        for &choice in &choices {
            let mut audience =
                Audience::new(observer, &confidences.matrix, views.catalogue(), self.cases);
            let als = parts::embedding(confidences, self.recipe, choice, &mut audience)?;
            let quality = if choices.len() > 1 { self.quality(views, &als) } else { 0.0 };
            if best.as_ref().is_none_or(|best| quality > best.0) {
                best = Some((quality, choice, als));
            }
        }
        let (_, choice, als) = best.expect("a checked recipe names at least one value of each");
        Ok((choice, als))
    }

    fn quality(&self, views: &Views, als: &Als) -> f64 {
        let scorer = EmbeddingScorer { users: &als.user_factors, items: &als.item_factors };
        views.catalogue().evaluate(&scorer, self.cases).at_20.ndcg
    }

    fn strengths(
        &self,
        views: &Views,
        matrix: &Matrix,
        als: &Als,
        beside: &Beside,
    ) -> Result<Vec<StrengthTried>, FitError> {
        let has_choice = self.recipe.friends.strengths.iter().any(|&strength| strength > 0.0);
        if beside.ties.columns().1.is_empty() || self.cases.is_empty() || !has_choice {
            return Ok(Vec::new());
        }
        let cold = MadeCold {
            als,
            ties: &beside.ties,
            own: &views.own,
            catalogue: views.catalogue(),
            seed: self.recipe.seed,
        };
        let judge = Judge { cold, matrix, cases: self.cases };
        Ok(judge.try_all(&self.recipe.friends)?)
    }
}

/// Every combination of the values that the recipe lists.
fn choices(recipe: &Recipe) -> Vec<EmbeddingChoice> {
    let embedding = &recipe.embedding;
    let with = |&unobserved: &f32| {
        embedding.ridge.iter().map(move |&ridge| EmbeddingChoice { unobserved, ridge })
    };
    embedding.unobserved.iter().flat_map(with).collect()
}
