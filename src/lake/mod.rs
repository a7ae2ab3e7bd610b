//! The lake: the log as Parquet files by day, for other tools.
//!
//! ```text
//! OUT/manifest.json                    the parts of the lake, and its last offset
//! OUT/records/day=2026-03-01/part-1-250000.parquet    one day of the offsets 1 to 250000
//! OUT/records/day=unknown/...          records without a day
//! OUT/lock                             held while an export runs
//! ```
//!
//! - The day is the UTC day of an event's `ts`. `day=unknown` holds events whose time is unknown
//!   (`ts` 0 in the log, null in the lake) or outside 1970 to 9999. It also holds items, users,
//!   relations and deletions, which have no time of their own.
//! - A part is sorted by offset, compressed with zstd, and never changed. Its columns are those of
//!   [`schema`].
//! - The manifest decides: a file that it does not name does not count, and the next export removes
//!   it. The manifest is replaced atomically once the parts are durable. An interrupted export
//!   therefore leaves the old lake, from which the next one continues.
//! - An export works in passes of [`ROWS_PER_PASS`] records and writes one part for each day of a
//!   pass, so a pass bounds the memory. [`read`] restores the order of the log pass by pass.
//! - A lake keeps the whole history: the deletion of a user or an item is one more record, and
//!   earlier records stay in the parts.

mod body;
mod columns;
mod day;
mod error;
mod export;
mod manifest;
mod part;
mod reader;
mod row;
#[cfg(test)]
mod tests;

use std::path::Path;

use guanxi_models::Offset;

pub use columns::schema;
pub use error::LakeError;
pub use export::{Exported, Lake, ROWS_PER_PASS};
pub use manifest::{Manifest, SCHEMA_VERSION};
pub use part::Part;
pub use reader::Records;

/// Every record of a lake, in the order of offsets, exactly as it stood in the log.
///
/// The lake may grow meanwhile: what it held at the call is read. The checksum of a part is
/// verified before its first record is given.
pub fn read(directory: &Path) -> Result<Records, LakeError> {
    Records::new(directory, &Manifest::load(directory)?)
}

/// The offset through which a lake holds the log.
pub fn through(directory: &Path) -> Result<Offset, LakeError> {
    Ok(Manifest::load(directory)?.through)
}
