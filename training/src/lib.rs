//! Training of a guanxi model: columns in, a model and a report out.
//!
//! Nothing here reads a disk, opens a socket or asks a clock; time and seed are arguments.

pub mod als;
pub mod blend;
pub mod cold;
pub mod data;
pub mod error;
pub mod fit;
pub mod fitted;
pub mod judge;
pub mod lists;
pub mod market;
pub mod observer;
pub mod recall;
pub mod recipe;
pub mod report;
pub mod score;
pub mod social;
pub mod tuning;
