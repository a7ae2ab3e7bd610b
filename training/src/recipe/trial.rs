//! One trial of a search for a better recipe.

use serde::{Deserialize, Serialize};

/// One tried recipe: the best so far with one value changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The changed key, with its section; empty for the initial recipe.
    pub key: String,
    /// The new value: a number, or `never` for no half-life.
    pub value: String,
    /// NDCG@20 of the lists on the held-out rows.
    pub ndcg: f64,
    /// Recall@20 of the same lists.
    pub recall: f64,
    /// True if it was better than all before.
    pub kept: bool,
}
