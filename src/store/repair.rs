//! Rescues the readable part of a damaged store.

use std::fs;
use std::path::{Path, PathBuf};

use guanxi_models::{Offset, Record};

use super::acknowledged::Acknowledged;
use super::append::Append;
use super::directory::Directory;
use super::keyspaces::Keyspaces;
use super::{Outcome, StoreError, journal, records};
use crate::system::disk;

/// The number of records in one write.
const BATCH: usize = 10_000;

/// The result of a repair.
#[derive(Debug)]
pub struct Repaired {
    /// The last readable offset. All records through it are kept.
    pub last: Offset,
    /// The error that ended the reading; none if the log was complete and only its tables were
    /// rebuilt.
    pub damage: Option<StoreError>,
    /// The old store, which still has the rest.
    pub old: PathBuf,
}

/// Writes the longest readable beginning of the log to a new store with new tables. The new store
/// replaces the old one, which is kept under another name. A failure before that changes nothing.
///
/// # Errors
/// [`StoreError::Database`] if the database can't be opened at all; then only a backup helps.
/// [`StoreError::Newer`] if a newer guanxi wrote part of the log.
pub fn repair(path: &Path) -> Result<Repaired, StoreError> {
    let directory = Directory::open(path)?;
    let (store, new) = (directory.path().join("store"), directory.path().join("store.new"));
    // Remains of an interrupted repair.
    drop(fs::remove_dir_all(&new));
    journal::cut_all(&store, &path.join("torn"))?;
    let (last, damage) = copy(&Keyspaces::open(&store)?, &Keyspaces::open(&new)?)?;
    let old = free_name(path);
    let swapped = fs::rename(&store, &old).and_then(|()| fs::rename(&new, &store));
    swapped.and_then(|()| disk::sync(path)).map_err(StoreError::io(&store))?;
    // From here on, the acknowledged offset is that of the shorter log.
    Acknowledged::reset(path, last)?;
    Ok(Repaired { last, damage, old })
}

/// Copies records until one can't be read. Returns the last readable offset, and the error of the
/// next record.
fn copy(from: &Keyspaces, to: &Keyspaces) -> Result<(Offset, Option<StoreError>), StoreError> {
    let mut damage = None;
    let mut records = records::decoded(from, Offset(0), from.last()?)
        .map_while(|entry| entry.map_err(|error| damage = Some(error)).ok())
        .fuse();
    let mut last = Offset(0);
    loop {
        let batch: Vec<(Offset, Record)> = records.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        last = append(to, last, &batch)?;
    }
    drop(records);
    match damage {
        // A record of a newer guanxi is not damaged, so it must not be cut off.
        Some(newer @ StoreError::Newer { .. }) => Err(newer),
        damage => Ok((last, damage)),
    }
}

/// Appends records, which must get their old offsets.
pub(super) fn append(
    keyspaces: &Keyspaces,
    last: Offset,
    records: &[(Offset, Record)],
) -> Result<Offset, StoreError> {
    let mut append = Append::new(keyspaces, last);
    for (offset, record) in records {
        if append.add(record)? != Outcome::Stored(*offset) {
            let what = "the same event stands at two places of the log".to_owned();
            return Err(StoreError::Damaged { offset: *offset, what });
        }
    }
    append.commit()
}

fn free_name(path: &Path) -> PathBuf {
    let mut names = (1..).map(|number: u32| path.join(format!("store.damaged-{number}")));
    names.find(|name| !name.exists()).expect("numbers never end")
}

#[cfg(test)]
mod tests {
    use guanxi_models::{Event, EventType, Item};

    use super::super::Store;
    use super::super::format;
    use super::super::keyspaces::key_of;
    use super::*;

    fn written() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        for batch in 0..5 {
            let event = |at: u32| {
                let id = format!("{batch}-{at}");
                Record::Event(Event::new(&id, "u", "i", EventType::View, 1))
            };
            let mut records: Vec<Record> = (0..9).map(event).collect();
            records.push(Record::Item(Item::bare("i")));
            store.append(&[records]).unwrap();
        }
        dir
    }

    fn log(path: &Path) -> Vec<(Offset, Record)> {
        Store::open(path).unwrap().read(Offset(0)).map(Result::unwrap).collect()
    }

    #[test]
    fn the_beginning_of_a_damaged_log_is_kept_and_the_rest_lies_aside() {
        let dir = written();
        let whole = log(dir.path());
        let store = Store::open(dir.path()).unwrap();
        store.keyspaces.log.insert(key_of(Offset(24)), "nonsense").unwrap();
        drop(store);
        let repaired = repair(dir.path()).unwrap();
        assert_eq!(repaired.last, Offset(23));
        assert!(matches!(repaired.damage, Some(StoreError::Damaged { offset: Offset(24), .. })));
        assert!(repaired.old.join("version").exists());
        assert_eq!(log(dir.path()), whole[..23]);
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.check().unwrap(), []);
        let next = store.append(&[vec![Record::Item(Item::bare("k"))]]).unwrap();
        assert_eq!(next, [[Outcome::Stored(Offset(24))]]);
    }

    #[test]
    fn what_a_newer_guanxi_wrote_is_left_alone() {
        let dir = written();
        let store = Store::open(dir.path()).unwrap();
        store.keyspaces.log.insert(key_of(Offset(24)), format::of_version(3)).unwrap();
        drop(store);
        let refused = repair(dir.path()).unwrap_err();
        assert!(matches!(refused, StoreError::Newer { offset: Offset(24), .. }), "{refused}");
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.last(), Offset(50), "nothing was cut off");
    }

    #[test]
    fn damage_in_the_middle_of_a_journal_keeps_what_was_before_it() {
        let dir = written();
        let whole = log(dir.path());
        let file = dir.path().join("store/0.jnl");
        let mut bytes = fs::read(&file).unwrap();
        let at = bytes.windows(3).position(|place| place == b"2-3");
        bytes[at.unwrap()] ^= 0x40;
        fs::write(&file, bytes).unwrap();
        assert!(matches!(Store::open(dir.path()), Err(StoreError::Damaged { .. })));
        assert_eq!(repair(dir.path()).unwrap().last, Offset(20));
        assert_eq!(log(dir.path()), whole[..20]);
    }

    #[test]
    fn tables_that_disagree_with_the_log_are_made_anew() {
        let dir = written();
        let store = Store::open(dir.path()).unwrap();
        store.keyspaces.items.remove("i").unwrap();
        store.keyspaces.event_ids.clear().unwrap();
        assert_ne!(store.check().unwrap(), []);
        drop(store);
        let repaired = repair(dir.path()).unwrap();
        assert!(repaired.damage.is_none());
        assert_eq!(Store::open(dir.path()).unwrap().check().unwrap(), []);
    }
}
