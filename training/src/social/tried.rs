//! One strength of the friend prior and its measured quality.

use serde::{Deserialize, Serialize};

/// The NDCG@20 of the embedding alone with a friend prior of some strength.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrengthTried {
    /// `sigma`.
    pub strength: f32,
    /// On users with their history.
    pub warm: f64,
    /// On users whose whole history was hidden.
    pub cold: f64,
    /// On the same users with three items handed back.
    pub three_items: f64,
    /// True if the last two beat the best quality without friends by more than noise.
    #[serde(default)]
    pub beyond_noise: bool,
}
