//! Files that are there as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::LakeError;

/// Puts a file in its place after the disk has its bytes. Its name lasts once [`sync`] was called on the directory.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    let half = path.with_extension("new");
    let written = File::create(&half).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&half, path)
    });
    written.map_err(LakeError::io(path))
}

/// Waits until the disk has the names in a directory.
pub(super) fn sync(directory: &Path) -> Result<(), LakeError> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(LakeError::io(directory))
}

/// The SHA-256 of bytes in hexadecimal.
pub(super) fn sum_of(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// The SHA-256 of what is left of a file in hexadecimal.
pub(super) fn sum(file: &mut File) -> io::Result<String> {
    let mut hasher = Sha256::new();
    io::copy(file, &mut hasher)?;
    Ok(format!("{:x}", hasher.finalize()))
}
