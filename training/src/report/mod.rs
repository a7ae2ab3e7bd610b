//! What a training run tells.

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

/// What a model was made of, what was learned, and how good it is beside popularity and item-kNN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The size of the data.
    pub data: DataSize,
    /// How the rows to report on were held out.
    pub held_out: HeldOut,
    /// The quality of the model beside others.
    #[serde(flatten)]
    pub quality: Comparison,
    /// What was learned.
    pub learned: Choices,
    /// How items that nobody touched were placed by what is said of them; none where that says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<Placed>,
    /// The recipes that were tried to find this one; empty where none was.
    #[serde(default)]
    pub trials: Vec<Trial>,
}

/// The size of the data that a model was trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSize {
    /// Users, with or without a history.
    pub users: usize,
    /// Items, touched or not.
    pub items: usize,
    /// Pairs of a user and an item.
    pub interactions: usize,
    /// Pairs of friends.
    pub friendships: usize,
}

/// Items that nobody touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// How many there are.
    pub untouched: usize,
    /// How many of them got a row by what is said of them.
    pub placed: usize,
    /// The ridge of the regression.
    pub ridge: f64,
    /// By how much what it foretells was shortened, at most 1.
    pub scale: f64,
}

/// Where the rows come from that the report is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldOut {
    /// How they were chosen.
    pub how: String,
    /// How many users the weights were learned on; none of them is reported on.
    pub learned_on: usize,
    /// How many users the report is on.
    pub users: usize,
}

/// What held-out rows decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// `a0 m`.
    pub unobserved: f32,
    /// The ridge of a user of mean activity.
    pub ridge: f32,
    /// `sigma`: 0 where friends don't help the embedding.
    pub friend_strength: f32,
    /// The weights of the parts on a common scale.
    pub weights: PerPart,
    /// The weights with which the model serves.
    pub blend: Blend,
    /// What was tried for `friend_strength`; empty where there are no friends.
    pub strengths: Vec<StrengthTried>,
}

impl Report {
    /// The quality of the system of this name.
    pub fn system(&self, name: &str) -> Option<&Metrics> {
        let mut systems = self.quality.systems.iter();
        systems.find(|system| system.name == name).map(|system| &system.metrics)
    }
}
