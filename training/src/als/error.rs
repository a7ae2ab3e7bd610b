//! The reasons why there are no embeddings.

use guanxi_models::factors::FactorsError;

/// Why there are no embeddings.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum AlsError {
    /// A parameter that counts or weighs is negative or not finite.
    #[error("`{name}` is {value}; give a finite number that is not negative")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f32,
    },
    /// The width is none, or numbers grew out of single precision.
    #[error(transparent)]
    Factors(#[from] FactorsError),
    /// A Gram matrix grew out of what can be decomposed.
    #[error("the embeddings diverged; give a larger `mean_ridge` or smaller confidences")]
    Diverged,
}
