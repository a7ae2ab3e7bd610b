//! The values of a recipe that are tuned on held-out rows.

/// The parameters of the embedding that are tuned on held-out rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmbeddingChoice {
    /// `a0 m`: the total confidence in untouched items, in units of the mean confidence.
    pub unobserved: f32,
    /// The ridge of a user of mean activity, in the same units.
    pub ridge: f32,
}
