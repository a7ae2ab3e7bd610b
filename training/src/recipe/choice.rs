//! The values of a recipe that held-out rows choose among.

/// The numbers of the embedding that are chosen on held-out rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmbeddingChoice {
    /// `a0 m`, in units of the mean confidence.
    pub unobserved: f32,
    /// The ridge of a user of mean activity, in the same units.
    pub ridge: f32,
}
