//! The service: how a model is fed and served.
//!
//! The only code that touches disk, clock, socket and command line. Inside: `http -> serving -> {registry, store}`; `lake -> store`; `cli` -> all.

pub mod access;
#[cfg(test)]
mod arbitrary;
pub mod backup;
pub mod cli;
pub mod config;
mod disk;
mod foreign;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod guard;
pub mod http;
mod idle;
pub mod import;
pub mod ingest;
pub mod lake;
pub mod load;
mod memory;
mod page;
mod priority;
pub mod registry;
pub mod report_page;
mod seeded;
pub mod serving;
pub mod store;
mod strict_json;
pub mod telemetry;
