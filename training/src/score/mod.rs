//! Scores of all items for a user: those of the model, and the baselines that it must beat.

pub mod baselines;
pub mod bias;
pub mod scoring;
