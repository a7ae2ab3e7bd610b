//! A data directory as it was at one moment, to be put back anywhere.
//!
//! ```text
//! BACKUP/backup.json                     what it is: format, time, last offset, size and SHA-256 of every other file
//! BACKUP/log                             every record, in order
//! BACKUP/models/versions/<version>/...   the models that were published
//! BACKUP/models/manifests/<number>.json  which of them was current
//! BACKUP/keys.json                       who may ask, if there are keys
//! ```
//!
//! The log is written through the process that holds the directory, so a backup runs beside a serving one; it does not depend on the
//! format of the database. A backup appears under its name when the disk has all of it, and so does a directory that is restored.

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
