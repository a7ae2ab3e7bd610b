//! One group of batches as one atomic write.

use std::collections::HashMap;

use fjall::{OwnedWriteBatch, PersistMode};
use guanxi_models::{Event, Offset, Record};

use super::format::{BodyHash, body_hash, encode_record};
use super::keyspaces::{Keyspaces, key_of, relation_key};
use super::{Outcome, StoreError};
use crate::testing::seeded::{Defect, has};

/// A pending write. Nothing of it is visible before [`Append::commit`].
pub(super) struct Append<'a> {
    keyspaces: &'a Keyspaces,
    batch: OwnedWriteBatch,
    last: Offset,
    /// The event ids of this write, which are not in the index yet.
    ids: HashMap<String, (Offset, BodyHash)>,
}

impl<'a> Append<'a> {
    pub(super) fn new(keyspaces: &'a Keyspaces, last: Offset) -> Self {
        let durability =
            if has(Defect::NoFsync) { PersistMode::Buffer } else { PersistMode::SyncAll };
        let batch = keyspaces.database.batch().durability(Some(durability));
        Self { keyspaces, batch, last, ids: HashMap::new() }
    }

    /// Adds a record, unless it is an event that is already stored.
    pub(super) fn add(&mut self, record: &Record) -> Result<Outcome, StoreError> {
        if let Record::Event(event) = record {
            let hash = body_hash(event);
            if let Some(outcome) = self.known(event, hash)? {
                return Ok(outcome);
            }
            self.index(event, hash);
        }
        let encoded = encode_record(record);
        self.last = self.last.next();
        self.tables(record, &encoded);
        self.batch.insert(&self.keyspaces.log, key_of(self.last), encoded);
        Ok(Outcome::Stored(self.last))
    }

    /// Writes all records in one batch with an fsync. Returns the last offset.
    pub(super) fn commit(self) -> Result<Offset, StoreError> {
        self.batch.commit()?;
        Ok(self.last)
    }

    fn known(&self, event: &Event, hash: BodyHash) -> Result<Option<Outcome>, StoreError> {
        let known = match self.ids.get(&event.event_id) {
            Some(&known) => Some(known),
            None => self.keyspaces.event(&event.event_id)?,
        };
        Ok(known.map(|(offset, known_hash)| {
            if known_hash == hash { Outcome::Duplicate(offset) } else { Outcome::Conflict(offset) }
        }))
    }

    fn index(&mut self, event: &Event, hash: BodyHash) {
        let offset = self.last.next();
        let mut value = key_of(offset).to_vec();
        value.extend_from_slice(&hash);
        self.batch.insert(&self.keyspaces.event_ids, event.event_id.as_str(), value);
        self.ids.insert(event.event_id.clone(), (offset, hash));
    }

    /// Updates the tables of current items, users and relations.
    fn tables(&mut self, record: &Record, encoded: &[u8]) {
        let Self { keyspaces, batch, .. } = self;
        match record {
            Record::Event(_) => (),
            Record::Item(item) => batch.insert(&keyspaces.items, item.id.as_str(), encoded),
            Record::ItemDeleted { id } => batch.remove(&keyspaces.items, id.as_str()),
            Record::User(user) => batch.insert(&keyspaces.users, user.id.as_str(), encoded),
            Record::UserDeleted { id } => batch.remove(&keyspaces.users, id.as_str()),
            Record::Relation(relation) => {
                batch.insert(&keyspaces.relations, relation_key(relation), []);
            }
            Record::RelationDeleted(relation) => {
                batch.remove(&keyspaces.relations, relation_key(relation));
            }
        }
    }
}
