//! The parts with their weights: what serves, and what is evaluated.

use guanxi_models::column::WeightedRows;
use guanxi_models::factors::Factors;
use guanxi_models::params::Blend;

use crate::als::{Als, FriendPrior};
use crate::baselines::{ItemKnn, Popularity};
use crate::blend::PerPart;
use crate::dataset::Dataset;
use crate::evaluation::Case;
use crate::fit::FitError;
use crate::lists::{Interactions, MergeWeights, merge};
use crate::observer::Observer;
use crate::parts::{self, Beside, Views};
use crate::recipe::Recipe;
use crate::report::{Comparison, Panel};
use crate::scoring::{BlendScorer, EmbeddingScorer};
use crate::tuning::Tuned;

/// All that a score needs.
#[derive(Debug)]
pub struct Fitted {
    pub(crate) views: Views,
    /// The items, the users before friends entered, and how a user is solved.
    pub(crate) als: Als,
    /// The users after friends entered.
    pub(crate) users: Factors,
    pub(crate) beside: Beside,
    /// `M`.
    pub(crate) lists: WeightedRows,
    pub(crate) blend: Blend,
}

impl Fitted {
    /// Fits a data set with what was decided on held-out rows.
    pub fn new(
        data: &Dataset,
        recipe: &Recipe,
        tuned: &Tuned,
        observer: &mut dyn Observer,
    ) -> Result<Self, FitError> {
        let views = Views::new(data);
        let confidences = parts::confidences(data)?;
        let mut als = parts::embedding(&confidences, recipe, tuned.embedding, observer)?;
        let beside = Beside::new(data, &views, recipe, observer);
        let shrinkage = recipe.friends.shrinkage;
        let prior = FriendPrior { strength: tuned.friend_strength, shrinkage };
        let users = parts::with_friends(&confidences.matrix, &mut als, &beside.ties, prior)?;
        Ok(Self::weigh(views, als, users, beside, tuned.weights, recipe))
    }

    /// Brings the parts to a common scale, weighs them, and merges the lists.
    pub(crate) fn weigh(
        views: Views,
        als: Als,
        users: Factors,
        beside: Beside,
        weights: PerPart,
        recipe: &Recipe,
    ) -> Self {
        let embedding = EmbeddingScorer { users: &users, items: &als.item_factors };
        let scales = parts::scales(&parts::sources(&views, &beside, &embedding), recipe.seed);
        let PerPart { embedding, ridge, graph, friends } = weights.times(scales);
        let list = if ridge > 0.0 || graph > 0.0 { 1.0 } else { 0.0 };
        let merged = MergeWeights { ridge, graph };
        let lists = merge(&beside.ridge, &beside.graph, merged, recipe.lists.length);
        Self { views, als, users, beside, lists, blend: Blend { embedding, list, friends } }
    }

    /// The quality of the model, of its embedding alone, of item-kNN and of popularity; nothing where there are no cases.
    pub fn report(&self, cases: &[Case], recipe: &Recipe) -> Comparison {
        if cases.is_empty() {
            return Comparison::default();
        }
        let Views { own, n_items, .. } = &self.views;
        let interactions = Interactions::new(own, *n_items, recipe.lists.longest_history);
        let item_knn = ItemKnn::new(own, &interactions, &recipe.baselines);
        drop(interactions);
        let users = || cases.iter().map(|case| case.user as usize);
        let panel = Panel {
            catalogue: self.views.catalogue(),
            cases,
            items: &users().map(|user| own.row(user).len()).collect::<Vec<_>>(),
            friends: &users().map(|user| self.beside.ties.row(user).0.len()).collect::<Vec<_>>(),
            popularity: &own.counts(*n_items),
            seed: recipe.seed,
        };
        panel.compare(&[
            ("guanxi", &self.scorer()),
            ("embedding alone", &self.embedding()),
            ("item-kNN", &item_knn),
            ("popularity", &Popularity::new(own, *n_items)),
        ])
    }

    fn embedding(&self) -> EmbeddingScorer<'_> {
        EmbeddingScorer { users: &self.users, items: &self.als.item_factors }
    }

    fn scorer(&self) -> BlendScorer<'_> {
        BlendScorer {
            embedding: self.embedding(),
            own: &self.views.own,
            lists: &self.lists,
            friends: self.beside.friends(&self.views),
            blend: self.blend,
        }
    }
}
