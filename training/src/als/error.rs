//! The reasons why embeddings can't be trained.

use guanxi_models::factors::FactorsError;

/// The reason why there are no embeddings.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum AlsError {
    /// A numeric parameter is negative or not finite.
    #[error("`{name}` is {value}; give a finite number that is not negative")]
    Parameter {
        /// The parameter's name.
        name: &'static str,
        /// The parameter's value.
        value: f32,
    },
    /// The width is 0, or numbers overflowed single precision.
    #[error(transparent)]
    Factors(#[from] FactorsError),
    /// A Gram matrix grew too large to be decomposed.
    #[error("the embeddings diverged; give a larger `mean_ridge` or smaller confidences")]
    Diverged,
}
