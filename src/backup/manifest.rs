//! The content of `backup.json`.

use std::fs;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::BackupError;
use crate::system::format::{FormatError, json_format};

/// The format of a backup, which covers the file `log` in it.
///
/// | format | differs |
/// |---|---|
/// | 2 | the log holds records from format 2 on |
/// | 1 | |
const FORMAT: u32 = 2;
pub(super) const NAME: &str = "backup.json";
pub(super) const LOG: &str = "log";

/// Everything about a backup but its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The time of the backup, RFC 3339.
    pub created: String,
    /// The last offset of the log in it.
    pub last: u64,
    /// Every other file, with the way to it from the backup's directory.
    pub files: Vec<File>,
}

/// The size and the checksum of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the backup.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// `backup.json` as it stands on the disk.
#[derive(Serialize, Deserialize)]
struct StoredManifest {
    format: u32,
    created: String,
    last: u64,
    files: Vec<StoredFile>,
}

#[derive(Serialize, Deserialize)]
struct StoredFile {
    path: String,
    bytes: u64,
    sha256: String,
}

impl Manifest {
    /// The bytes of `backup.json`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let Self { created, last, files } = self.clone();
        let files = files.into_iter().map(|File { path, bytes, sha256 }| StoredFile {
            path,
            bytes,
            sha256,
        });
        let stored = StoredManifest { format: FORMAT, created, last, files: files.collect() };
        serde_json::to_vec_pretty(&stored).expect("a manifest is plain data")
    }

    fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        json_format(bytes, None, FORMAT)?;
        let StoredManifest { created, last, files, .. } = serde_json::from_slice(bytes)?;
        let files = files.into_iter().map(|StoredFile { path, bytes, sha256 }| File {
            path,
            bytes,
            sha256,
        });
        Ok(Self { created, last, files: files.collect() })
    }

    /// Reads the manifest of a backup.
    pub(super) fn load(backup: &Path) -> Result<Self, BackupError> {
        let path = backup.join(NAME);
        let bytes =
            fs::read(&path).map_err(|_| BackupError::Foreign { path: backup.to_owned() })?;
        let manifest = Self::decode(&bytes).map_err(|error| match error {
            FormatError::Later { found, known } => BackupError::Version { found, known },
            FormatError::Damaged(what) => {
                BackupError::Damaged { path: path.clone(), what: format!("can't be read: {what}") }
            }
        })?;
        match manifest.files.iter().find(|file| !file.stays_inside()) {
            Some(file) => {
                let what = format!("names `{}`, which is no way inside", file.path);
                Err(BackupError::Damaged { path, what })
            }
            None => Ok(manifest),
        }
    }
}

impl File {
    /// True if the path stays inside the backup.
    fn stays_inside(&self) -> bool {
        Path::new(&self.path).components().all(|part| matches!(part, Component::Normal(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::format::assert_golden;

    const FORMATS: [(u32, &[u8]); 2] = [
        (1, include_bytes!("../../tests/formats/golden/backup/1/backup.json")),
        (2, include_bytes!("../../tests/formats/golden/backup/2/backup.json")),
    ];

    fn manifest() -> Manifest {
        let file = File { path: LOG.to_owned(), bytes: 275_489, sha256: "9e".repeat(32) };
        Manifest { created: "2026-11-30T16:42:00Z".to_owned(), last: 5747, files: vec![file] }
    }

    #[test]
    fn a_backup_is_written_as_its_golden_bytes() {
        assert_golden("backup", FORMAT, &manifest().encode(), FORMATS[1].1);
    }

    #[test]
    fn every_format_of_a_backup_is_read() {
        for (format, bytes) in FORMATS {
            assert_eq!(Manifest::decode(bytes), Ok(manifest()), "format {format}");
        }
    }
}
