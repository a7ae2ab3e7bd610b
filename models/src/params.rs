//! The numbers beside the tables: what serving must know to answer as training meant it.

use serde::{Deserialize, Serialize};

use crate::event::Millis;
use crate::history::{Entry, EventWeights};

/// What a model was made with, as far as an answer depends on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    /// How events become confidence.
    pub events: EventWeights,
    /// The present of the model: the time of the latest event it was trained on. Confidence fades towards it.
    pub reference: Millis,
    /// How a user's row is solved.
    pub fold_in: FoldIn,
    /// How the parts of the for-you score are weighed.
    pub blend: Blend,
    /// How much less an item of a user's own counts in the lists for each that came after it: see [`crate::recency`].
    pub recency: f32,
}

/// The row problem of a user, apart from the user's own history: see [`crate::solver`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoldIn {
    /// The eigenvalues `g` of the weighted Gram matrix `a0 sum_i b_i q_i q_i'` in whose eigenbasis both factor tables are stored; `dim` numbers, none negative.
    pub spectrum: Vec<f32>,
    /// `lam`, so that a user with `n` items has the ridge `lam (n + a0 m)^nu`.
    pub ridge: f32,
    /// `a0 m`: the confidence of a user in everything not touched.
    pub unobserved: f32,
    /// `nu`.
    pub ridge_exponent: f32,
    /// `sigma`, so that the prior of friends has the strength `sigma lam (a0 m)^nu`; 0 where friends carry no taste.
    pub friend_strength: f32,
    /// `kappa`: how many friends the mean user weighs.
    pub friend_shrinkage: f32,
    /// `pbar`: the mean row of the users with a history; `dim` numbers.
    pub mean: Vec<f32>,
}

/// `score(u, j) = embedding p_u.q_j + list sum_{i in S_u} a_ui M_ij + friends f_u(j) + popularity b_j`, `a_ui` the
/// [recency](crate::recency) of an own item, `b_j` the [bias](crate::model::Model::bias) of the item: see [`crate::recommend`].
///
/// For whoever has few own items, `f_u(j) + second_hop sum_g v_ug r_gj` stands for `f_u(j)`: see [`crate::reach`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Blend {
    /// `w_E c_E`.
    pub embedding: f32,
    /// The weight of the item lists.
    pub list: f32,
    /// `w_f c_f`.
    pub friends: f32,
    /// `w_b c_b`: how much it counts that an item draws everybody; 0 where taste says it all.
    #[serde(default)]
    pub popularity: f32,
    /// `eta`: how much friends of friends say for whoever has few own items; 0 where they say nothing.
    #[serde(default)]
    pub second_hop: f32,
}

impl Params {
    /// The confidence of an entry at the model's present: faded and capped.
    pub fn present_confidence(&self, entry: Entry) -> f32 {
        let faded = entry.confidence * self.events.fading(entry.ts, self.reference);
        faded.min(self.events.cap)
    }
}

impl FoldIn {
    /// `l_u`: the ridge of a user with `n_items` items.
    pub fn ridge_of(&self, n_items: usize) -> f32 {
        self.ridge * power(n_items as f32 + self.unobserved, self.ridge_exponent)
    }

    /// `s_u`: the strength of the friends' prior.
    pub fn prior_strength(&self) -> f32 {
        self.friend_strength * self.ridge * power(self.unobserved, self.ridge_exponent)
    }
}

/// `base^exponent`, at once for the exponent that almost every model has.
fn power(base: f32, exponent: f32) -> f32 {
    if exponent.to_bits() == 1_f32.to_bits() { base } else { base.powf(exponent) }
}
