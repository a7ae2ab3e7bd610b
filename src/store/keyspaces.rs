//! The tables of the database.
//!
//! | keyspace | key | value |
//! |---|---|---|
//! | `log` | offset, 8 bytes big endian | record, see `format` |
//! | `event_ids` | event id | offset, 8 bytes big endian, then 16 bytes of the body's hash |
//! | `items`, `users` | id | the latest record |
//! | `relations` | `from`, 0, kind, 0, `to` | empty |

use std::fs;
use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions};
use guanxi_models::{Offset, Relation};

use super::format::BodyHash;
use super::{StoreError, versions};
use crate::system::disk;
use crate::untrusted::panics::guarded;

#[derive(Clone)]
pub(super) struct Keyspaces {
    pub(super) database: Database,
    pub(super) log: Keyspace,
    pub(super) event_ids: Keyspace,
    pub(super) items: Keyspace,
    pub(super) users: Keyspace,
    pub(super) relations: Keyspace,
}

impl std::fmt::Debug for Keyspaces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyspaces")
    }
}

impl Keyspaces {
    /// Creates an empty database. It gets its name only when it is complete, because a partial one
    /// can't be opened.
    pub(super) fn make(path: &Path) -> Result<(), StoreError> {
        let half = path.with_extension("unfinished");
        drop(fs::remove_dir_all(&half));
        drop(Self::open(&half)?);
        let placed = disk::sync_all_below(&half).and_then(|()| disk::place(&half, path));
        placed.map_err(StoreError::io(path))
    }

    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        versions::check(path)?;
        let database = open_database(path)?;
        let keyspace = |name: &str| database.keyspace(name, KeyspaceCreateOptions::default);
        Ok(Self {
            log: keyspace("log")?,
            event_ids: keyspace("event_ids")?,
            items: keyspace("items")?,
            users: keyspace("users")?,
            relations: keyspace("relations")?,
            database,
        })
    }

    /// The offset of the last record.
    pub(super) fn last(&self) -> Result<Offset, StoreError> {
        match self.log.last_key_value() {
            Some(guard) => offset_of(&guard.key()?),
            None => Ok(Offset(0)),
        }
    }

    /// The offset of an event id in the log, and the hash of its body.
    pub(super) fn event(&self, id: &str) -> Result<Option<(Offset, BodyHash)>, StoreError> {
        let Some(value) = self.event_ids.get(id)? else { return Ok(None) };
        let split = value.split_first_chunk::<8>();
        let hash = split.and_then(|(_, rest)| BodyHash::try_from(rest).ok());
        match (split, hash) {
            (Some((offset, _)), Some(hash)) => {
                Ok(Some((Offset(u64::from_be_bytes(*offset)), hash)))
            }
            _ => Err(StoreError::Damaged {
                offset: Offset(0),
                what: format!("the index entry of event `{id}` has {} bytes", value.len()),
            }),
        }
    }
}

/// The database panics on unexpected content of its files. The panic becomes an error.
fn open_database(path: &Path) -> Result<Database, StoreError> {
    // Every append does its own fsync, so the journal needs no periodic flush.
    let open = || Database::builder(path).manual_journal_persist(true).open();
    let opened =
        guarded(open).map_err(|text| StoreError::Database(format!("damaged files: {text}")));
    Ok(opened??)
}

/// The key of an offset in the log.
pub(super) fn key_of(offset: Offset) -> [u8; 8] {
    offset.0.to_be_bytes()
}

/// The offset of a key in the log.
pub(super) fn offset_of(key: &[u8]) -> Result<Offset, StoreError> {
    let bytes = <[u8; 8]>::try_from(key).map_err(|_| StoreError::Damaged {
        offset: Offset(0),
        what: format!("a key of {} bytes is no offset", key.len()),
    })?;
    Ok(Offset(u64::from_be_bytes(bytes)))
}

/// The key of a relation. Ids contain no zero byte.
pub(super) fn relation_key(relation: &Relation) -> Vec<u8> {
    let Relation { from, kind, to, .. } = relation;
    [from.as_bytes(), kind.name().as_bytes(), to.as_bytes()].join(&0)
}
