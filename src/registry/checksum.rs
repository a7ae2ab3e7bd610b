//! Checksums of files.

use std::fs::File;
use std::io;
use std::path::Path;

use super::error::Flaw;
use super::manifest::{Checksum, FileSum};
use crate::system::disk;
use crate::testing::seeded::{Defect, has};

/// The current size and checksum of a file.
pub(super) fn sum(directory: &Path, name: &str) -> io::Result<FileSum> {
    let (bytes, sum) = disk::xxh3(&mut File::open(directory.join(name))?)?;
    Ok(FileSum { name: name.to_owned(), bytes, checksum: Checksum::Xxh3(sum) })
}

/// Checks that a file is unchanged.
pub(super) fn verify(directory: &Path, expected: &FileSum) -> Result<(), Flaw> {
    let path = directory.join(&expected.name);
    let (bytes, is_as_written) =
        compare(&path, &expected.checksum).map_err(|error| unreadable(&error))?;
    if bytes != expected.bytes {
        return Err(Flaw::new(format!("has {bytes} bytes instead of {}", expected.bytes)));
    }
    if is_as_written || has(Defect::NoChecksum) {
        Ok(())
    } else {
        Err(Flaw::new("has another checksum"))
    }
}

/// The length of a file, and true if it has this checksum.
fn compare(path: &Path, expected: &Checksum) -> io::Result<(u64, bool)> {
    let mut file = File::open(path)?;
    let (bytes, sum) = match expected {
        Checksum::Xxh3(_) => disk::xxh3(&mut file)?,
        Checksum::Sha256(_) => disk::sum(&mut file)?,
    };
    Ok((bytes, sum == expected.as_str()))
}

fn unreadable(error: &io::Error) -> Flaw {
    match error.kind() {
        io::ErrorKind::NotFound => Flaw::new("is missing"),
        _ => Flaw::new(format!("can't be read: {error}")),
    }
}
