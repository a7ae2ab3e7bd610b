//! Checksums of files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::Flaw;
use super::manifest::FileSum;

/// The size and the checksum of a file as it is now.
pub(super) fn sum(directory: &Path, name: &str) -> io::Result<FileSum> {
    let mut file = File::open(directory.join(name))?;
    let (mut hasher, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        hasher.update(&chunk[..read]);
        bytes += read as u64;
    }
    Ok(FileSum { name: name.to_owned(), bytes, sha256: hex(&hasher.finalize()) })
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
    if found.sha256 == expected.sha256 { Ok(()) } else { Err(Flaw::new("has another checksum")) }
}

/// The SHA-256 of bytes in hexadecimal.
pub(super) fn sum_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string can't fail");
        text
    })
}
