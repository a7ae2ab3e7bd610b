//! What one cold-start run has at hand.

use super::hidden::Hidden;
use crate::data::dataset::Dataset;
use crate::fitted::Fitted;
use crate::recipe::Recipe;

/// The data, the model of everybody else, and the users who are hidden from it.
pub(super) struct Setup<'a> {
    /// Everything, also what is hidden.
    pub(super) data: &'a Dataset,
    /// The model of the rest.
    pub(super) fitted: &'a Fitted,
    pub(super) hidden: &'a Hidden,
    pub(super) recipe: &'a Recipe,
}
