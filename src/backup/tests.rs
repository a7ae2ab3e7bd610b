use std::fs;
use std::path::{Path, PathBuf};

use guanxi_models::{Event, EventType, Item, Model, Offset, Record};
use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::registry::{Extras, Registry};
use crate::store::{LogReader, Store};

/// A data directory with a log and a model.
fn written() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = Store::open(&data).unwrap();
    let event =
        |at: u32| Record::Event(Event::new(&at.to_string(), "u", "i", EventType::Purchase, 1));
    let events = (0..20_000).map(event).chain([Record::Item(Item::bare("i"))]);
    store.append(&[events.collect()]).unwrap();
    Registry::open(&data).unwrap().publish(&Model::empty(), &Extras::default()).unwrap();
    (dir, data)
}

fn log(data: &Path) -> Vec<(Offset, Record)> {
    let log = LogReader::open(data).unwrap();
    log.read(Offset(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_is_restored_is_what_was_there() {
    let (dir, data) = written();
    let (backup, other) = (dir.path().join("backup"), dir.path().join("other"));
    let taken = take(&data, &backup, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(taken.last, 20_001);
    assert_eq!(verify(&backup).unwrap(), taken);
    restore(&backup, &other).unwrap();
    assert_eq!(log(&other), log(&data));
    let current = |data: &Path| Registry::open(data).unwrap().current().unwrap();
    assert_eq!(current(&other), current(&data));
}

#[test]
fn a_backup_is_taken_beside_the_process_that_holds_the_directory() {
    let (dir, data) = written();
    let backup = dir.path().join("backup");
    let store = Store::open(&data).unwrap();
    let _server = store.serve_log().unwrap();
    assert_eq!(take(&data, &backup, Timestamp::UNIX_EPOCH).unwrap().last, 20_001);
}

#[test]
fn every_file_that_is_not_as_it_was_written_is_named() {
    let (dir, data) = written();
    let (backup, other) = (dir.path().join("backup"), dir.path().join("other"));
    for file in take(&data, &backup, Timestamp::UNIX_EPOCH).unwrap().files {
        let path = backup.join(&file.path);
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        match changed.first_mut() {
            Some(byte) => *byte ^= 1,
            None => changed.push(0),
        }
        fs::write(&path, changed).unwrap();
        let refused = restore(&backup, &other).unwrap_err().to_string();
        assert!(refused.contains(&file.path), "{refused}");
        fs::remove_file(&path).unwrap();
        assert!(verify(&backup).unwrap_err().to_string().contains("is missing"));
        fs::write(&path, whole).unwrap();
        assert!(!other.exists());
    }
    restore(&backup, &other).unwrap();
}

#[test]
fn nothing_that_is_there_is_written_over() {
    let (dir, data) = written();
    let backup = dir.path().join("backup");
    take(&data, &backup, Timestamp::UNIX_EPOCH).unwrap();
    let again = take(&data, &backup, Timestamp::UNIX_EPOCH);
    assert!(matches!(again, Err(BackupError::Exists { .. })));
    assert!(matches!(restore(&backup, &data), Err(BackupError::Exists { .. })));
    assert!(matches!(verify(dir.path()), Err(BackupError::Foreign { .. })));
}

#[test]
fn a_way_out_of_the_backup_is_refused() {
    let (dir, data) = written();
    let backup = dir.path().join("backup");
    take(&data, &backup, Timestamp::UNIX_EPOCH).unwrap();
    let file = backup.join("backup.json");
    let text = fs::read_to_string(&file).unwrap().replace("\"log\"", "\"../data/lock\"");
    fs::write(&file, text).unwrap();
    assert!(verify(&backup).unwrap_err().to_string().contains("no way inside"));
}
