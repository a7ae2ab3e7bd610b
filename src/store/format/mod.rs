//! Records as bytes: one byte of format version, four of CRC-32 (little endian), then the record as
//! that version writes it.
//!
//! | version | the record | the CRC-32 covers |
//! |---|---|---|
//! | 1 | [`v1`]: postcard, the fields in order; read for ever, never written again | the record |
//! | 2 | [`v2`]: CBOR, the fields by number | the version, then the record |
//!
//! Later versions keep the first five bytes and the rule of version 2 for the CRC-32. So a record
//! of a later guanxi can be distinguished from a damaged one. See [`Unreadable`].

mod body_hash;
mod code;
#[cfg(test)]
mod tests;
mod v1;
mod v2;

use guanxi_models::{Offset, Record};

use super::StoreError;
use crate::testing::seeded::{Defect, has};

pub(super) use body_hash::{BodyHash, body_hash};

/// The format of written records, and the newest that is read.
const VERSION: u8 = 2;
const HEADER: usize = 5;

/// The reason why bytes can't be read as a record.
#[derive(Debug, PartialEq, Eq)]
enum Unreadable {
    /// The bytes have changed since they were written.
    Damaged(String),
    /// A later guanxi wrote them. The text names the unknown part.
    ///
    /// Unknown parts are never skipped, because `restore`, `repair` and `PATCH` rewrite records and
    /// would lose them.
    Newer(String),
}

impl Unreadable {
    fn at(self, offset: Offset) -> StoreError {
        match self {
            Self::Damaged(what) => StoreError::Damaged { offset, what },
            Self::Newer(what) => StoreError::Newer { offset, what, known: VERSION },
        }
    }
}

/// A record as the log stores it.
pub(super) fn encode_record(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend_from_slice(&[VERSION, 0, 0, 0, 0]);
    v2::write(record, &mut bytes);
    let crc = checksum(VERSION, &bytes[HEADER..]);
    bytes[1..HEADER].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Decodes a record.
///
/// # Errors
/// [`StoreError::Damaged`] at `offset` if the checksum or the shape is wrong, [`StoreError::Newer`]
/// if a later guanxi wrote it.
pub(super) fn decode_record(offset: Offset, bytes: &[u8]) -> Result<Record, StoreError> {
    read(bytes).map_err(|unreadable| unreadable.at(offset))
}

fn read(bytes: &[u8]) -> Result<Record, Unreadable> {
    let Some((header, body)) = bytes.split_first_chunk::<HEADER>() else {
        let what = format!("a record of {} bytes is too short", bytes.len());
        return Err(Unreadable::Damaged(what));
    };
    let [version, crc @ ..] = *header;
    if u32::from_le_bytes(crc) != checksum(version, body) && !has(Defect::NoChecksum) {
        return Err(Unreadable::Damaged("the checksum does not match".to_owned()));
    }
    match version {
        1 => v1::read(body),
        2 => v2::read(body),
        0 => Err(Unreadable::Damaged("format version 0 never was".to_owned())),
        later => Err(Unreadable::Newer(format!("has format version {later}"))),
    }
}

/// A whole record of a version, whatever it says.
#[cfg(test)]
pub(super) fn of_version(version: u8) -> Vec<u8> {
    let body = [1, 2, 3];
    [&[version][..], &checksum(version, &body).to_le_bytes(), &body].concat()
}

fn checksum(version: u8, body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    if version != 1 {
        crc.update(&[version]);
    }
    crc.update(body);
    crc.finalize()
}
