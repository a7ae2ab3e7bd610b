//! A trained model: tables that never change.

use crate::attributes::Placement;
use crate::column::{Column, Starts, StartsError, WeightedRows};
use crate::event::Millis;
use crate::factors::Factors;
use crate::history::Histories;
use crate::id::Offset;
use crate::ids::Ids;
use crate::index::ItemIndex;
use crate::params::Params;

/// Sparse rows of links without weights.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    starts: Starts,
    targets: Column<u32>,
}

impl Rows {
    /// Puts the columns together after checking that they fit.
    pub fn new(starts: Column<u64>, targets: Column<u32>) -> Result<Self, StartsError> {
        Ok(Self { starts: Starts::new(starts, targets.len())?, targets })
    }

    /// Copies rows.
    pub fn from_rows<R: AsRef<[u32]>>(rows: &[R]) -> Self {
        Self {
            starts: Starts::from_lengths(rows.iter().map(|row| row.as_ref().len())),
            targets: rows.iter().flat_map(AsRef::as_ref).copied().collect(),
        }
    }

    /// One row; empty beyond the last.
    pub fn row(&self, row: usize) -> &[u32] {
        &self.targets[self.starts.range(row)]
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.starts.rows()
    }

    /// The columns: starts, targets.
    pub fn columns(&self) -> (&Column<u64>, &Column<u32>) {
        (self.starts.column(), &self.targets)
    }
}

/// Everything that training made, and the state of the world at the watermark that it was made from.
///
/// Users and items are numbered as in `users` and `items`; a table with fewer rows than ids counts as having empty ones.
#[derive(Clone, Debug)]
pub struct Model {
    /// The name under which the registry keeps it; empty for [`Model::empty`].
    pub version: String,
    /// Every record up to and including this offset is in the model.
    pub watermark: Offset,
    /// The numbers beside the tables.
    pub params: Params,
    /// Public ids of users.
    pub users: Ids,
    /// Public ids of items.
    pub items: Ids,
    /// `p_u`: one row per user in the eigenbasis of [`crate::params::FoldIn::spectrum`]; zeros for users without a history or friends with one.
    pub user_factors: Factors,
    /// The users' rows before friends entered, which is what a friend's prior is made of; no rows where friends carry no taste.
    pub profiles: Factors,
    /// `q_i`: one row per item in the same basis; zeros for items that nobody touched and of which nothing is said.
    pub item_factors: Factors,
    /// Where an item stands by what is said of it; none where that says nothing, or nothing is said.
    pub placement: Option<Placement>,
    /// What every user had done.
    pub histories: Histories,
    /// Friends, both ways, ascending, with the strength of the tie (not normalised): see [`crate::tie`].
    pub friends: WeightedRows,
    /// Whom each user follows, ascending.
    pub follows: Rows,
    /// Whom each user blocks, ascending.
    pub blocks: Rows,
    /// The users who kept what they do from their friends, ascending.
    pub private_users: Column<u32>,
    /// The items that had left the catalogue, ascending.
    pub deleted_items: Column<u32>,
    /// `M`: per source item `i` the largest `M_ij`, heaviest first.
    pub lists: WeightedRows,
    /// `g`: per source item the items bought by the same people, heaviest first.
    pub also_bought: WeightedRows,
    /// Per item the others of largest cosine with its row, after those, nearest first; no rows where they are always searched for.
    pub similar: WeightedRows,
    /// How many users touched each item without speaking against it in the end.
    pub popularity: Column<f32>,
    /// `b_j = ln(1 + n_j)`, `n_j` the buyers of the item as training counted them: what draws everybody. Never negative; empty where it
    /// counts for nothing.
    pub bias: Column<f32>,
    /// The time of the first event about each item; 0 where unknown.
    pub first_seen: Column<Millis>,
    /// The search structure over `item_factors`.
    pub index: ItemIndex,
}

impl Model {
    /// The model before any training: nobody, nothing, watermark 0.
    pub fn empty() -> Self {
        Self {
            version: String::new(),
            watermark: Offset(0),
            params: Params::default(),
            users: Ids::default(),
            items: Ids::default(),
            user_factors: Factors::empty(),
            profiles: Factors::empty(),
            item_factors: Factors::empty(),
            placement: None,
            histories: Histories::default(),
            friends: WeightedRows::default(),
            follows: Rows::default(),
            blocks: Rows::default(),
            private_users: Column::from(Vec::new()),
            deleted_items: Column::from(Vec::new()),
            lists: WeightedRows::default(),
            also_bought: WeightedRows::default(),
            similar: WeightedRows::default(),
            popularity: Column::from(Vec::new()),
            bias: Column::from(Vec::new()),
            first_seen: Column::from(Vec::new()),
            index: ItemIndex::default(),
        }
    }
}
