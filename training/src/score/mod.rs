//! Scores of all items for a user, by the model and by the baselines that it must beat.

pub mod baselines;
pub mod bias;
pub mod scoring;
