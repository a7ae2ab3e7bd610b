//! A sink that writes to a store, and skips what the store already has.

use std::collections::HashMap;

use guanxi_models::{Offset, Record, Relation, RelationKind};
use sha2::{Digest, Sha256};

use super::{Sink, SinkError, Written};
use crate::store::{self, Store, StoreError};

/// Half of a SHA-256: two different things never share it.
type Hash = u128;

/// Writes to a store and skips known records. The store knows events by their ids. An item, user or
/// relation that equals its latest record is not written again.
#[derive(Debug)]
pub struct StoreSink<'a> {
    store: &'a Store,
    /// The latest record of each thing; read when the first item, user or relation comes.
    current: Option<HashMap<Hash, Hash>>,
}

impl<'a> StoreSink<'a> {
    /// Writes to this store.
    pub fn new(store: &'a Store) -> Self {
        Self { store, current: None }
    }

    /// True if the log does not hold this record yet. It counts as held from now on.
    fn is_news(&mut self, record: &Record) -> Result<bool, StoreError> {
        let Some(key) = key(record) else { return Ok(true) };
        let body = body(record);
        if self.current.is_none() {
            self.current = Some(read_current(self.store)?);
        }
        let current = self.current.as_mut().expect("it was read just now");
        Ok(current.insert(key, body) != Some(body))
    }
}

impl Sink for StoreSink<'_> {
    fn write(&mut self, records: Vec<Record>) -> Result<Written, SinkError> {
        let mut written = Written::default();
        let mut news = Vec::with_capacity(records.len());
        for record in records {
            if self.is_news(&record)? {
                news.push(record);
            } else {
                written.duplicates += 1;
            }
        }
        if !news.is_empty() {
            self.store.append(&[news])?.iter().flatten().for_each(|outcome| written.count(outcome));
        }
        Ok(written)
    }
}

fn read_current(store: &Store) -> Result<HashMap<Hash, Hash>, StoreError> {
    let mut current = HashMap::new();
    for entry in store.read(Offset(0)) {
        match entry?.1 {
            Record::ItemDeleted { id } => drop(current.remove(&item_key(&id))),
            Record::UserDeleted { id } => {
                current.remove(&user_key(&id));
                // Its relations went with it, and which they were is not known here: all of them
                // may be written again.
                current.retain(|_, body| *body != RELATED);
            }
            Record::RelationDeleted(relation) => drop(current.remove(&relation_key(&relation))),
            other => current.extend(key(&other).map(|key| (key, body(&other)))),
        }
    }
    Ok(current)
}

/// The body of all relations: that one is there is all there is to say of it.
const RELATED: Hash = 1;

fn key(record: &Record) -> Option<Hash> {
    match record {
        Record::Item(item) => Some(item_key(&item.id)),
        Record::User(user) => Some(user_key(&user.id)),
        Record::Relation(relation) => Some(relation_key(relation)),
        _ => None,
    }
}

fn body(record: &Record) -> Hash {
    if matches!(record, Record::Relation(_)) { RELATED } else { hash(&[&store::bytes_of(record)]) }
}

fn item_key(id: &str) -> Hash {
    hash(&[b"item", id.as_bytes()])
}

fn user_key(id: &str) -> Hash {
    hash(&[b"user", id.as_bytes()])
}

/// Friends are friends of each other, whoever was named first.
fn relation_key(relation: &Relation) -> Hash {
    let Relation { from, kind, to, .. } = relation;
    let swap = *kind == RelationKind::Friend && from > to;
    let (from, to) = if swap { (to, from) } else { (from, to) };
    hash(&[b"relation", kind.name().as_bytes(), from.as_bytes(), to.as_bytes()])
}

/// No part but the last holds a zero byte.
fn hash(parts: &[&[u8]]) -> Hash {
    let digest = Sha256::digest(parts.join(&0));
    let half = digest.first_chunk().expect("a SHA-256 has 32 bytes");
    Hash::from_le_bytes(*half)
}
