//! What a disk may do to the files of a store, and that it never goes unnoticed.

use std::fs;
use std::path::{Path, PathBuf};

use guanxi_models::{Event, EventType, Item, Record};

use super::*;

/// So many places of each file are damaged: few at every run, more with `GUANXI_DAMAGE_PLACES`.
fn places() -> usize {
    std::env::var("GUANXI_DAMAGE_PLACES").map_or(4, |places| places.parse().unwrap())
}

fn append(store: &Store, batch: usize) {
    let event = |number: usize| {
        let id = format!("{batch}-{number}");
        Record::Event(Event::new(&id, "u", &id, EventType::View, 1))
    };
    let mut records: Vec<Record> = (0..40).map(event).collect();
    records.push(Record::Item(Item::bare("i")));
    store.append(&[records]).unwrap();
}

/// A store with tables on the disk and with a journal, closed.
fn written(path: &Path) {
    let store = Store::open(path).unwrap();
    append(&store, 0);
    store.flush();
    append(&store, 1);
    append(&store, 2);
}

fn log(path: &Path) -> Result<Vec<(Offset, Record)>, StoreError> {
    Store::open(path)?.read(Offset(0)).collect()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let nested = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    let mut all: Vec<PathBuf> = nested.collect();
    all.sort();
    all
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let copied = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(copied.parent().unwrap()).unwrap();
        fs::copy(file, copied).unwrap();
    }
}

/// The log of a copy of `whole` in which one file was changed by `change`, if it can be read.
fn log_after(
    whole: &Path,
    file: &Path,
    change: impl FnOnce(&Path),
) -> Result<Vec<(Offset, Record)>, String> {
    let copied = tempfile::tempdir().unwrap();
    copy(whole, copied.path());
    change(&copied.path().join(file.strip_prefix(whole).unwrap()));
    log(copied.path()).map_err(|error| error.to_string())
}

fn check(whole: &Path, change: impl Fn(&Path, usize)) {
    let expected = log(whole).unwrap();
    for file in files(whole) {
        for place in 0..places() {
            let found = log_after(whole, &file, |copied| change(copied, place));
            let what = format!("place {place} of {}", file.display());
            assert!(found.is_err() || found.as_ref() == Ok(&expected), "{what} went unnoticed");
        }
    }
}

/// A place in a file: spread evenly over what was written of it and a little more, since a journal is made long and filled with zeros.
fn at(bytes: &[u8], place: usize) -> usize {
    let written = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    (written + 64).min(bytes.len()) * place / places()
}

#[test]
fn a_changed_byte_is_noticed_or_does_no_harm() {
    let whole = tempfile::tempdir().unwrap();
    written(whole.path());
    check(whole.path(), |file, place| {
        let mut bytes = fs::read(file).unwrap();
        let at = at(&bytes, place);
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 0x41;
        }
        fs::write(file, bytes).unwrap();
    });
}

#[test]
fn a_file_cut_short_is_noticed_or_does_no_harm() {
    let whole = tempfile::tempdir().unwrap();
    written(whole.path());
    check(whole.path(), |file, place| {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..at(&bytes, place)]).unwrap();
    });
}

#[test]
fn a_lost_database_is_noticed() {
    let whole = tempfile::tempdir().unwrap();
    written(whole.path());
    fs::remove_dir_all(whole.path().join("store")).unwrap();
    let refused = log(whole.path());
    assert!(matches!(refused, Err(StoreError::Damaged { offset: Offset(1), .. })));
}
