//! Checksums of files.

use std::fs::File;
use std::io;
use std::path::Path;

use super::error::Flaw;
use super::manifest::FileSum;
use crate::disk;
use crate::seeded::{Defect, has};

/// The size and the checksum of a file as it is now.
pub(super) fn sum(directory: &Path, name: &str) -> io::Result<FileSum> {
    let (bytes, sha256) = disk::sum(&mut File::open(directory.join(name))?)?;
    Ok(FileSum { name: name.to_owned(), bytes, sha256 })
}

/// Makes sure that a file is as it was written.
pub(super) fn verify(directory: &Path, expected: &FileSum) -> Result<(), Flaw> {
    let found = sum(directory, &expected.name).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Flaw::new("is missing"),
        _ => Flaw::new(format!("can't be read: {error}")),
    })?;
    if found.bytes != expected.bytes {
        let (is, was) = (found.bytes, expected.bytes);
        return Err(Flaw::new(format!("has {is} bytes instead of {was}")));
    }
    if found.sha256 == expected.sha256 || has(Defect::NoChecksum) {
        Ok(())
    } else {
        Err(Flaw::new("has another checksum"))
    }
}
