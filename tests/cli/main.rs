//! Tests of the commands through the executable: its arguments, output and exit codes.
//!
//! All modules share one test binary, because linking dominates the cost of a small test.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod bench;
mod cold;
mod import;
mod models;
mod train;
