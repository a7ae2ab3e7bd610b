//! How a guanxi model comes to be: columns in, a model and a report out.
//!
//! Nothing here reads a disk, opens a socket or asks a clock; time and seed are arguments.

pub mod als;
pub mod attributes;
pub mod baselines;
pub mod bias;
pub mod blend;
pub mod bootstrap;
pub mod cold;
pub mod dataset;
mod draw;
pub mod evaluation;
pub mod figures;
pub mod fit;
pub mod fitted;
pub mod friend_prior;
mod from_world;
pub mod lists;
pub mod made_cold;
pub mod market;
pub mod metrics;
pub mod observer;
pub mod parts;
pub mod recall;
pub mod recipe;
pub mod report;
pub mod rival;
pub mod sampled;
pub mod scoring;
mod second_hop;
pub mod served;
pub mod split;
pub mod ties;
pub mod tuning;
