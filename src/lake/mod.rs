//! The log as Parquet files by day, for everybody's tools.
//!
//! ```text
//! OUT/manifest.json                              what the lake holds, and through which offset
//! OUT/records/day=2026-03-01/part-1-250000.parquet   the records of one day among the offsets 1 to 250000
//! OUT/records/day=unknown/...                    what has no day
//! OUT/lock                                       held while an export runs
//! ```
//!
//! - The day is the UTC day of an event's `ts`. `day=unknown` holds the events whose time is unknown (`ts` 0 in the log, null in the
//!   lake) or outside 1970 to 9999, and every record that is no event: items, users, relations and deletions have no time of their own.
//! - A part is sorted by offset, compressed with zstd, and never changed. Its columns are those of [`schema`].
//! - The manifest decides: a file that it does not name does not count, and goes with the next export. It is replaced as a whole after
//!   the parts are on the disk, so that an export that was interrupted left the old lake, and the next one goes on from there.
//! - An export works in passes of [`ROWS_PER_PASS`] records and writes one part for each day of a pass: memory is bounded by a pass.
//!   [`read`] puts the parts of one pass at a time back into the order of the log.
//! - A lake tells the whole story: that a user or an item was deleted is one more record, and what came before it stays in the parts.

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
/// The lake may grow meanwhile: what it held at the call is read. The checksum of a part is verified before its first record is given.
pub fn read(directory: &Path) -> Result<Records, LakeError> {
    Records::new(directory, &Manifest::load(directory)?)
}

/// The offset through which a lake holds the log.
pub fn through(directory: &Path) -> Result<Offset, LakeError> {
    Ok(Manifest::load(directory)?.through)
}
