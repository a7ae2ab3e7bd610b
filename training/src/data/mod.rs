//! The columns that training reads, and the rows it holds out of them.

pub mod dataset;
pub(crate) mod draw;
mod from_world;
pub mod split;
