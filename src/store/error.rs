//! Errors of a data directory.

use std::path::PathBuf;

use guanxi_models::Offset;

/// The reason why the store can't be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or directory can't be used.
    #[error("can't use `{}`", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// The directory has other content.
    #[error(
        "`{}` is not a guanxi data directory: name an empty or a new one with `--data`",
        path.display()
    )]
    Foreign {
        /// The directory.
        path: PathBuf,
    },
    /// The directory was written by a later guanxi.
    #[error(
        "the data in `{}` has format version {found}, and this guanxi reads versions up to {known}: use the guanxi that wrote it",
        path.display()
    )]
    Version {
        /// The directory.
        path: PathBuf,
        /// The version found.
        found: u32,
        /// The newest version that this program reads.
        known: u32,
    },
    /// Another process holds the directory.
    #[error("`{}` is in use by process {holder}: stop it, or name another directory", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// The process id that the holder wrote; empty if it has not written yet.
        holder: String,
    },
    /// The log or an index is damaged.
    #[error(
        "the log is damaged at offset {offset}: {what}; `guanxi check` says what can be read, `guanxi repair` keeps that, and \
         `guanxi restore` brings a backup"
    )]
    Damaged {
        /// The offset.
        offset: Offset,
        /// The kind of damage.
        what: String,
    },
    /// A later guanxi wrote part of the log.
    #[error(
        "a newer guanxi wrote the log: the record at offset {offset} {what}, and this guanxi reads format versions 1 to {known} as it \
         knows them; start the newer guanxi"
    )]
    Newer {
        /// The first such record.
        offset: Offset,
        /// The part that this program doesn't know.
        what: String,
        /// The newest format version that this program reads.
        known: u8,
    },
    /// The disk is nearly full. Nothing was written; writing continues once there is space.
    #[error(
        "the disk of the data directory has {free} bytes left, and `data.min_free_bytes` keeps {min_free}: make room on it"
    )]
    Full {
        /// The free space, in bytes.
        free: u64,
        /// The required free space, in bytes.
        min_free: u64,
    },
    /// An earlier fsync failed. The state of the disk is unknown, so nothing more is written.
    #[error("writing failed before and the disk can't be trusted: check the disk, then restart")]
    Poisoned,
    /// The embedded database reported an error.
    #[error("the database in the data directory reports {0}")]
    Database(String),
    /// The process that holds the directory closed the connection or sent invalid data.
    #[error("the process that holds the data directory can't be read from: {0}")]
    Remote(String),
}

impl StoreError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

impl From<fjall::Error> for StoreError {
    fn from(error: fjall::Error) -> Self {
        match error {
            fjall::Error::Poisoned => Self::Poisoned,
            other => Self::Database(format!("{other:?}")),
        }
    }
}
