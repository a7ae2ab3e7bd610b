//! The parameters of a training run.
//!
//! A recipe is a TOML file. Every key has a default, and an unknown key is an error. Three recipes
//! are built in: `quick` for a demo, `default`, and `best`. `best` searches for better numbers
//! around the default and takes thirty times as long.

mod check;
mod choice;
mod split;
mod trial;

use std::collections::BTreeMap;

use guanxi_models::event::EventType;
use guanxi_models::history::EventWeights;
use serde::{Deserialize, Serialize};

use crate::als::Solver;

pub use choice::EmbeddingChoice;
pub use split::{SplitKind, SplitRecipe, Target};
pub use trial::Trial;

/// All parameters of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// The random seed: equal data and seed give the same model.
    pub seed: u64,
    /// The confidence of events.
    pub events: EventRecipe,
    /// The embedding.
    pub embedding: EmbeddingRecipe,
    /// The item lists.
    pub lists: ListRecipe,
    /// The weight of friends.
    pub friends: FriendRecipe,
    /// The rows held out to learn the blend and to report on.
    pub split: SplitRecipe,
    /// The weights of the parts of the score.
    pub blend: BlendRecipe,
    /// The budget of a search for a better recipe before training.
    pub search: SearchRecipe,
    /// The baselines that the model is compared with.
    pub baselines: BaselineRecipe,
}

/// The confidence of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventRecipe {
    /// The confidence that one event adds, by event type. A type without an entry keeps its
    /// default; 0 ignores a type.
    pub weights: BTreeMap<EventType, f32>,
    /// The number of days after which an event counts half. If absent, events never fade.
    pub half_life_days: Option<f32>,
    /// The maximum confidence of one user in one item.
    pub cap: f32,
}

/// The embedding: iALS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddingRecipe {
    /// The width of an embedding, a multiple of 16.
    pub dim: usize,
    /// The number of sweeps over both sides.
    pub sweeps: usize,
    /// The solver: `exact`, or `conjugate-gradients`, which is faster and nearly as good.
    pub solver: Solver,
    /// `a0 m`: the total confidence of a user in all untouched items, in units of the mean
    /// confidence in touched ones. If several values are given, the best on held-out rows is used.
    pub unobserved: Vec<f32>,
    /// The ridge of a user of mean activity, in the same units. If several values are given, the
    /// best is used.
    pub ridge: Vec<f32>,
    /// `nu`: the exponent by which the ridge grows with activity.
    pub ridge_exponent: f32,
    /// `g`: an untouched item counts `popularity^-g`; 0 weights all alike.
    pub item_frequency_exponent: f32,
}

/// The item lists: see [`crate::lists`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListRecipe {
    /// The number of links that an item keeps in the co-occurrence graph.
    pub graph_links: usize,
    /// The exponent that discounts popular source items in the graph.
    pub source_exponent: f32,
    /// The exponent that discounts popular recommended items in the graph: the popularity dial,
    /// 0.15 to 0.3.
    pub target_exponent: f32,
    /// The exponent that discounts the items of active users in the graph.
    pub user_exponent: f32,
    /// The discount of a user's item for each later one; see [`guanxi_models::recency`]. 0 weights
    /// all alike.
    pub recency: f32,
    /// The number of items that explain an item in the local ridge, at most 64.
    pub neighbors: usize,
    /// `lambda`: the regularization of the local ridge, 3 to 30.
    pub lambda: f32,
    /// The number of entries in an item's merged list.
    pub length: usize,
    /// The maximum history for the lists; longer ones are sampled down to it, because the cost
    /// grows with the square.
    pub longest_history: usize,
}

/// The weight of friends in the embedding, and of friends of friends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FriendRecipe {
    /// `sigma`: the strengths of the friend prior to choose from, judged on users made cold. 0,
    /// which means no prior, is always tried.
    pub strengths: Vec<f32>,
    /// `kappa`: the number of friends that the mean user weighs.
    pub shrinkage: f32,
    /// `eta`: the weights of friends of friends to choose from, judged on users made cold. 0 is
    /// always tried.
    pub second_hop: Vec<f32>,
}

/// The learning of the blend weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlendRecipe {
    /// The maximum number of users with held-out rows on which the weights are learned.
    pub users: usize,
    /// The number of candidates per user from each part: its best items.
    pub candidates: usize,
    /// The weights to try for each part, relative to 1 for the embedding. 0 is always tried, for
    /// the embedding too.
    pub weights: Vec<f32>,
}

/// The budget of a search for a better recipe before training; see [`crate::fit::search`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchRecipe {
    /// The maximum number of recipes to try; 0 disables the search.
    pub trials: usize,
}

/// The baselines that the model is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BaselineRecipe {
    /// The number of neighbours per item in item-kNN.
    pub neighbors: usize,
    /// The shrinkage added to the denominator of its cosine.
    pub shrinkage: f32,
}

/// The reason why a recipe is invalid.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RecipeError {
    /// A number is out of its range.
    #[error("`{key}` is {value}: {allowed}")]
    Range {
        /// The key, with its section.
        key: &'static str,
        /// The value given.
        value: f64,
        /// The allowed values.
        allowed: &'static str,
    },
    /// A list of values to choose from is empty.
    #[error("`{key}` is empty: name at least one value to try")]
    NoChoice {
        /// The key, with its section.
        key: &'static str,
    },
    /// The text is not a valid recipe.
    #[error("the recipe can't be read: {0}")]
    Syntax(String),
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            seed: 1,
            events: EventRecipe::default(),
            embedding: EmbeddingRecipe::default(),
            lists: ListRecipe::default(),
            friends: FriendRecipe::default(),
            split: SplitRecipe::default(),
            blend: BlendRecipe::default(),
            search: SearchRecipe::default(),
            baselines: BaselineRecipe::default(),
        }
    }
}

