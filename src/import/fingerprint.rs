//! What a file's content is called.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ImportError;

/// Bytes of the digest that are kept: 64 bits tell any number of files apart that one shop will ever have.
const KEPT: usize = 8;

/// The first 64 bits of the SHA-256 of a file's content, in hexadecimal.
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
    Ok(bytes.iter().take(KEPT).map(|byte| format!("{byte:02x}")).collect())
}
