//! The last acknowledged offset, in `DIR/acknowledged`: 8 bytes of offset (little endian) and 4 of
//! its CRC-32.
//!
//! After a crash the database's journal may end with an unfinished write. So the database drops
//! everything from the first invalid byte on. A byte changed by the disk looks the same, and
//! acknowledged records behind it would be lost silently. This file detects that: it is written
//! after each append, so a log that ends earlier has lost records.
//!
//! The file is not synced. After a power failure it may be older than the log, which is safe.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use guanxi_models::Offset;

use super::StoreError;
use crate::system::disk;

const FILE: &str = "acknowledged";
const BYTES: usize = 12;

/// The open file.
#[derive(Debug)]
pub(super) struct Acknowledged(File);

impl Acknowledged {
    /// Opens or creates the file of a directory, and checks that a log which ends at `last` is
    /// complete.
    pub(super) fn open(directory: &Path, last: Offset) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).read(true).write(true).open(&path);
        let acknowledged = Self(file.map_err(StoreError::io(path))?);
        match acknowledged.offset() {
            Some(offset) if offset > last => Err(StoreError::Damaged {
                offset: last.next(),
                what: format!("the log ends before it, but was acknowledged through {offset}"),
            }),
            _ => Ok(acknowledged),
        }
    }

    /// Sets the offset to `last`, also if it was greater.
    pub(super) fn reset(directory: &Path, last: Offset) -> Result<(), StoreError> {
        let path = directory.join(FILE);
        disk::write_whole(&path, &bytes_of(last)).map_err(StoreError::io(path))
    }

    /// Records that every record through `last` is durable and will be acknowledged.
    ///
    /// A failure is logged and ignored, because the records themselves are safe.
    pub(super) fn advance(&self, last: Offset) {
        if let Err(error) = self.0.write_all_at(&bytes_of(last), 0) {
            tracing::warn!(%error, "`{FILE}` in the data directory can't be written");
        }
    }

    /// The offset of the file; none if it is new or damaged.
    fn offset(&self) -> Option<Offset> {
        let mut bytes = [0; BYTES];
        self.0.read_exact_at(&mut bytes, 0).ok()?;
        let offset = Offset(u64::from_le_bytes(*bytes.first_chunk()?));
        (bytes_of(offset) == bytes).then_some(offset)
    }
}

fn bytes_of(offset: Offset) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    let (number, crc) = bytes.split_at_mut(8);
    number.copy_from_slice(&offset.0.to_le_bytes());
    crc.copy_from_slice(&crc32fast::hash(number).to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::format::assert_golden;

    #[test]
    fn a_log_that_ends_too_early_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        Acknowledged::open(dir.path(), Offset(0)).unwrap().advance(Offset(5));
        let refused = Acknowledged::open(dir.path(), Offset(4));
        assert!(matches!(refused, Err(StoreError::Damaged { offset: Offset(5), .. })));
        Acknowledged::open(dir.path(), Offset(5)).unwrap();
        Acknowledged::open(dir.path(), Offset(6)).unwrap();
    }

    #[test]
    fn the_stored_shape_is_that_of_directories_of_both_versions() {
        let dir = tempfile::tempdir().unwrap();
        Acknowledged::open(dir.path(), Offset(0)).unwrap().advance(Offset(0x0102));
        let golden = include_bytes!("../../tests/formats/golden/directory/2/acknowledged");
        let written = std::fs::read(dir.path().join(FILE)).unwrap();
        assert_golden("acknowledged", 2, &written, golden);
    }

    #[test]
    fn a_damaged_file_claims_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), [255; BYTES]).unwrap();
        Acknowledged::open(dir.path(), Offset(0)).unwrap();
    }
}
