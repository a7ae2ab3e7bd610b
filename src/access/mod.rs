//! Access control: keys, scopes, tokens and rates.
//!
//! `DIR/keys.json` holds a SHA-256 of each key of a data directory, never the key. Without that
//! file every request is allowed, and the server listens on loopback alone. From the first key on,
//! every request needs one.
//!
//! A key has a [`Scope`]. A public key is visible in a shop's pages: it is bound to origins, and
//! acts only for the user whom a signed token names.
//!
//! The running server sees changed keys and token keys within [`watched::EVERY`].

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
mod signatures;
mod stored;
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
