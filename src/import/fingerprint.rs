//! The fingerprint of a file's content.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ImportError;

/// The first 64 bits of the SHA-256 of a file's content, in hexadecimal: enough for all the files
/// that one shop will ever have.
pub(super) fn fingerprint(path: &Path) -> Result<String, ImportError> {
    let mut file = File::open(path).map_err(ImportError::io(path))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(ImportError::io(path))?;
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
    }
    let bytes = digest.finalize();
    let first = bytes.first_chunk().expect("a SHA-256 has 32 bytes");
    Ok(format!("{:016x}", u64::from_be_bytes(*first)))
}
