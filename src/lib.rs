//! The service: how a model is fed and served.
//!
//! The only code that touches disk, clock, socket and command line. ARCHITECTURE.md says which
//! folder may import which.

pub mod access;
pub mod backup;
pub mod cli;
pub mod config;
pub mod http;
pub mod import;
pub mod ingest;
pub mod job;
pub mod lake;
pub mod registry;
pub mod report;
pub mod serving;
pub mod store;
mod system;
pub mod telemetry;
pub mod testing;
mod untrusted;
