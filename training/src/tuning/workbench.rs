//! Judges recipes by their complete lists on held-out rows.

use std::sync::Arc;

use guanxi_models::column::WeightedRows;

use crate::als::Als;
use crate::blend::PerPart;
use crate::data::dataset::Dataset;
use crate::data::split::times_are_known;
use crate::error::FitError;
use crate::fitted::Fitted;
use crate::fitted::parts::{self, Beside, Confidences, Views};
use crate::judge::case::Case;
use crate::judge::metrics::{Metrics, Quality};
use crate::lists::{Interactions, graph, local_ridge};
use crate::observer::Silent;
use crate::recipe::{EmbeddingChoice, ListRecipe, Recipe};
use crate::social::ties::ties;
use crate::tuning::draws::Draw;
use crate::tuning::knob::Needs;

/// One or several splits of the same data. A recipe's quality is its mean over them.
#[derive(Debug)]
pub(crate) struct Bench<'a> {
    benches: Vec<Workbench<'a>>,
}

/// A recipe with its quality and its parts on every split.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    /// The judged recipe.
    pub recipe: Recipe,
    /// Per split: the quality of the lists, the learned weights, and the parts.
    metrics: Vec<Metrics>,
    weights: Vec<PerPart>,
    parts: Vec<Parts>,
    has_times: bool,
}

/// The parts of one recipe on one split. Cloning copies no table.
#[derive(Clone, Debug)]
struct Parts {
    confidences: Arc<Confidences>,
    als: Als,
    ridge: WeightedRows,
    graph: WeightedRows,
}

/// The remaining data of a split, with all that no recipe changes.
#[derive(Debug)]
struct Workbench<'a> {
    data: &'a Dataset,
    cases: &'a [Case],
    views: Views,
    interactions: Interactions,
    ties: WeightedRows,
}

impl<'a> Bench<'a> {
    /// Prepares held-out rows to judge on. `recipe` defines the maximum length of histories.
    pub(crate) fn new(draws: &'a [Draw], recipe: &Recipe) -> Self {
        let bench = |draw: &'a Draw| Workbench::new(&draw.split.rest, &draw.learn, recipe);
        Self { benches: draws.iter().map(bench).collect() }
    }

    /// Judges a recipe. Parts that it shares with `known` are reused instead of trained again.
    pub(crate) fn judge(
        &self,
        recipe: &Recipe,
        known: Option<&Judged>,
    ) -> Result<Judged, FitError> {
        let mut judged = Judged {
            recipe: recipe.clone(),
            metrics: Vec::new(),
            weights: Vec::new(),
            parts: Vec::new(),
            has_times: self.benches.iter().any(|bench| times_are_known(bench.data)),
        };
        for (at, bench) in self.benches.iter().enumerate() {
            let known = known.map(|known| (&known.recipe, &known.parts[at]));
            let parts = bench.parts(recipe, known)?;
            let (metrics, weights) = bench.quality(&parts, recipe);
            judged.metrics.push(metrics);
            judged.weights.push(weights);
            judged.parts.push(parts);
        }
        Ok(judged)
    }
}

impl Judged {
    /// The mean quality of lists of 20 over the splits.
    pub(crate) fn quality(&self) -> Quality {
        Metrics::mean(self.metrics.iter().copied()).at_20
    }

    /// True if the precondition of a knob holds.
    pub(crate) fn has(&self, needs: Needs) -> bool {
        let counts = |part: fn(&PerPart) -> f32| self.weights.iter().any(|one| part(one) > 0.0);
        match needs {
            Needs::Nothing => true,
            Needs::Times => self.has_times,
            Needs::Ridge => counts(|weights| weights.ridge),
            Needs::Graph => counts(|weights| weights.graph),
        }
    }
}

impl<'a> Workbench<'a> {
    fn new(data: &'a Dataset, cases: &'a [Case], recipe: &Recipe) -> Self {
        let views = Views::new(data, recipe);
        let longest = recipe.lists.longest_history;
        let interactions = Interactions::new(&views.own, views.n_items, longest);
        let ties = ties(&data.ground.ties.friends.links(), &views.own);
        Self { data, cases, views, interactions, ties }
    }

    fn parts(&self, recipe: &Recipe, known: Option<(&Recipe, &Parts)>) -> Result<Parts, FitError> {
        let known_if = |same: fn(&Recipe, &Recipe) -> bool| {
            known.filter(|(other, _)| same(other, recipe)).map(|(_, parts)| parts)
        };
        let confidences = match known_if(same_events) {
            Some(known) => Arc::clone(&known.confidences),
            None => Arc::new(parts::confidences_as_of(self.data, recipe.event_weights())?),
        };
        let als = match known_if(|a, b| same_events(a, b) && a.embedding == b.embedding) {
            Some(known) => known.als.clone(),
            None => embedding(&confidences, recipe)?,
        };
        let ridge = match known_if(|a, b| ridge_key(&a.lists) == ridge_key(&b.lists)) {
            Some(known) => known.ridge.clone(),
            None => local_ridge(&self.interactions, &recipe.lists),
        };
        let graph = match known_if(|a, b| graph_key(&a.lists) == graph_key(&b.lists)) {
            Some(known) => known.graph.clone(),
            None => graph(&self.interactions, &recipe.lists),
        };
        Ok(Parts { confidences, als, ridge, graph })
    }

    /// The quality of the complete lists: weights learned, lists merged and cut. Friend priors are
    /// left out.
    fn quality(&self, parts: &Parts, recipe: &Recipe) -> (Metrics, PerPart) {
        let Parts { als, ridge, graph, .. } = parts.clone();
        let beside = Beside { ridge, graph, ties: self.ties.clone() };
        let own = parts::weighted_own(self.data, recipe.lists.recency);
        let users = als.user_factors.clone();
        let fitted = Fitted::unweighed(self.views.clone(), own, als, users, beside, recipe);
        let weights = fitted.learn(self.cases, recipe);
        let fitted = fitted.weigh(weights, recipe);
        (self.views.catalogue().evaluate(&fitted.scorer(), self.cases), weights)
    }
}

fn embedding(confidences: &Confidences, recipe: &Recipe) -> Result<Als, FitError> {
    let embedding = &recipe.embedding;
    let choice = EmbeddingChoice { unobserved: embedding.unobserved[0], ridge: embedding.ridge[0] };
    Ok(parts::embedding(confidences, recipe, choice, &mut Silent)?)
}

/// True if two recipes fade events alike. The weights by event type stay as the data was folded.
fn same_events(a: &Recipe, b: &Recipe) -> bool {
    a.events.half_life_days == b.events.half_life_days
}

fn ridge_key(lists: &ListRecipe) -> (usize, u32) {
    (lists.neighbors, lists.lambda.to_bits())
}

fn graph_key(lists: &ListRecipe) -> (usize, [u32; 3]) {
    let exponents = [lists.source_exponent, lists.target_exponent, lists.user_exponent];
    (lists.graph_links, exponents.map(f32::to_bits))
}
