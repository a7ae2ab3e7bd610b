//! One trial of a search for a better recipe.

use serde::{Deserialize, Serialize};

/// One recipe that was tried: the best before it with one number changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The key that was changed, with its section; empty for the recipe that the search started from.
    pub key: String,
    /// To what: a number, or `never` for no half-life.
    pub value: String,
    /// NDCG@20 of the lists on the held-out rows.
    pub ndcg: f64,
    /// Recall@20 of the same.
    pub recall: f64,
    /// Whether it was better than all before.
    pub kept: bool,
}
