//! Tests that damage to any file of a store is detected.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use guanxi_models::{Event, EventType, Item, Record};

use super::*;

/// The most places of each file to damage. `GUANXI_DAMAGE_PLACES` sets it; a large number damages
/// every byte.
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

/// A closed store with tables on disk and a journal.
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

/// A file of a store.
#[derive(Clone)]
struct Kept {
    name: PathBuf,
    /// Without the zeros at the end of a journal, which would take most of the time to write.
    bytes: Vec<u8>,
    length: usize,
}

impl Kept {
    fn of(path: &Path, root: &Path) -> Self {
        let mut bytes = fs::read(path).unwrap();
        let length = bytes.len();
        let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        bytes.truncate(end);
        Self { name: path.strip_prefix(root).unwrap().to_owned(), bytes, length }
    }

    fn write(&self, root: &Path) {
        let path = root.join(&self.name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &self.bytes).unwrap();
        OpenOptions::new().write(true).open(path).unwrap().set_len(self.length as u64).unwrap();
    }

    /// The places to damage: spread evenly over the written bytes, and a few of the zeros behind
    /// them.
    fn places(&self) -> Vec<usize> {
        let end = (self.bytes.len() + 64).min(self.length);
        let places = places().min(end);
        (0..places).map(|place| end * place / places).collect()
    }

    /// The end of a table, with the list of its parts.
    fn end_of_table(&self) -> Vec<usize> {
        let is_table = self.name.parent().is_some_and(|folder| folder.ends_with("tables"));
        if is_table { (self.length.saturating_sub(60)..self.length).collect() } else { Vec::new() }
    }
}

fn files(directory: &Path, root: &Path) -> Vec<Kept> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(
            |path| if path.is_dir() { files(&path, root) } else { vec![Kept::of(&path, root)] },
        )
        .collect()
}

/// The log of these files with one replaced by `damaged`, if it can be read.
fn log_of(whole: &[Kept], damaged: &Kept) -> Result<Vec<(Offset, Record)>, String> {
    let copied = tempfile::tempdir().unwrap();
    for file in whole {
        let is_damaged = file.name == damaged.name;
        if is_damaged { damaged } else { file }.write(copied.path());
    }
    log(copied.path()).map_err(|error| error.to_string())
}

/// Damages every file at each of its places, one at a time, and reads the log.
fn check(places: impl Fn(&Kept) -> Vec<usize>, damage: impl Fn(&mut Kept, usize) + Sync) {
    let directory = tempfile::tempdir().unwrap();
    written(directory.path());
    let whole = files(directory.path(), directory.path());
    let expected = log(directory.path()).unwrap();
    let tries: Vec<(&Kept, usize)> =
        whole.iter().flat_map(|file| places(file).into_iter().map(move |at| (file, at))).collect();
    assert!(!tries.is_empty());
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(&(file, at)) = tries.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut damaged = file.clone();
            damage(&mut damaged, at);
            let found = log_of(&whole, &damaged);
            let what = format!("byte {at} of {}", file.name.display());
            assert!(found.is_err() || found.as_ref() == Ok(&expected), "{what} went unnoticed");
        }
    };
    thread::scope(|scope| {
        (0..thread::available_parallelism().unwrap().get()).for_each(|_| drop(scope.spawn(work)));
    });
    println!("{} damaged files", tries.len());
}

fn change(file: &mut Kept, at: usize) {
    file.bytes.resize(file.bytes.len().max(at + 1), 0);
    file.bytes[at] ^= 0x41;
}

#[test]
fn a_changed_byte_is_noticed_or_does_no_harm() {
    check(Kept::places, change);
}

/// The database would take a number there for a size, and run out of memory.
#[test]
fn a_changed_end_of_a_table_is_noticed_or_does_no_harm() {
    check(Kept::end_of_table, change);
}

#[test]
fn a_file_cut_short_is_noticed_or_does_no_harm() {
    check(Kept::places, |file, at| {
        file.bytes.truncate(at);
        file.length = at;
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
