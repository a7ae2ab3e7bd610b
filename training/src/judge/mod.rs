//! The quality of lists on held-out rows, with its uncertainty.

pub mod bootstrap;
pub mod case;
pub mod evaluation;
pub mod figures;
pub mod metrics;
pub(crate) mod noise;
pub mod sampled;
pub mod served;
