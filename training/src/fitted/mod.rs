//! The fitted parts and their weights, both for serving and for evaluation.

pub mod attributes;
mod cholesky;
pub mod parts;

use guanxi_models::column::WeightedRows;
use guanxi_models::factors::Factors;
use guanxi_models::friends_of_friends::FEW_ITEMS;
use guanxi_models::params::Blend;

use crate::als::{Als, FriendPrior};
use crate::blend::{ARMS, Candidates, PerPart, Tuned, Weights, learn};
use crate::data::dataset::Dataset;
use crate::error::FitError;
use crate::judge::case::{Case, Scorer};
use crate::lists::{Interactions, MergeWeights, merge};
use crate::observer::Observer;
use crate::recipe::Recipe;
use crate::report::{Comparison, Panel, Surveyed};
use crate::score::baselines::{Friends, ItemKnn, Popularity};
use crate::score::scoring::{BlendScorer, EmbeddingScorer, FriendScores, SecondHop};
use crate::social::reached::reached;
use parts::{Beside, Views};

/// All parts of the score, fitted to one data set.
#[derive(Debug)]
pub struct Fitted {
    pub(crate) views: Views,
    /// The users' items with their weights in the item lists.
    pub(crate) own: WeightedRows,
    /// The items, the users before the friend prior, and the parameters to solve a user.
    pub(crate) als: Als,
    /// The users after the friend prior.
    pub(crate) users: Factors,
    pub(crate) beside: Beside,
    /// The factors that bring the parts to a common scale.
    scales: PerPart,
    /// `eta`, and the friends of friends of users with little history. `reached` is empty if `eta`
    /// is 0.
    second_hop: f32,
    pub(crate) reached: WeightedRows,
    /// `M`.
    pub(crate) lists: WeightedRows,
    pub(crate) blend: Blend,
}

/// The input of a report: users and weights.
#[derive(Clone, Copy, Debug)]
pub struct ReportRequest<'a> {
    /// The users and their held-out rows.
    pub cases: &'a [Case],
    /// The weights of the whole model and of each arm.
    pub weights: &'a Weights,
    /// The lists that the service returns for the cases, if they are reported too.
    pub served: Option<&'a [Vec<u32>]>,
}

impl Default for ReportRequest<'_> {
    fn default() -> Self {
        Self { cases: &[], weights: &Weights::UNLEARNED, served: None }
    }
}

/// The lists and the blend for given weights of the parts.
#[derive(Debug)]
struct Blended {
    lists: WeightedRows,
    blend: Blend,
}

impl Fitted {
    /// Fits a data set with the choices made on held-out rows.
    pub fn new(
        data: &Dataset,
        recipe: &Recipe,
        tuned: &Tuned,
        observer: &mut dyn Observer,
    ) -> Result<Self, FitError> {
        let views = Views::new(data, recipe);
        let own = parts::weighted_own(data, recipe.lists.recency);
        let confidences = parts::confidences(data)?;
        let mut als = parts::embedding(&confidences, recipe, tuned.embedding, observer)?;
        let beside = Beside::new(data, &views, recipe, observer);
        let shrinkage = recipe.friends.shrinkage;
        let prior = FriendPrior { strength: tuned.friend_strength, shrinkage };
        let users = parts::with_friends(&confidences.matrix, &mut als, &beside.ties, prior)?;
        let unweighed = Self::unweighed(views, own, als, users, beside, recipe);
        Ok(unweighed.with_second_hop(tuned.second_hop).weigh(tuned.weights.all, recipe))
    }

    /// Puts the parts together and measures their scales. All weights are still 0.
    pub(crate) fn unweighed(
        views: Views,
        own: WeightedRows,
        als: Als,
        users: Factors,
        beside: Beside,
        recipe: &Recipe,
    ) -> Self {
        let embedding = EmbeddingScorer { users: &users, items: &als.item_factors };
        let sources = parts::sources(&views, &own, &beside, &embedding);
        let scales = parts::scales(&sources, recipe.seed);
        let (lists, blend) = (WeightedRows::from_rows(&[]), Blend::default());
        let (second_hop, reached) = (0.0, WeightedRows::from_rows(&[]));
        Self { views, own, als, users, beside, scales, second_hop, reached, lists, blend }
    }

    /// Sets the weight of friends of friends for users with little history.
    #[must_use]
    pub(crate) fn with_second_hop(self, second_hop: f32) -> Self {
        let ties = &self.beside.ties;
        let speaks = |user: u32| self.own.row(user as usize).0.len() <= FEW_ITEMS;
        let nobody = WeightedRows::from_rows(&[]);
        let users: Vec<Option<u32>> =
            (0..self.own.rows() as u32).map(|user| speaks(user).then_some(user)).collect();
        let reached = if second_hop > 0.0 { reached(&users, ties, ties) } else { nobody };
        let blend =
            Blend { second_hop: beside_friends(second_hop, self.blend.friends), ..self.blend };
        Self { second_hop, reached, blend, ..self }
    }

