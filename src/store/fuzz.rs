//! Fuzz targets of the store, for [`crate::testing::fuzzing`].

use guanxi_models::{Offset, Record};

use super::format::{decode_record, encode_record};
use super::journal;

/// Decodes a record.
pub(crate) fn record(bytes: &[u8]) {
    drop(decode_record(Offset(1), bytes));
}

/// Finds the end of a journal.
pub(crate) fn journal(bytes: &[u8]) {
    journal::look_at(bytes);
}

/// A journal of one batch of one entry.
pub(crate) fn journal_seed() -> Vec<u8> {
    let entry =
        [&[2, 0, 0][..], &[0; 8], &[1, 0], &[1, 0, 0, 0], &[1, 0, 0, 0], b"k", b"v"].concat();
    let checksum = xxhash_rust::xxh3::xxh3_64(&entry).to_le_bytes();
    [&[1, 1, 0, 0, 0][..], &[0; 8], &entry, &[3], &checksum, b"FJL\x03", &[0; 64]].concat()
}

/// A record as the log stores it.
pub(crate) fn encoded(record: &Record) -> Vec<u8> {
    encode_record(record)
}

/// Checks that a record reads back as it was written.
pub(crate) fn round_trip(record: &Record) {
    let read = decode_record(Offset(1), &encode_record(record)).expect("it was just written");
    assert_eq!(read, *record);
}
