//! The tables of the database, checked before the database reads them as far as a wrong number in them could end the process.
//!
//! A table ends with a list of its parts, `TOC!`, their number (4 bytes, little endian) and so on, and with a trailer: `SFA!`, two bytes,
//! XXH3-128 of the list (16), where the list begins (8) and its length (8). The database reserves memory for as many parts as it finds
//! before it looks at the checksum. What is no table to its end is left to it: it refuses one that it needs, and removes what a crash left.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use guanxi_models::Offset;
use xxhash_rust::xxh3::xxh3_128;

use super::StoreError;

const TRAILER_BYTES: usize = 38;

/// Checks the list of parts of each table of a keyspace.
pub(super) fn check(keyspace: &Path) -> Result<(), StoreError> {
    let folder = keyspace.join("tables");
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
    for entry in entries {
        let table = entry.map_err(StoreError::io(&folder))?.path();
        if !is_sound(&table).map_err(StoreError::io(&table))? {
            let what = format!("`{}` is not as it was written", table.display());
            return Err(StoreError::Damaged { offset: Offset(0), what });
        }
    }
    Ok(())
}

/// Whether the list of parts is as it was written, where there is one.
fn is_sound(table: &Path) -> io::Result<bool> {
    let mut file = File::open(table)?;
    let length = file.metadata()?.len();
    let Some(end) = length.checked_sub(TRAILER_BYTES as u64) else { return Ok(true) };
    let mut trailer = [0; TRAILER_BYTES];
    file.seek(SeekFrom::Start(end))?;
    file.read_exact(&mut trailer)?;
    let Some((checksum, begin)) = trailer_of(&trailer) else { return Ok(true) };
    let Some(bytes) = end.checked_sub(begin) else { return Ok(false) };
    let mut list = Vec::new();
    file.seek(SeekFrom::Start(begin))?;
    file.take(bytes).read_to_end(&mut list)?;
    Ok(xxh3_128(&list) == checksum)
}

/// The checksum of the list and its place.
fn trailer_of(bytes: &[u8; TRAILER_BYTES]) -> Option<(u128, u64)> {
    let rest = bytes.strip_prefix(b"SFA!")?.get(2..)?;
    let (checksum, rest) = rest.split_first_chunk()?;
    let begin = rest.first_chunk()?;
    Some((u128::from_le_bytes(*checksum), u64::from_le_bytes(*begin)))
}
