//! A trained model: tables that never change.

use crate::attributes::Placement;
pub use crate::column::Rows;
use crate::column::{Column, WeightedRows};
use crate::factors::Factors;
use crate::ground::Ground;
use crate::id::Offset;
use crate::index::ItemIndex;
use crate::params::Params;

/// What training made. Users and items are numbered as in the [`Ground`] that it was made from; a table with fewer rows than ids
/// counts as having empty ones.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The numbers beside the tables.
    pub params: Params,
    /// `p_u`: one row per user in the eigenbasis of [`crate::params::FoldIn::spectrum`]; zeros for users without a history or friends with one.
    pub user_factors: Factors,
    /// The users' rows before friends entered, which is what a friend's prior is made of; no rows where friends carry no taste.
    pub profiles: Factors,
    /// `q_i`: one row per item in the same basis; zeros for items that nobody touched and of which nothing is said.
    pub item_factors: Factors,
    /// Where an item stands by what is said of it; none where that says nothing, or nothing is said.
    pub placement: Option<Placement>,
    /// `M`: per source item `i` the largest `M_ij`, heaviest first.
    pub lists: WeightedRows,
    /// `g`: per source item the items bought by the same people, heaviest first.
    pub also_bought: WeightedRows,
    /// Per item the others of largest cosine with its row, after those, nearest first; no rows where they are always searched for.
    pub similar: WeightedRows,
    /// `b_j = ln(1 + n_j)`, `n_j` the buyers of the item as training counted them: what draws everybody. Never negative; empty where it
    /// counts for nothing.
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

/// Everything that training made, and the facts at the watermark that it was made from.
#[derive(Clone, Debug)]
pub struct Model {
    /// The name under which the registry keeps it; empty for [`Model::empty`].
    pub version: String,
    /// Every record up to and including this offset is in the model.
    pub watermark: Offset,
    /// What training made.
    pub learned: Learned,
    /// The facts that it was made from.
    pub ground: Ground,
}

impl Model {
    /// The model before any training: nobody, nothing, watermark 0.
    pub fn empty() -> Self {
        Self::new(Learned::default(), Ground::default())
    }

    /// A model without a name, at watermark 0.
    pub fn new(learned: Learned, ground: Ground) -> Self {
        Self { version: String::new(), watermark: Offset(0), learned, ground }
    }
}
