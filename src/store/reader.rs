//! Reads the log of a directory, whichever process holds it.

use std::path::{Path, PathBuf};

use guanxi_models::{Offset, Record};

use super::log_socket::RemoteLog;
use super::{Store, StoreError};

/// The log of a data directory: read directly, or through the process that holds the directory.
#[derive(Debug)]
pub enum LogReader {
    /// This process holds the directory.
    Own(Box<Store>),
    /// Another process holds it and serves the log.
    Remote {
        /// The path.
        directory: PathBuf,
        /// The last offset when the reader was opened.
        last: Offset,
    },
}

impl LogReader {
    /// Opens the log of an existing data directory.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.join("guanxi.json").exists() {
            return Err(StoreError::Foreign { path: path.to_owned() });
        }
        match Store::open(path) {
            Ok(store) => Ok(Self::Own(Box::new(store))),
            Err(locked @ StoreError::Locked { .. }) => {
                let remote = RemoteLog::connect(path, Offset(u64::MAX - 1)).map_err(|_| locked)?;
                Ok(Self::Remote { directory: path.to_owned(), last: remote.last })
            }
            Err(error) => Err(error),
        }
    }

    /// The offset of the last record.
    pub fn last(&self) -> Offset {
        match self {
            Self::Own(store) => store.last(),
            Self::Remote { last, .. } => *last,
        }
    }

    /// The records after an offset, in order, up to [`LogReader::last`] or beyond.
    #[allow(clippy::type_complexity, reason = "one of two iterators")]
    pub fn read(
        &self,
        after: Offset,
    ) -> Result<Box<dyn Iterator<Item = Result<(Offset, Record), StoreError>>>, StoreError> {
        match self {
            Self::Own(store) => Ok(Box::new(store.read(after))),
            Self::Remote { directory, .. } => Ok(Box::new(RemoteLog::connect(directory, after)?)),
        }
    }
}
