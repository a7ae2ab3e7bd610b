//! The commands through their door: the executable, its arguments and its output.
//!
//! One test binary for all modules: linking is most of the time that a small test costs.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod bench;
mod cold;
mod import;
mod models;
mod train;
