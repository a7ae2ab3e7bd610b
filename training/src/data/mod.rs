//! The columns that training reads, and the rows that are held out of them.

pub mod dataset;
pub(crate) mod draw;
mod from_world;
pub mod split;
