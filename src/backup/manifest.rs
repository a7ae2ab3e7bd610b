//! The content of `backup.json`.

use std::fs;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::BackupError;

/// The format of a backup. A higher one was written by a later guanxi.
pub(super) const FORMAT: u32 = 1;
pub(super) const NAME: &str = "backup.json";
pub(super) const LOG: &str = "log";

/// Everything about a backup but its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the backup.
    pub format: u32,
    /// The time of the backup, RFC 3339.
    pub created: String,
    /// The last offset of the log in it.
    pub last: u64,
    /// Every other file, with the way to it from the backup's directory.
    pub files: Vec<File>,
}

/// The size and the checksum of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its path in the backup.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Reads the manifest of a backup.
    pub(super) fn load(backup: &Path) -> Result<Self, BackupError> {
        let path = backup.join(NAME);
        let bytes =
            fs::read(&path).map_err(|_| BackupError::Foreign { path: backup.to_owned() })?;
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| {
            BackupError::Damaged { path: path.clone(), what: format!("can't be read: {error}") }
        })?;
        if manifest.format != FORMAT {
            return Err(BackupError::Version { found: manifest.format, known: FORMAT });
        }
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
