//! The log and its tables, on disk.
//!
//! A data directory has `guanxi.json` (its format), `lock` (its owner), `store/` (a fjall
//! database), `acknowledged` (the last acknowledged offset), `torn/` (incomplete writes cut off
//! after a crash) and `models/` (the registry).
//!
//! [`Store`] appends records in groups, each one atomic batch with one fsync. [`LogReader`] reads
//! the log of a directory that this process holds, or that another process serves through
//! `log.sock`. [`Store::check`] compares the log with its tables. [`repair`] rescues the readable
//! part of a damaged store.

mod acknowledged;
mod append;
mod check;
#[cfg(test)]
mod damage;
mod directory;
mod error;
mod format;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod journal;
mod keyspaces;
mod log_file;
mod log_socket;
mod reader;
mod records;
mod repair;
#[allow(clippy::module_inception, reason = "the noun of the folder")]
mod store;
mod tables;
#[cfg(test)]
mod tests;
mod versions;

use guanxi_models::{Offset, Record};

pub use check::Finding;
pub use directory::Directory;
pub use error::StoreError;
pub use log_file::restore_log;
pub use log_socket::LogServer;
pub use reader::LogReader;
pub use repair::{Repaired, repair};
pub use store::Store;

/// The outcome of writing one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the log.
    Stored(Offset),
    /// The same event with the same body is already in the log, at this offset.
    Duplicate(Offset),
    /// Another event of the same id is in the log, at this offset: nothing was written.
    Conflict(Offset),
}

/// A record as the log would hold it: equal records have equal bytes.
pub(crate) fn bytes_of(record: &Record) -> Vec<u8> {
    format::encode_record(record)
}