    /// Sets the weights of the parts.
    #[must_use]
    pub(crate) fn weigh(self, weights: PerPart, recipe: &Recipe) -> Self {
        let Blended { lists, blend } = self.blended(weights, recipe);
        Self { lists, blend, ..self }
    }

    /// Brings the parts to a common scale, applies the weights, and merges the lists.
    fn blended(&self, weights: PerPart, recipe: &Recipe) -> Blended {
        let PerPart { embedding, ridge, graph, friends, popularity } = weights.times(self.scales);
        let list = if ridge > 0.0 || graph > 0.0 { 1.0 } else { 0.0 };
        let Beside { ridge: s, graph: g, .. } = &self.beside;
        let lists = merge(s, g, MergeWeights { ridge, graph }, recipe.lists.length);
        let second_hop = beside_friends(self.second_hop, friends);
        Blended { lists, blend: Blend { embedding, list, friends, popularity, second_hop } }
    }

    /// Learns the weights of the parts that rank these cases best.
    pub(crate) fn learn(&self, cases: &[Case], recipe: &Recipe) -> PerPart {
        match &self.candidates(cases, recipe)[..] {
            [] => PerPart::UNLEARNED,
            candidates => learn(candidates, PerPart::ONES, &recipe.blend).weights,
        }
    }

    /// The best items of each part for every case, with scores on the common scale.
    pub(crate) fn candidates(&self, cases: &[Case], recipe: &Recipe) -> Vec<Candidates> {
        let embedding = self.embedding();
        let sources = parts::sources(&self.views, &self.own, &self.beside, &embedding);
        let mut candidates = sources.candidates(cases, recipe.blend.candidates);
        for one in &mut candidates {
            one.scale(self.scales);
        }
        candidates
    }

    /// Compares the model, its parts, item-kNN, friends and popularity. Returns an empty comparison
    /// if there are no cases.
    pub fn report(&self, request: ReportRequest<'_>, recipe: &Recipe) -> Comparison {
        if request.cases.is_empty() {
            return Comparison::default();
        }
        let Views { own, n_items, .. } = &self.views;
        let users = || request.cases.iter().map(|case| case.user as usize);
        let panel = Panel {
            catalogue: self.views.catalogue(),
            cases: request.cases,
            items: &users().map(|user| own.row(user).len()).collect::<Vec<_>>(),
            friends: &users().map(|user| self.beside.ties.row(user).0.len()).collect::<Vec<_>>(),
            popularity: &own.counts(*n_items),
            seed: recipe.seed,
        };
        let survey = |name: &str, scorer: &dyn Scorer| panel.survey(name, scorer);
        let mut systems = vec![survey("guanxi", &self.scorer())];
        systems.extend(request.served.map(|lists| panel.surveyed("as served", lists)));
        for (arm, &weights) in ARMS.iter().zip(&request.weights.arms) {
            let blended = self.blended(weights, recipe);
            systems.push(survey(arm.name, &self.scorer_of(&blended)));
        }
        systems.push(survey("embedding alone", &self.embedding()));
        systems.extend(self.baselines(recipe, survey));
        panel.compare(systems)
    }

    /// The systems that are not part of the model.
    fn baselines(
        &self,
        recipe: &Recipe,
        survey: impl Fn(&str, &dyn Scorer) -> Surveyed,
    ) -> Vec<Surveyed> {
        let Views { own, n_items, .. } = &self.views;
        let interactions = Interactions::new(own, *n_items, recipe.lists.longest_history);
        let item_knn = ItemKnn::new(own, &interactions, &recipe.baselines);
        drop(interactions);
        let popularity = Popularity::new(own, *n_items);
        let mut baselines = vec![survey("item-kNN", &item_knn)];
        if !self.beside.ties.columns().1.is_empty() {
            let friends = Friends::new(self.beside.friends(&self.views), &popularity);
            baselines.push(survey("friends", &friends));
        }
        baselines.push(survey("popularity", &popularity));
        baselines
    }

    fn embedding(&self) -> EmbeddingScorer<'_> {
        EmbeddingScorer { users: &self.users, items: &self.als.item_factors }
    }

    /// The scorer that matches serving.
    pub(crate) fn scorer(&self) -> BlendScorer<'_> {
        self.scorer_with(&self.lists, self.blend)
    }

    fn scorer_of<'a>(&'a self, blended: &'a Blended) -> BlendScorer<'a> {
        self.scorer_with(&blended.lists, blended.blend)
    }

    fn scorer_with<'a>(&'a self, lists: &'a WeightedRows, blend: Blend) -> BlendScorer<'a> {
        let second_hop = SecondHop { reached: &self.reached, strength: blend.second_hop };
        let second_hop = (second_hop.strength > 0.0).then_some(second_hop);
        let friends = FriendScores { second_hop, ..self.beside.friends(&self.views) };
        let bias = &self.views.bias;
        BlendScorer { embedding: self.embedding(), own: &self.own, lists, friends, bias, blend }
    }
}

/// The weight of friends of friends: `second_hop`, or 0 if friends have no weight.
fn beside_friends(second_hop: f32, friends: f32) -> f32 {
    if friends > 0.0 { second_hop } else { 0.0 }
}
