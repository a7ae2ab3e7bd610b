//! Checks the numbers in the database's tables that could abort the process, before the database
//! reads them.
//!
//! A table ends with a list of its parts (`TOC!`, their number in 4 bytes, little endian, and more)
//! and a trailer: `SFA!`, two bytes, a checksum (16), the start of the list (8) and its length (8).
//! The database allocates memory for that number of parts before it verifies the checksum.
//!
//! The database does all other checks: it refuses a damaged table and removes incomplete ones after
//! a crash.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use guanxi_models::Offset;

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

/// True if the number of parts is plausible for the length of the list.
fn is_sound(table: &Path) -> io::Result<bool> {
    let mut file = File::open(table)?;
    let length = file.metadata()?.len();
    let Some(end) = length.checked_sub(TRAILER_BYTES as u64) else { return Ok(true) };
    let mut trailer = [0; TRAILER_BYTES];
    file.seek(SeekFrom::Start(end))?;
    file.read_exact(&mut trailer)?;
    let begin = trailer.strip_prefix(b"SFA!").and_then(|rest| rest.get(18..)?.first_chunk());
    let Some(begin) = begin.map(|begin| u64::from_le_bytes(*begin)) else { return Ok(true) };
    if begin.saturating_add(8) > end {
        return Ok(true);
    }
    let mut list = [0; 8];
    file.seek(SeekFrom::Start(begin))?;
    file.read_exact(&mut list)?;
    let [b'T', b'O', b'C', b'!', parts @ ..] = list else { return Ok(true) };
    Ok(u64::from(u32::from_le_bytes(parts)) <= end - begin)
}
