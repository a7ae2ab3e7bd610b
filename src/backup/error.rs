//! Errors of a backup.

use std::path::PathBuf;

use crate::registry::RegistryError;
use crate::store::StoreError;

/// Why a backup can't be taken, verified or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or directory can't be used.
    #[error("can't use `{}`", path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// The name is taken.
    #[error("`{}` is there already: name a directory that is not", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// The directory is no backup.
    #[error("`{}` is no backup: `guanxi backup` writes one", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
    },
    /// The backup was written by a later format.
    #[error(
        "the backup has format {found}, and this guanxi reads formats up to {known}: use the guanxi that wrote it"
    )]
    Version {
        /// The format that was found.
        found: u32,
        /// The last format that this program reads.
        known: u32,
    },
    /// A file of the backup is not as it was written.
    #[error("`{}` {what}: the backup is damaged, use another one", path.display())]
    Damaged {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        what: String,
    },
    /// The log can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The models can't be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl BackupError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
