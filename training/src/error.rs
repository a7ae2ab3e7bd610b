//! The reasons why a training run yields no model.

use guanxi_models::index::IndexError;
use guanxi_models::recommend::query::QueryError;

use crate::als::{AlsError, MatrixError};
use crate::recipe::RecipeError;

/// The reason why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The recipe is invalid.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The data holds no interaction.
    #[error(
        "there is nothing to train on: {users} users, {items} items, but no interaction; import events first"
    )]
    Empty {
        /// The number of users.
        users: usize,
        /// The number of items.
        items: usize,
    },
    /// The histories were folded with other event weights than the recipe's.
    #[error(
        "the events were folded with other `events` weights than the recipe's; read them again with the recipe's own"
    )]
    EventWeights,
    /// A confidence or a target is invalid.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// The items can't be indexed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The lists of the running service, which the report should cover, can't be computed.
    #[error(transparent)]
    Served(#[from] QueryError),
    /// The embedding could not be trained.
    #[error(transparent)]
    Als(#[from] AlsError),
}
