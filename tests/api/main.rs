//! Tests of the HTTP API against the real executable on a real socket.
//!
//! All modules share one test binary, because linking dominates the cost of a small test.
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
