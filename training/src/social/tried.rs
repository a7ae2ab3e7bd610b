//! One strength of the friends' prior, and the quality it gave.

use serde::{Deserialize, Serialize};

/// How the embedding alone does with a friends' prior of some strength, as NDCG@20.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrengthTried {
    /// `sigma`.
    pub strength: f32,
    /// On users with their history.
    pub warm: f64,
    /// On users whose history was hidden whole.
    pub cold: f64,
    /// On the same with three items handed back.
    pub three_items: f64,
    /// Whether the last two are better than what can be had without friends, by more than noise.
    #[serde(default)]
    pub beyond_noise: bool,
}
