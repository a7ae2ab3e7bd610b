//! The reasons why a training run gives no model.

use guanxi_models::index::IndexError;
use guanxi_models::recommend::query::QueryError;

use crate::als::{AlsError, MatrixError};
use crate::recipe::RecipeError;

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The recipe can't be followed.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// Nobody did anything.
    #[error(
        "there is nothing to train on: {users} users, {items} items, but no interaction; import events first"
    )]
    Empty {
        /// How many users there are.
        users: usize,
        /// How many items there are.
        items: usize,
    },
    /// The histories were folded with other weights than the recipe's.
    #[error(
        "the events were folded with other `events` than the recipe's: read them again with the recipe's own"
    )]
    EventWeights,
    /// A confidence can't be used.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// The items can't be indexed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The lists that the service would answer can't be asked for.
    #[error(transparent)]
    Served(#[from] QueryError),
    /// The embedding failed.
    #[error(transparent)]
    Als(#[from] AlsError),
}
