//! The HTTP API: the only place that knows JSON shapes and status codes.
//!
//! A request walks through the folders in this order:
//!
//! 1. `connection` accepts it, bounds its time and checks its head.
//! 2. `admission` lets it wait its turn, or refuses it on arrival where too many wait.
//! 3. `around` names and counts it, and asks [`crate::access`] whether the caller may do this.
//! 4. `routes` answers it: one file per noun. Ranking and storing belong to [`crate::serving::Engine`].
//! 5. `shape` reads its JSON and writes the answer's.
//!
//! `problem` holds the errors of all of them. Each folder imports only those that come after it.

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
