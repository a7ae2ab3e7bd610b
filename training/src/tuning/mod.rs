//! What held-out rows decide: the embedding's numbers, the friends' prior, and the weights of the parts.

mod knob;
pub mod search;
pub(crate) mod workbench;

use crate::als::{Als, FriendPrior, Matrix};
use crate::blend::PerPart;
use crate::dataset::Dataset;
use crate::draw::mix;
use crate::evaluation::{Case, cases};
use crate::fit::FitError;
use crate::fitted::Fitted;
use crate::friend_prior::{Judge, best};
use crate::observer::{Observer, stage};
use crate::parts::{self, Beside, Confidences, EmbeddingChoice, Views};
use crate::recipe::Recipe;
use crate::report::StrengthTried;
use crate::scoring::EmbeddingScorer;
use crate::split::Split;

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned {
    /// The embedding's numbers.
    pub embedding: EmbeddingChoice,
    /// `sigma`.
    pub friend_strength: f32,
    /// What was tried for it.
    pub strengths: Vec<StrengthTried>,
    /// The weights of the parts.
    pub weights: Weights,
}

/// The weights of the parts on a common scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// With which the model serves.
    pub all: PerPart,
    /// The best where only the parts of an arm may count, in the order of [`ARMS`].
    pub arms: [PerPart; ARMS.len()],
}

/// One arm of the ablation: a model that may use only some parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm {
    /// What it is called in the report.
    pub name: &'static str,
    /// 1 for a part that may count.
    pub parts: PerPart,
}

/// The arms of the ablation beside the whole model and the embedding alone.
pub const ARMS: [Arm; 3] = {
    let (all, none) = (PerPart::ONES, 0.0);
    [
        Arm { name: "embedding + lists", parts: PerPart { friends: none, ..all } },
        Arm { name: "embedding + friends", parts: PerPart { ridge: none, graph: none, ..all } },
        Arm { name: "lists alone", parts: PerPart { embedding: none, friends: none, ..all } },
    ]
};

impl Weights {
    /// What counts where nothing could be learned.
    pub const UNLEARNED: Self =
        Self { all: PerPart::UNLEARNED, arms: [PerPart::UNLEARNED; ARMS.len()] };
}

/// The cases to learn from and those to report on: drawn at random, nobody in both.
#[derive(Clone, Debug)]
pub struct Halves {
    /// Users to learn from.
    pub learn: Vec<Case>,
    /// Users to report on.
    pub report: Vec<Case>,
}

impl Halves {
    /// Draws up to half of the users with held-out rows to learn from, and reports on others.
    pub fn draw(held_out: &[Vec<u32>], recipe: &Recipe) -> Self {
        let mut all = shuffled(held_out, recipe.seed);
        let mut report = all.split_off(all.len().div_ceil(2));
        all.truncate(recipe.blend.users);
        report.truncate(recipe.split.report_users);
        Self { learn: all, report }
    }

    /// Everybody.
    pub fn all(&self) -> Vec<Case> {
        self.learn.iter().chain(&self.report).cloned().collect()
    }

    /// Learns from any user: the report is on rows that were held out elsewhere.
    pub fn all_to_learn(held_out: &[Vec<u32>], recipe: &Recipe) -> Self {
        let mut learn = shuffled(held_out, recipe.seed);
        learn.truncate(recipe.blend.users);
        Self { learn, report: Vec::new() }
    }
}

/// The cases of the users with held-out rows, in random order.
pub(crate) fn shuffled(held_out: &[Vec<u32>], seed: u64) -> Vec<Case> {
    let mut cases = cases(held_out);
    cases.sort_by_key(|case| mix(seed, case.user, 1));
    cases
}

/// Decides everything on `learn`, and returns the model of the rest of the data beside the decisions.
pub fn tune(
    split: &Split,
    learn_from: &[Case],
    recipe: &Recipe,
    observer: &mut dyn Observer,
) -> Result<(Tuned, Fitted), FitError> {
    let tuning = Tuning { data: &split.rest, cases: learn_from, recipe };
    let views = Views::new(&split.rest);
    let own = parts::weighted_own(&split.rest, recipe.lists.recency);
    let confidences = parts::confidences(&split.rest)?;
    let matrix = &confidences.matrix;
    let (embedding, mut als) = tuning.embedding(&views, &confidences, observer)?;
    let beside = Beside::new(tuning.data, &views, recipe, observer);
    let strengths =
        stage(observer, "friends' prior", |_| tuning.strengths(&views, matrix, &als, &beside))?;
    let friend_strength = best(&strengths);
    let prior = FriendPrior { strength: friend_strength, shrinkage: recipe.friends.shrinkage };
    let users = parts::with_friends(matrix, &mut als, &beside.ties, prior)?;
    let fitted = Fitted::unweighed(views, own, als, users, beside, recipe);
    let weights = stage(observer, "blend", |_| fitted.learn(learn_from, recipe));
    let fitted = fitted.weigh(weights.all, recipe);
    Ok((Tuned { embedding, friend_strength, strengths, weights }, fitted))
}

struct Tuning<'a> {
    data: &'a Dataset,
    cases: &'a [Case],
    recipe: &'a Recipe,
}

impl Tuning<'_> {
    /// The embedding with the best NDCG@20 alone; the first of equals.
    fn embedding(
        &self,
        views: &Views,
        confidences: &Confidences,
        observer: &mut dyn Observer,
    ) -> Result<(EmbeddingChoice, Als), FitError> {
        let choices = choices(self.recipe);
        let mut best: Option<(f64, EmbeddingChoice, Als)> = None;
        for &choice in &choices {
            let als = parts::embedding(confidences, self.recipe, choice, observer)?;
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
        let judge = Judge {
            als,
            matrix,
            ties: &beside.ties,
            own: &views.own,
            catalogue: views.catalogue(),
            cases: self.cases,
            seed: self.recipe.seed,
        };
        Ok(judge.try_all(&self.recipe.friends)?)
    }
}

/// Every combination of the values that the recipe names.
fn choices(recipe: &Recipe) -> Vec<EmbeddingChoice> {
    let embedding = &recipe.embedding;
    let with = |&unobserved: &f32| {
        embedding.ridge.iter().map(move |&ridge| EmbeddingChoice { unobserved, ridge })
    };
    embedding.unobserved.iter().flat_map(with).collect()
}
