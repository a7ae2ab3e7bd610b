//! The HTTP API through its door: the real binary on a real socket.
//!
//! One test binary for all modules: linking is most of the time that a small test costs.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod bad_input;
mod docs;
mod examples;
mod lifecycle;
mod logs;
mod negative;
mod online;
mod operations;
mod replay;
mod scenarios;
mod swap;
mod untouched;
