//! What had happened at a model's watermark: the projections of the log, frozen to columns.
//!
//! Training borrows a [`Ground`], the registry writes it to a model directory and reads it back, and a
//! [`World`](crate::World) thaws it. Each fact is one projection in [`crate::world`], which names its own columns.

pub mod columns;

pub use crate::world::facts::Ground;
