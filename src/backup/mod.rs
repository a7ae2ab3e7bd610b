//! Backups: the copy of a data directory at one moment, to be restored anywhere.
//!
//! ```text
//! BACKUP/backup.json                     format, time, last offset; size and SHA-256 of each file
//! BACKUP/log                             every record, in order
//! BACKUP/models/versions/<version>/...   the published models
//! BACKUP/models/manifests/<number>.json  the order of activation
//! BACKUP/keys.json                       the hashes of the keys, if there are any
//! ```
//!
//! The process that holds the directory sends the log, so a backup runs beside a server and does
//! not depend on the format of the database. A backup appears under its name once all of it is
//! durable, and so does a restored directory.

mod error;
mod manifest;
mod restore;
mod take;
#[cfg(test)]
mod tests;

pub use error::BackupError;
pub use manifest::{File, Manifest};
pub use restore::{restore, verify};
pub use take::take;
