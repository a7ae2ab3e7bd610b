//! What a training run can be told.
//!
//! A recipe is a TOML file; every key has a default, and a key that isn't known is an error. Three recipes are built in:
//! `quick` for a demo, `default`, and `best`, which searches for better numbers around the default and takes thirty times as long.

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

/// All that a training run can be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// Everything random follows from this: the same data and the same seed give the same model.
    pub seed: u64,
    /// How events become confidence.
    pub events: EventRecipe,
    /// The embedding.
    pub embedding: EmbeddingRecipe,
    /// The item lists.
    pub lists: ListRecipe,
    /// What friends count.
    pub friends: FriendRecipe,
    /// Which rows are held out to learn the blend and to report on.
    pub split: SplitRecipe,
    /// How the parts of the score are weighed.
    pub blend: BlendRecipe,
    /// How long to search for a better recipe before training.
    pub search: SearchRecipe,
    /// What the model is compared with.
    pub baselines: BaselineRecipe,
}

/// How events become confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventRecipe {
    /// Confidence added by one event, by its type; a type that isn't named keeps its default, and 0 leaves one out.
    pub weights: BTreeMap<EventType, f32>,
    /// After so many days an event counts half; left out, events never fade.
    pub half_life_days: Option<f32>,
    /// The most confidence that one user can have in one item.
    pub cap: f32,
}

/// The embedding: iALS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddingRecipe {
    /// The width of an embedding, a multiple of 16.
    pub dim: usize,
    /// How often both sides are solved.
    pub sweeps: usize,
    /// How: `exact`, or `conjugate-gradients`, which is faster and comes close.
    pub solver: Solver,
    /// `a0 m`: the confidence of a user in everything not touched together, in units of the mean confidence in what was. Of several values the best on held-out rows is taken.
    pub unobserved: Vec<f32>,
    /// The ridge of a user of mean activity, in the same units. Of several values the best is taken.
    pub ridge: Vec<f32>,
    /// `nu`: how the ridge grows with activity.
    pub ridge_exponent: f32,
    /// `g`: items not touched count as `popularity^-g`; 0 for all alike.
    pub item_frequency_exponent: f32,
}

/// The item lists: see [`crate::lists`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListRecipe {
    /// How many links of the co-occurrence graph an item keeps.
    pub graph_links: usize,
    /// How much the graph discounts popular items that are owned.
    pub source_exponent: f32,
    /// How much the graph discounts popular items that are recommended: the popularity dial, .15 to .3.
    pub target_exponent: f32,
    /// How much the graph discounts what active users have in common.
    pub user_exponent: f32,
    /// How much less an item of the user's own counts for each that came after it: see [`guanxi_models::recency`]. 0 for all alike.
    pub recency: f32,
    /// How many items the local ridge explains an item by, at most 64.
    pub neighbors: usize,
    /// `lambda`: how strongly the local ridge is held back, 3 to 30.
    pub lambda: f32,
    /// How many entries an item's merged list keeps.
    pub length: usize,
    /// Of users with more items than this, so many are drawn for the lists: cost grows with the square.
    pub longest_history: usize,
}

/// What friends count in the embedding, and friends of friends beside them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FriendRecipe {
    /// `sigma`: the strengths of the friends' prior to choose from, on users made cold. 0, without a prior, is always among them.
    pub strengths: Vec<f32>,
    /// `kappa`: how many friends the mean user weighs.
    pub shrinkage: f32,
    /// `eta`: what friends of friends may count beside friends, on users made cold. 0 is always among them.
    pub second_hop: Vec<f32>,
}

/// How the parts of the score are weighed against each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlendRecipe {
    /// How many users with held-out rows the weights are learned on, at most.
    pub users: usize,
    /// How many of the best items of each part are looked at per user.
    pub candidates: usize,
    /// The weights to try for each part against the embedding's 1. 0 is always among them, also for the embedding.
    pub weights: Vec<f32>,
}

/// How long to search for a better recipe before training: see [`crate::fit::search`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchRecipe {
    /// How many recipes are tried at most; 0 for none but this one.
    pub trials: usize,
}

/// What the model is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BaselineRecipe {
    /// How many neighbours an item has in item-kNN.
    pub neighbors: usize,
    /// What is added to the denominator of its cosine.
    pub shrinkage: f32,
}

/// Why a recipe can't be followed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RecipeError {
    /// A number is out of its range.
    #[error("`{key}` is {value}: {allowed}")]
    Range {
        /// The key, with its section.
        key: &'static str,
        /// What it was.
        value: f64,
        /// What it may be.
        allowed: &'static str,
    },
    /// A list of values to choose from is empty.
    #[error("`{key}` is empty: name at least one value to try")]
    NoChoice {
        /// The key, with its section.
        key: &'static str,
    },
    /// The text is no recipe.
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
    /// The most `neighbors`: the local ridge keeps the neighbours that a user has as the bits of one word.
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

    /// The built-in recipe of this name.
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

    /// The default, from which a search goes on.
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

    /// The recipe as TOML, every key written out.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a recipe is numbers, names and tables")
    }

    /// What a [`crate::data::dataset::DatasetBuilder`] folds events with.
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

    /// The documented recipe is the default, and names every key of it.
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
            panic!("the key was taken");
        };
        assert!(message.contains("dims"), "{message}");
    }
}
