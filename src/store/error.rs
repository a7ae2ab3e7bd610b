//! What can go wrong with a data directory.

use std::path::PathBuf;

use guanxi_models::Offset;

/// Why the store can't be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or directory can't be used.
    #[error("can't use `{}`", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The directory holds something else.
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
        /// The version that was found.
        found: u32,
        /// The last version that this program reads.
        known: u32,
    },
    /// Another process has the directory.
    #[error("`{}` is in use by process {holder}: stop it, or name another directory", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// The process that has it, as it wrote itself down; empty if it had no time to.
        holder: String,
    },
    /// The log or an index is damaged.
    #[error(
        "the log is damaged at offset {offset}: {what}; `guanxi check` says what can be read, `guanxi repair` keeps that, and \
         `guanxi restore` brings a backup"
    )]
    Damaged {
        /// Where.
        offset: Offset,
        /// What is wrong there.
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
        /// What of it this program doesn't know.
        what: String,
        /// The highest format version that this program reads.
        known: u8,
    },
    /// The disk is nearly full. Nothing was written, and writing goes on by itself once there is room.
    #[error(
        "the disk of the data directory has {free} bytes left, and `data.min_free_bytes` keeps {min_free}: make room on it"
    )]
    Full {
        /// What is left, in bytes.
        free: u64,
        /// What must be left.
        min_free: u64,
    },
    /// An fsync failed before: nobody knows what is on the disk, so nothing more is written.
    #[error("writing failed before and the disk can't be trusted: check the disk, then restart")]
    Poisoned,
    /// The database below reports an error.
    #[error("the database in the data directory reports {0}")]
    Database(String),
    /// The process that holds the directory broke the connection or spoke nonsense.
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
