//! A trained model: immutable tables.

use crate::attributes::Placement;
pub use crate::column::Rows;
use crate::column::{Column, WeightedRows};
use crate::factors::Factors;
use crate::ground::Ground;
use crate::id::Offset;
use crate::index::ItemIndex;
use crate::params::Params;

/// The learned tables. Users and items are numbered as in the [`Ground`] of the training. Missing
/// rows are empty.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The parameters for serving.
    pub params: Params,
    /// `p_u`: one row per user in the eigenbasis of [`crate::params::FoldIn::spectrum`]. Zeros for
    /// users without a history and without friends who have one.
    pub user_factors: Factors,
    /// The users' rows without the influence of friends, from which the friends' prior is made.
    /// Empty if friends carry no information.
    pub profiles: Factors,
    /// `q_i`: one row per item in the same basis; zeros for items without events and attributes.
    pub item_factors: Factors,
    /// The map from item attributes to vectors; none if attributes are absent or carry no
    /// information.
    pub placement: Option<Placement>,
    /// `M`: per source item `i` the largest `M_ij`, heaviest first.
    pub lists: WeightedRows,
    /// `g`: per source item the items bought by the same people, heaviest first.
    pub also_bought: WeightedRows,
    /// Per item, the most similar others by cosine, nearest first; empty if they are always
    /// searched for.
    pub similar: WeightedRows,
    /// `b_j = ln(1 + n_j)`, the general popularity, where `n_j` is the number of the item's buyers
    /// in training. Never negative; empty if it has no weight.
    pub bias: Column<f32>,
    /// The search structure over `item_factors`.
    pub index: ItemIndex,
}

impl Default for Learned {
    fn default() -> Self {
        Self {
            params: Params::default(),
            user_factors: Factors::empty(),
            profiles: Factors::empty(),
            item_factors: Factors::empty(),
            placement: None,
            lists: WeightedRows::default(),
            also_bought: WeightedRows::default(),
            similar: WeightedRows::default(),
            bias: Vec::new().into(),
            index: ItemIndex::default(),
        }
    }
}

/// The result of training, with the facts at the watermark.
#[derive(Clone, Debug)]
pub struct Model {
    /// The name in the registry; empty for [`Model::empty`].
    pub version: String,
    /// The model includes every record up to and including this offset.
    pub watermark: Offset,
    /// The learned tables.
    pub learned: Learned,
    /// The facts at the watermark.
    pub ground: Ground,
}

impl Model {
    /// The model before any training: empty, with watermark 0.
    pub fn empty() -> Self {
        Self::new(Learned::default(), Ground::default())
    }

    /// A model without a name, at watermark 0.
    pub fn new(learned: Learned, ground: Ground) -> Self {
        Self { version: String::new(), watermark: Offset(0), learned, ground }
    }
}
