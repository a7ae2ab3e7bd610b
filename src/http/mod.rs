//! The HTTP API: the only place that knows JSON shapes and status codes.
//!
//! `server` accepts connections, checks each `head`, lets requests wait their turn (`admission`; under `overload` it refuses them on
//! arrival), and answers lists by GET straight away. The router takes all others: `routes` says which path leads where, one file per noun
//! answers. `observe` stands around every answer, `admit` says who may ask, `code` is the table of errors, `problem` their form.
//! Ranking and storing belong to [`crate::serving::Engine`].

mod admission;
mod admit;
mod answer;
mod app;
mod background;
mod body;
mod bulk;
mod code;
mod docs;
mod field;
mod filter;
mod filter_shape;
mod flight;
mod fresh_id;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod head;
mod health;
mod ingest;
mod items;
mod json;
mod models;
mod observe;
mod overload;
mod parameters;
mod path;
mod problem;
mod question;
mod queue;
mod recommend;
mod relations;
mod routes;
mod server;
mod stopwatch;
mod timed;
mod tls;
mod tracked;
mod users;
mod written;

pub use admission::Admission;
pub use app::{App, Parts};
pub use code::Code;
pub use problem::{PROBLEM_JSON, Problem};
pub use routes::description;
pub use server::{Frontend, Listening};
