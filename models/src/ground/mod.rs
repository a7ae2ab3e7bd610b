//! The facts at a model's watermark: projections of the log, frozen to columns.
//!
//! Training borrows a [`Ground`]. The registry writes it to a model directory and reads it back. A
//! [`World`](crate::World) thaws it. Each fact is a projection in [`crate::world`], which names its
//! own columns.

pub mod columns;

pub use crate::world::facts::Ground;
