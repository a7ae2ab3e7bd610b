//! One world behind one pointer: the thread that writes it, and the one that swaps its model.
//!
//! The HTTP layer and the commands use an [`Engine`]. One thread, the `writer`, changes the store
//! and the world. The `refresher` prepares a newly published model and hands it to the writer.
//! Readers load the pointer once and take no lock.

mod engine;
mod group_interval;
#[cfg(test)]
mod laws;
mod published;
mod refresher;
mod replay;
mod retired;
mod status;
#[cfg(test)]
mod tests;
mod writer;

pub use crate::registry::{Manifest, RegistryError};
pub use crate::store::Outcome;
pub use engine::{Engine, EngineError, Options};
pub use published::Models;
pub use replay::world_from_log;
pub use status::{ServedModel, Status};
pub use writer::{Make, WriteError};
