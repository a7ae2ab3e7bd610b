//! One world behind one pointer: who writes it, who swaps its model.
//!
//! [`Engine`] is what the HTTP layer and the commands hold. Exactly one thread, the `writer`, changes the store and the world; the
//! `refresher` prepares a newly published model beside it and hands it over. Readers load the pointer once and need nobody.

mod engine;
#[cfg(test)]
mod laws;
mod pace;
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
