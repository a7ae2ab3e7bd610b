//! The quality of lists on held-out rows, with its uncertainty.

pub mod bootstrap;
pub mod evaluation;
pub mod figures;
pub mod metrics;
pub mod sampled;
pub mod served;
