//! The store of a directory that this process has for itself.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use guanxi_models::{Item, Offset, Record, User};

use super::acknowledged::Acknowledged;
use super::append::Append;
use super::codec::decode_record;
use super::directory::Directory;
use super::keyspaces::Keyspaces;
use super::log_socket::LogServer;
use super::{Outcome, StoreError, records};

/// A data directory, open for writing. Reads go on while one thread writes.
#[derive(Debug)]
pub struct Store {
    keyspaces: Keyspaces,
    last: AtomicU64,
    acknowledged: Acknowledged,
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
        let last = keyspaces.last()?;
        Ok(Self {
            keyspaces,
            last: AtomicU64::new(last.0),
            acknowledged: Acknowledged::open(path, last)?,
            poisoned: AtomicBool::new(false),
            appending: Mutex::new(()),
            directory,
        })
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
        self.acknowledged.advance(last);
        self.last.store(last.0, Ordering::Release);
        Ok(outcomes)
    }

    /// The offset of the last record; 0 for an empty log.
    pub fn last(&self) -> Offset {
        Offset(self.last.load(Ordering::Acquire))
    }

    /// The records after an offset up to the present [`Store::last`], in order.
    pub fn read(
        &self,
        after: Offset,
    ) -> impl Iterator<Item = Result<(Offset, Record), StoreError>> + use<> {
        records::decoded(&self.keyspaces, after, self.last())
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

    /// Moves what is in the journal into tables, as time does.
    #[cfg(test)]
    pub(super) fn flush(&self) {
        let Keyspaces { log, event_ids, items, users, relations, .. } = &self.keyspaces;
        for keyspace in [log, event_ids, items, users, relations] {
            keyspace.rotate_memtable_and_wait().unwrap();
        }
    }

    /// Gives the log to other processes for as long as the returned value lives.
    pub fn serve_log(&self) -> Result<LogServer, StoreError> {
        LogServer::start(self.directory.path(), self.keyspaces.clone())
    }
}

fn current(guard: fjall::Guard) -> Result<Record, StoreError> {
    decode_record(Offset(0), &guard.value()?)
}
