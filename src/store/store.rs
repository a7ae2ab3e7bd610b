//! The store of a directory that this process has for itself.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use guanxi_models::{Item, Offset, Record, User};

use super::append::Append;
use super::codec::decode_record;
use super::directory::Directory;
use super::keyspaces::Keyspaces;
use super::log_socket::LogServer;
use super::{Outcome, StoreError};

/// A data directory, open for writing. Reads go on while one thread writes.
#[derive(Debug)]
pub struct Store {
    keyspaces: Keyspaces,
    last: AtomicU64,
    poisoned: AtomicBool,
    /// One append at a time.
    appending: Mutex<()>,
    directory: Directory,
}

impl Store {
    /// Opens a data directory, making it first where there is none.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let directory = Directory::open(path)?;
        let keyspaces = Keyspaces::open(&path.join("store"))?;
        let last = AtomicU64::new(keyspaces.last()?.0);
        let poisoned = AtomicBool::new(false);
        Ok(Self { keyspaces, last, poisoned, appending: Mutex::new(()), directory })
    }

    /// Appends all batches of `group` as one atomic write with one fsync, and says what became of every record.
    ///
    /// When it returns without an error, the records are on the disk. After an error nothing of the group is readable; whether it
    /// will be after a restart is unknown, and the store takes no more writes: [`StoreError::Poisoned`].
    pub fn append(&self, group: &[Vec<Record>]) -> Result<Vec<Vec<Outcome>>, StoreError> {
        let _one_at_a_time =
            self.appending.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.poisoned.load(Ordering::Acquire) {
            return Err(StoreError::Poisoned);
        }
        let mut append = Append::new(&self.keyspaces, self.last());
        let outcomes = group
            .iter()
            .map(|batch| batch.iter().map(|record| append.add(record)).collect())
            .collect::<Result<Vec<Vec<Outcome>>, StoreError>>()?;
        let last = append.commit().inspect_err(|_| self.poisoned.store(true, Ordering::Release))?;
        self.last.store(last.0, Ordering::Release);
        Ok(outcomes)
    }

    /// The offset of the last record; 0 for an empty log.
    pub fn last(&self) -> Offset {
        Offset(self.last.load(Ordering::Acquire))
    }

    /// The records after an offset, in order.
    pub fn read(
        &self,
        after: Offset,
    ) -> impl Iterator<Item = Result<(Offset, Record), StoreError>> + use<> {
        self.keyspaces.read(after)
    }

    /// All items as they are now, in the order of their ids.
    pub fn items(&self) -> impl Iterator<Item = Result<Item, StoreError>> + use<> {
        self.keyspaces.items.iter().filter_map(|guard| match current(guard) {
            Ok(Record::Item(item)) => Some(Ok(item)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// All described users as they are now, in the order of their ids.
    pub fn users(&self) -> impl Iterator<Item = Result<User, StoreError>> + use<> {
        self.keyspaces.users.iter().filter_map(|guard| match current(guard) {
            Ok(Record::User(user)) => Some(Ok(user)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// Gives the log to other processes for as long as the returned value lives.
    pub fn serve_log(&self) -> Result<LogServer, StoreError> {
        LogServer::start(self.directory.path(), self.keyspaces.clone())
    }
}

fn current(guard: fjall::Guard) -> Result<Record, StoreError> {
    decode_record(Offset(0), &guard.value()?)
}
