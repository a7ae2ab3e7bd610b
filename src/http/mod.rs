//! The HTTP API: the only module that knows JSON shapes and status codes.
//!
//! A request passes through these modules in order:
//!
//! 1. `connection` accepts it, applies timeouts and checks its head.
//! 2. `admission` queues it, or refuses it on arrival if the queue is full.
//! 3. `around` assigns its id, counts it, and lets [`crate::access`] authorise the caller.
//! 4. `routes` handles it, with one file per noun; [`crate::serving::Engine`] ranks and stores.
//! 5. `shape` parses its JSON and writes that of the answer.
//!
//! `problem` holds the errors of all modules. Each module imports only those after it.

mod admission;
mod app;
mod around;
mod connection;
mod fresh_id;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod problem;
mod routes;
mod shape;

pub use admission::Admission;
pub use app::{App, Parts};
pub use around::operation::Operation;
pub use connection::{Frontend, Listening};
pub use problem::{Code, PROBLEM_JSON, Problem};
pub use routes::{description, operations};