impl Default for EventRecipe {
    fn default() -> Self {
        let EventWeights { by_type, half_life_days, cap } = EventWeights::default();
        let weights = EventType::ALL
            .into_iter()
            .map(|kind| (kind, by_type[kind as usize]))
            .filter(|&(_, weight)| weight > 0.0)
            .collect();
        Self { weights, half_life_days, cap }
    }
}

impl Default for EmbeddingRecipe {
    fn default() -> Self {
        Self {
            dim: 64,
            sweeps: 8,
            solver: Solver::Exact,
            unobserved: vec![120.0, 460.0],
            ridge: vec![4.5],
            ridge_exponent: 1.0,
            item_frequency_exponent: 0.0,
        }
    }
}

impl ListRecipe {
    /// The maximum of `neighbors`. The local ridge stores the neighbours that a user has as the
    /// bits of one word.
    pub const MAX_NEIGHBORS: usize = 64;
}

impl Default for ListRecipe {
    fn default() -> Self {
        Self {
            graph_links: 200,
            source_exponent: 0.6,
            target_exponent: 0.15,
            user_exponent: 1.0,
            recency: 0.5,
            neighbors: 50,
            lambda: 5.0,
            length: 100,
            longest_history: 1_000,
        }
    }
}

impl Default for FriendRecipe {
    fn default() -> Self {
        let second_hop = vec![0.0, 1.0, 2.5, 5.0];
        Self { strengths: vec![0.0, 0.3, 1.0], shrinkage: 3.0, second_hop }
    }
}

impl Default for BlendRecipe {
    fn default() -> Self {
        let weights = vec![0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
        Self { users: 5_000, candidates: 200, weights }
    }
}

impl Default for BaselineRecipe {
    fn default() -> Self {
        Self { neighbors: 200, shrinkage: 10.0 }
    }
}

impl Recipe {
    /// The names of the built-in recipes.
    pub const BUILT_IN: [&'static str; 3] = ["quick", "default", "best"];

    /// The built-in recipe with this name.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "quick" => Some(Self::quick()),
            "default" => Some(Self::default()),
            "best" => Some(Self::best()),
            _ => None,
        }
    }

    fn quick() -> Self {
        let mut recipe = Self::default();
        recipe.embedding.sweeps = 6;
        recipe.embedding.unobserved = vec![460.0];
        recipe.friends.strengths = vec![0.0, 1.0];
        recipe.blend.users = 500;
        recipe.blend.weights = vec![0.0, 0.25, 0.5, 1.0, 2.0];
        recipe.lists.graph_links = 100;
        recipe.lists.length = 50;
        recipe
    }

    /// The recipe `best`: nearly the default, from which a search starts.
    fn best() -> Self {
        let mut recipe = Self::default();
        recipe.embedding.unobserved = vec![120.0];
        recipe.friends.strengths = vec![0.0, 0.1, 0.3, 1.0, 3.0];
        recipe.search.trials = 40;
        recipe
    }

    /// Reads a recipe from TOML and checks it.
    pub fn from_toml(text: &str) -> Result<Self, RecipeError> {
        let recipe: Self =
            toml::from_str(text).map_err(|error| RecipeError::Syntax(error.to_string()))?;
        recipe.check()?;
        Ok(recipe)
    }

    /// The recipe as TOML, with every key.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a recipe is numbers, names and tables")
    }

    /// The weights with which a [`crate::data::dataset::DatasetBuilder`] folds events.
    pub fn event_weights(&self) -> EventWeights {
        let mut by_type = EventWeights::default().by_type;
        for (&kind, &weight) in &self.events.weights {
            by_type[kind as usize] = weight;
        }
        let EventRecipe { half_life_days, cap, .. } = self.events;
        EventWeights { by_type, half_life_days, cap }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_recipes_are_sound_and_survive_toml() {
        for name in Recipe::BUILT_IN {
            let recipe = Recipe::built_in(name).unwrap();
            assert_eq!(Recipe::from_toml(&recipe.to_toml()), Ok(recipe));
        }
        assert_eq!(Recipe::built_in("slow"), None);
    }

    #[test]
    fn an_empty_file_is_the_default_and_its_events_those_of_the_models() {
        let recipe = Recipe::from_toml("").unwrap();
        assert_eq!(recipe, Recipe::default());
        assert_eq!(recipe.event_weights(), EventWeights::default());
    }

    /// The documented recipe equals the default and lists every key.
    #[test]
    fn the_recipe_of_the_documentation_is_the_default_and_whole() {
        let documented = include_str!("../../../docs/recipe.toml");
        assert_eq!(Recipe::from_toml(documented), Ok(Recipe::default()));
        let default = Recipe::default().to_toml();
        let keys = default.lines().filter_map(|line| line.split_once(" = "));
        for (key, _) in keys {
            assert!(documented.lines().any(|line| line.starts_with(&format!("{key} = "))), "{key}");
        }
    }

    #[test]
    fn one_key_can_be_changed_alone() {
        let recipe =
            Recipe::from_toml("[events]\nhalf_life_days = 30\n[events.weights]\nview = 0.3\n");
        let weights = recipe.unwrap().event_weights();
        assert_eq!(weights.half_life_days, Some(30.0));
        assert!((weights.by_type[EventType::View as usize] - 0.3).abs() < 1e-9);
        assert!((weights.by_type[EventType::Purchase as usize] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn an_unknown_key_is_named() {
        let Err(RecipeError::Syntax(message)) = Recipe::from_toml("[embedding]\ndims = 64") else {
            panic!("the unknown key was accepted");
        };
        assert!(message.contains("dims"), "{message}");
    }
}
