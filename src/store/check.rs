//! Compares the tables with the log.

use std::collections::HashMap;

use fjall::Keyspace;
use guanxi_models::{Offset, Record};
use xxhash_rust::xxh3::xxh3_64;

use super::format::body_hash;
use super::keyspaces::{Keyspaces, relation_key};
use super::{Store, StoreError, format, records};

/// A difference between a table and the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding(String);

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Store {
    /// Reads every record of the log, and compares it with the tables: the index of event ids,
    /// items, users and relations. Returns the differences. Memory: about 50 bytes a key.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] at the first offset that can't be read.
    pub fn check(&self) -> Result<Vec<Finding>, StoreError> {
        let mut expected = Expected::default();
        for entry in records::encoded(&self.keyspaces, Offset(0), self.last()) {
            let (offset, bytes) = entry?;
            let record = format::decode_record(offset, &bytes)?;
            expected.take(&self.keyspaces, offset, &record, &bytes)?;
        }
        expected.compare(&self.keyspaces)
    }
}

/// The hash of each value by the hash of its key. 64 bits are enough for a check, and save memory.
type Table = HashMap<u64, u64>;

/// The state by the log.
#[derive(Default)]
struct Expected {
    findings: Vec<Finding>,
    events: usize,
    items: Table,
    users: Table,
    relations: Table,
}

impl Expected {
    fn take(
        &mut self,
        keyspaces: &Keyspaces,
        offset: Offset,
        record: &Record,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let value = xxh3_64(bytes);
        let key = |id: &str| xxh3_64(id.as_bytes());
        match record {
            Record::Event(event) => {
                self.events += 1;
                let found = keyspaces.event(&event.event_id)?;
                if found != Some((offset, body_hash(event))) {
                    let what = format!("the index of event ids is wrong about offset {offset}");
                    self.findings.push(Finding(what));
                }
            }
            Record::Item(item) => drop(self.items.insert(key(&item.id), value)),
            Record::ItemDeleted { id } => drop(self.items.remove(&key(id))),
            Record::User(user) => drop(self.users.insert(key(&user.id), value)),
            Record::UserDeleted { id } => drop(self.users.remove(&key(id))),
            Record::Relation(relation) => {
                self.relations.insert(xxh3_64(&relation_key(relation)), xxh3_64(&[]));
            }
            Record::RelationDeleted(relation) => {
                self.relations.remove(&xxh3_64(&relation_key(relation)));
            }
        }
        Ok(())
    }

    fn compare(self, keyspaces: &Keyspaces) -> Result<Vec<Finding>, StoreError> {
        let mut findings = self.findings;
        let indexed = keyspaces.event_ids.len()?;
        if indexed != self.events {
            let what =
                format!("the index has {indexed} event ids, and the log {} events", self.events);
            findings.push(Finding(what));
        }
        let tables = [
            ("items", &keyspaces.items, self.items),
            ("users", &keyspaces.users, self.users),
            ("relations", &keyspaces.relations, self.relations),
        ];
        for (name, keyspace, expected) in tables {
            let wrong = differences(keyspace, expected)?;
            if wrong > 0 {
                findings.push(Finding(format!("the table of {name} is wrong about {wrong}")));
            }
        }
        Ok(findings)
    }
}

/// The number of extra, missing and different keys of a table.
fn differences(keyspace: &Keyspace, mut expected: Table) -> Result<usize, StoreError> {
    let mut wrong = 0;
    for guard in keyspace.iter() {
        let (key, value) = guard.into_inner()?;
        let agrees = expected.remove(&xxh3_64(&key)) == Some(xxh3_64(&value));
        wrong += usize::from(!agrees);
    }
    Ok(wrong + expected.len())
}

#[cfg(test)]
mod tests {
    use guanxi_models::{Event, EventType, Item, Relation, RelationKind, User};

    use super::*;

    fn written() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let event = |id: &str| Record::Event(Event::new(id, "u", "i", EventType::Purchase, 1));
        let relation = Relation::new("u", RelationKind::Friend, "v");
        let records = vec![
            event("a"),
            Record::Item(Item::bare("i")),
            Record::Item(Item::bare("j")),
            Record::ItemDeleted { id: "j".into() },
            Record::User(User { id: "u".into(), ..User::default() }),
            Record::Relation(relation),
            event("b"),
        ];
        store.append(&[records]).unwrap();
        (dir, store)
    }

    fn reported(store: &Store) -> String {
        let findings: Vec<String> = store.check().unwrap().iter().map(Finding::to_string).collect();
        findings.join("; ")
    }

    #[test]
    fn what_was_written_agrees() {
        assert_eq!(reported(&written().1), "");
    }

    #[test]
    fn every_table_that_differs_from_the_log_is_named() {
        let (_dir, store) = written();
        store.keyspaces.items.remove("i").unwrap();
        store.keyspaces.users.insert("w", "x").unwrap();
        store.keyspaces.relations.clear().unwrap();
        store.keyspaces.event_ids.remove("b").unwrap();
        let reported = reported(&store);
        for part in ["about offset 7", "1 event ids", "items is", "users is", "relations is"] {
            assert!(reported.contains(part), "`{part}` in {reported}");
        }
    }
}
