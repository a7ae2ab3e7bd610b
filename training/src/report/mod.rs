//! The report of a training run.

mod comparison;
mod diversity;
mod groups;
mod text;

use guanxi_models::params::Blend;
use serde::{Deserialize, Serialize};

use crate::blend::PerPart;
use crate::judge::metrics::Metrics;
use crate::recipe::Trial;
use crate::social::tried::StrengthTried;
pub use comparison::{BASELINES, Comparison, Difference, Panel, Surveyed, System};
pub use diversity::Diversity;
pub use groups::Group;

/// The data of a model, its learned parameters, and its quality beside the baselines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The size of the data.
    pub data: DataSize,
    /// The selection of the held-out rows.
    pub held_out: HeldOut,
    /// The quality of the model and of other systems.
    #[serde(flatten)]
    pub quality: Comparison,
    /// The learned parameters.
    pub learned: Choices,
    /// The placement of untouched items by their features; `None` if features predict nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<Placed>,
    /// The recipes that the search tried; empty if there was no search.
    #[serde(default)]
    pub trials: Vec<Trial>,
}

/// The size of the data that a model was trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSize {
    /// The number of users, with or without a history.
    pub users: usize,
    /// The number of items, touched or not.
    pub items: usize,
    /// The number of distinct pairs of a user and an item.
    pub interactions: usize,
    /// The number of pairs of friends.
    pub friendships: usize,
}

/// The placement of untouched items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// The number of untouched items.
    pub untouched: usize,
    /// The number of them that got a row from their features.
    pub placed: usize,
    /// The ridge of the regression.
    pub ridge: f64,
    /// The factor that shortens the predicted rows, at most 1.
    pub scale: f64,
}

/// The held-out rows that the report is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldOut {
    /// The selection in words.
    pub how: String,
    /// The number of users that the weights were learned on; none of them is in the report.
    pub learned_on: usize,
    /// The number of users in the report.
    pub users: usize,
}

/// The parameters tuned on held-out rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// `a0 m`: the total confidence in untouched items.
    pub unobserved: f32,
    /// The ridge of a user of mean activity.
    pub ridge: f32,
    /// `sigma`; 0 if friends don't improve the embedding.
    pub friend_strength: f32,
    /// The weights of the parts on a common scale.
    pub weights: PerPart,
    /// The weights that the model serves with.
    pub blend: Blend,
    /// The strengths tried for `friend_strength`; empty if there are no friends.
    pub strengths: Vec<StrengthTried>,
}

impl Report {
    /// The quality of the system with this name.
    pub fn system(&self, name: &str) -> Option<&Metrics> {
        let mut systems = self.quality.systems.iter();
        systems.find(|system| system.name == name).map(|system| &system.metrics)
    }
}
