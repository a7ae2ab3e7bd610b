//! Errors of a lake.

use std::path::PathBuf;

use guanxi_models::Offset;

use crate::store::StoreError;

/// Why a lake can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// A file or directory can't be used.
    #[error("can't use `{}`", path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// There is no lake to read.
    #[error("`{}` holds no lake: `guanxi export` writes one", path.display())]
    Absent {
        /// The directory.
        path: PathBuf,
    },
    /// The directory to write to holds something else.
    #[error("`{}` holds `{found}` and no lake: name an empty or a new directory", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// One of the things in it.
        found: String,
    },
    /// Another export writes to the lake.
    #[error("another export writes to `{}`: wait for its end, or name another directory", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The lake was written by another version of the schema.
    #[error(
        "the lake of `{}` has schema version {found}, and this guanxi knows version {known}: export to a new directory",
        path.display()
    )]
    Version {
        /// The manifest.
        path: PathBuf,
        /// The version that was found.
        found: u64,
        /// The version that this program reads and writes.
        known: u64,
    },
    /// The manifest or a part is not as it was written.
    #[error("`{}` {what}: the lake is damaged, export to a new directory", path.display())]
    Damaged {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        what: String,
    },
    /// The lake holds another log than the one to be exported.
    #[error(
        "the lake of `{}` was exported from another log, which differs at offset {offset}: name a new directory",
        path.display()
    )]
    OtherLog {
        /// The directory.
        path: PathBuf,
        /// The last offset of the lake.
        offset: Offset,
    },
    /// The log can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LakeError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    pub(super) fn damaged(path: impl Into<PathBuf>, what: impl std::fmt::Display) -> Self {
        Self::Damaged { path: path.into(), what: what.to_string() }
    }
}
