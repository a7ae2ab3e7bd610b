//! The parameters beside the tables, which serving needs to match training.

use serde::{Deserialize, Serialize};

use crate::event::Millis;
use crate::history::{Entry, EventWeights};

/// The training parameters that answers depend on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    /// The weights that turn events into confidence.
    pub events: EventWeights,
    /// The model's reference time: that of the latest training event. Confidence has faded as of
    /// this time.
    pub reference: Millis,
    /// The parameters to solve a user's row.
    pub fold_in: FoldIn,
    /// The weights of the parts of the for-you score.
    pub blend: Blend,
    /// The discount of a user's item in the lists for each later one; see [`crate::recency`].
    pub recency: f32,
}

/// The row problem of a user without the user's own history; see [`crate::solver`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoldIn {
    /// The eigenvalues `g` of the weighted Gram matrix `a0 sum_i b_i q_i q_i'`. Both factor tables
    /// are stored in its eigenbasis. `dim` numbers, none negative.
    pub spectrum: Vec<f32>,
    /// `lam`: a user with `n` items has the ridge `lam (n + a0 m)^nu`.
    pub ridge: f32,
    /// `a0 m`: the total confidence of a user in all untouched items.
    pub unobserved: f32,
    /// `nu`.
    pub ridge_exponent: f32,
    /// `sigma`: the friend prior has the strength `sigma lam (a0 m)^nu`; 0 if friends carry no
    /// taste.
    pub friend_strength: f32,
    /// `kappa`: the number of friends that the mean user weighs.
    pub friend_shrinkage: f32,
    /// `pbar`: the mean row of the users with a history; `dim` numbers.
    pub mean: Vec<f32>,
}

/// The weights of the for-you score; see [`crate::recommend`].
///
/// ```text
/// score(u, j) = embedding p_u.q_j + list sum_{i in S_u} a_ui M_ij + friends f_u(j)
///             + popularity b_j
/// ```
///
/// Here `a_ui` is the [recency](crate::recency) of an own item, and `b_j` the
/// [bias](crate::model::Learned::bias) of the item. For users with few own items,
/// `f_u(j) + second_hop sum_g v_ug r_gj` replaces `f_u(j)`; see [`crate::friends_of_friends`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Blend {
    /// `w_E c_E`.
    pub embedding: f32,
    /// The weight of the item lists.
    pub list: f32,
    /// `w_f c_f`.
    pub friends: f32,
    /// `w_b c_b`: the weight of an item's general popularity; 0 if taste explains everything.
    #[serde(default)]
    pub popularity: f32,
    /// `eta`: the weight of friends of friends for users with few own items; 0 if they carry no
    /// information.
    #[serde(default)]
    pub second_hop: f32,
}

impl Params {
    /// The confidence of an entry at the model's reference time, faded and capped.
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

    /// `s_u`: the strength of the friend prior.
    pub fn prior_strength(&self) -> f32 {
        self.friend_strength * self.ridge * power(self.unobserved, self.ridge_exponent)
    }
}

/// `base^exponent`, with a fast path for the usual exponent.
fn power(base: f32, exponent: f32) -> f32 {
    if exponent.to_bits() == 1_f32.to_bits() { base } else { base.powf(exponent) }
}
