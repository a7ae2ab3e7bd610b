//! Files of every earlier guanxi stay readable, and those of a later one are refused by their
//! number.
//!
//! `v1/` holds a data directory and a backup of an earlier guanxi. `golden/<kind>/<format>/` holds
//! bytes of each kind of file in each of its formats, which the unit tests beside the code read and
//! write. Neither is ever made anew.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod fixture;
mod later;
mod ready;
mod records;
mod shop;
#[path = "../support/mod.rs"]
mod support;
