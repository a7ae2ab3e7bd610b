//! Checks the database's lists of its own files before the database reads them.
//!
//! In the folder of each keyspace, `current` names the current list `v<number>`: the number (8
//! bytes, little endian), XXH3-128 of the list (16), 0. The database writes the checksum but
//! doesn't verify it. A changed byte in a list could be read as a size, and an allocation of that
//! size aborts the process.

use std::fs;
use std::path::Path;

use guanxi_models::Offset;
use xxhash_rust::xxh3::xxh3_128;

use super::{StoreError, tables};

const CURRENT_BYTES: usize = 25;

/// Checks the list of each keyspace below the database's folder, and its tables.
pub(super) fn check(database: &Path) -> Result<(), StoreError> {
    let keyspaces = database.join("keyspaces");
    if !keyspaces.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(&keyspaces).map_err(StoreError::io(&keyspaces))? {
        let keyspace = entry.map_err(StoreError::io(&keyspaces))?.path();
        check_keyspace(&keyspace)?;
        tables::check(&keyspace)?;
    }
    Ok(())
}

fn check_keyspace(keyspace: &Path) -> Result<(), StoreError> {
    let current = keyspace.join("current");
    if !current.exists() {
        // A keyspace that is being created. Otherwise the database reports the missing file.
        return Ok(());
    }
    let bytes = fs::read(&current).map_err(StoreError::io(&current))?;
    let bytes = <[u8; CURRENT_BYTES]>::try_from(bytes).map_err(|_| damaged(&current))?;
    let (number, checksum) = bytes.split_first_chunk::<8>().ok_or_else(|| damaged(&current))?;
    let list = keyspace.join(format!("v{}", u64::from_le_bytes(*number)));
    let content = fs::read(&list).map_err(StoreError::io(&list))?;
    if checksum[..16] == xxh3_128(&content).to_le_bytes() && checksum[16] == 0 {
        return Ok(());
    }
    Err(damaged(&list))
}

fn damaged(file: &Path) -> StoreError {
    let what = format!("`{}` is not as it was written", file.display());
    StoreError::Damaged { offset: Offset(0), what }
}
