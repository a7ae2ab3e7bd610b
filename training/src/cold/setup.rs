//! The input of one cold-start run.

use super::hidden::Hidden;
use crate::data::dataset::Dataset;
use crate::fitted::Fitted;
use crate::recipe::Recipe;

/// The data, the model of the other users, and the users who are hidden from it.
pub(super) struct Setup<'a> {
    /// All data, including the hidden rows.
    pub(super) data: &'a Dataset,
    /// The model that was trained without the hidden users.
    pub(super) fitted: &'a Fitted,
    pub(super) hidden: &'a Hidden,
    pub(super) recipe: &'a Recipe,
}
