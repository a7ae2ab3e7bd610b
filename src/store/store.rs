//! The store of a directory that this process holds.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use guanxi_models::{Item, Offset, Record, User};

use super::acknowledged::Acknowledged;
use super::append::Append;
use super::directory::Directory;
use super::format::decode_record;
use super::journal;
use super::keyspaces::Keyspaces;
use super::log_socket::LogServer;
use super::{Outcome, StoreError, records};

/// A data directory, open for writing. Reads continue while one thread writes.
#[derive(Debug)]
pub struct Store {
    pub(super) keyspaces: Keyspaces,
    last: AtomicU64,
    acknowledged: Acknowledged,
    poisoned: AtomicBool,
    /// Writes are refused while the disk has less free space than this, in bytes.
    min_free: AtomicU64,
    /// One append at a time.
    appending: Mutex<()>,
    directory: Directory,
}

impl Store {
    /// Opens a data directory, and creates it if there is none.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let directory = Directory::open(path)?;
        let database = path.join("store");
        if !database.exists() {
            Keyspaces::make(&database)?;
        }
        if let Some(torn) = journal::check(&database, &path.join("torn"))? {
            let (bytes, kept) = (torn.bytes, torn.kept.display());
            tracing::warn!(bytes, %kept, "an unfinished write at the end of the log was cut off");
        }
        let keyspaces = Keyspaces::open(&database)?;
        let last = keyspaces.last()?;
        Ok(Self {
            keyspaces,
            last: AtomicU64::new(last.0),
            acknowledged: Acknowledged::open(path, last)?,
            poisoned: AtomicBool::new(false),
            min_free: AtomicU64::new(0),
            appending: Mutex::new(()),
            directory,
        })
    }

    /// Appends all batches of `group` as one atomic write with one fsync. Returns the outcome of
    /// every record.
    ///
    /// On success the records are durable. After an error nothing of the group is readable, but it
    /// may be after a restart. The store then refuses all writes: [`StoreError::Poisoned`].
    pub fn append(&self, group: &[Vec<Record>]) -> Result<Vec<Vec<Outcome>>, StoreError> {
        let _one_at_a_time =
            self.appending.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.trouble().map_or(Ok(()), Err)?;
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

    /// Refuses writes while the disk has less than `bytes` of free space.
    ///
    /// A database that runs out of space during a write needs a restart. One that stops earlier
    /// only needs free space.
    pub fn keep_free(&self, bytes: u64) {
        self.min_free.store(bytes, Ordering::Relaxed);
    }

    /// The reason why writes are refused now, if so: [`StoreError::Poisoned`] or
    /// [`StoreError::Full`].
    pub fn trouble(&self) -> Option<StoreError> {
        if self.poisoned.load(Ordering::Acquire) {
            return Some(StoreError::Poisoned);
        }
        let min_free = self.min_free.load(Ordering::Relaxed);
        // A file system that doesn't report its free space fails when it is full.
        let free = rustix::fs::statvfs(self.directory.path()).ok()?;
        let free = free.f_bavail.saturating_mul(free.f_frsize);
        (free < min_free).then_some(StoreError::Full { free, min_free })
    }

    /// The offset of the last record; 0 for an empty log.
    pub fn last(&self) -> Offset {
        Offset(self.last.load(Ordering::Acquire))
    }

    /// The records after an offset up to [`Store::last`], in order.
    pub fn read(
        &self,
        after: Offset,
    ) -> impl Iterator<Item = Result<(Offset, Record), StoreError>> + use<> {
        records::decoded(&self.keyspaces, after, self.last())
    }

    /// All current items, in the order of their ids.
    pub fn items(&self) -> impl Iterator<Item = Result<Item, StoreError>> + use<> {
        self.keyspaces.items.iter().filter_map(|guard| match current(guard) {
            Ok(Record::Item(item)) => Some(Ok(item)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// All current users with a record, in the order of their ids.
    pub fn users(&self) -> impl Iterator<Item = Result<User, StoreError>> + use<> {
        self.keyspaces.users.iter().filter_map(|guard| match current(guard) {
            Ok(Record::User(user)) => Some(Ok(user)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// Moves the journal into tables, as happens in the background with time.
    #[cfg(test)]
    pub(super) fn flush(&self) {
        let Keyspaces { log, event_ids, items, users, relations, .. } = &self.keyspaces;
        for keyspace in [log, event_ids, items, users, relations] {
            keyspace.rotate_memtable_and_wait().unwrap();
        }
    }

    /// Serves the log to other processes while the returned value lives.
    pub fn serve_log(&self) -> Result<LogServer, StoreError> {
        LogServer::start(self.directory.path(), self.keyspaces.clone())
    }
}

fn current(guard: fjall::Guard) -> Result<Record, StoreError> {
    decode_record(Offset(0), &guard.value()?)
}
