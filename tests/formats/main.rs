//! Files of every earlier version stay readable, and files of a later version are refused with
//! their format number.
//!
//! `v1/` holds a data directory and a backup of an earlier version. `golden/<kind>/<format>/` holds
//! the bytes of each kind of file in each format; unit tests beside the code read and write them.
//! Neither is ever regenerated.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod fixture;
mod later;
mod ready;
mod records;
mod shop;
#[path = "../support/mod.rs"]
mod support;
