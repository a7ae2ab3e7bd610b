//! Who may ask what.
//!
//! `DIR/keys.json` holds the keys of a data directory: of each a SHA-256, never the key. Without that file everybody may ask everything,
//! and the server listens on loopback alone; from its first key on every request needs one. A key has a [`Scope`]; a public one, which
//! lies open in a shop's pages, is bound to origins and speaks only for the user whom a signed token names.
//!
//! What operators change while the server runs (keys, the key set of tokens) is seen within [`watched::EVERY`].

mod caller;
mod error;
mod file;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod gate;
mod key;
mod keyring;
mod limits;
mod scope;
#[cfg(test)]
mod tests;
mod token;
pub(crate) mod watched;

pub use caller::Caller;
pub use error::AccessError;
pub use file::{FILE, KeyFile};
pub use gate::{Denied, Gate, Presented};
pub use key::{KeyEntry, NewKey, Secret};
pub use scope::{Need, Scope};
