//! A data directory: its marker and its lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::system::disk;
use crate::system::format::{FormatError, known_format};

const FORMAT: &str = "guanxi-data";
/// The format of the directory, for all files without a version of their own.
///
/// | version | differs |
/// |---|---|
/// | 2 | models from format 3 on, records from format 2 on: nothing else, so that version 1 becomes 2 by the marker alone |
/// | 1 | |
const VERSION: u32 = 2;
const MARKER: &str = "guanxi.json";

/// A data directory locked by this process until the value is dropped.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The file that is locked.
    _lock: File,
}

/// The content of `guanxi.json`.
#[derive(Serialize, Deserialize)]
struct StoredMarker {
    format: String,
    version: u32,
}

impl Directory {
    /// Locks the directory, and creates it if it is absent or empty.
    ///
    /// A directory of an earlier guanxi gets the current marker before any other write, so that the
    /// earlier guanxi refuses it by its version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        disk::make_directories(path).map_err(StoreError::io(path))?;
        check(path)?;
        let lock = lock(path)?;
        if check(path)? != Some(VERSION) {
            mark(path)?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Checks that the path is a data directory, whichever process holds it.
    pub fn ensure(path: &Path) -> Result<(), StoreError> {
        if !path.join(MARKER).exists() {
            return Self::open(path).map(drop);
        }
        if check(path)? == Some(VERSION) {
            return Ok(());
        }
        match Self::open(path) {
            // An earlier guanxi that holds it continues until its restart.
            Ok(_) | Err(StoreError::Locked { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Checks that the directory belongs to guanxi or is empty. Returns the version of its marker, if
/// it has one.
fn check(path: &Path) -> Result<Option<u32>, StoreError> {
    let Ok(bytes) = fs::read(path.join(MARKER)) else { return check_empty(path).map(|()| None) };
    let foreign = || StoreError::Foreign { path: path.to_owned() };
    let version = decode(&bytes).ok_or_else(foreign)?;
    match known_format(version, VERSION) {
        Ok(version) => Ok(Some(version)),
        Err(FormatError::Later { found, known }) => {
            Err(StoreError::Version { path: path.to_owned(), found, known })
        }
        Err(FormatError::Damaged(_)) => Err(foreign()),
    }
}

/// The version in a marker, if guanxi wrote it.
fn decode(bytes: &[u8]) -> Option<u32> {
    let StoredMarker { format, version } = serde_json::from_slice(bytes).ok()?;
    (format == FORMAT).then_some(version)
}

fn encode() -> Vec<u8> {
    let marker = StoredMarker { format: FORMAT.to_owned(), version: VERSION };
    serde_json::to_vec(&marker).expect("a marker is plain data")
}

/// A crash during creation leaves at most the lock and a partial marker. Earlier versions also left
/// models without a marker after training on files.
fn check_empty(path: &Path) -> Result<(), StoreError> {
    let has_models = path.join("models/versions").is_dir();
    for entry in fs::read_dir(path).map_err(StoreError::io(path))? {
        let name = entry.map_err(StoreError::io(path))?.file_name();
        let is_ours = match name.to_str() {
            Some("lock" | "guanxi.json.new") => true,
            Some("models" | "checkpoints") => has_models,
            _ => false,
        };
        if !is_ours {
            return Err(StoreError::Foreign { path: path.to_owned() });
        }
    }
    Ok(())
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let file = path.join("lock");
    let mut options = OpenOptions::new();
    let mut lock = options
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&file)
        .map_err(StoreError::io(&file))?;
    match lock.try_lock() {
        Ok(()) => write_holder(&mut lock).map_err(StoreError::io(file)).map(|()| lock),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            drop(lock.read_to_string(&mut holder));
            Err(StoreError::Locked { path: path.to_owned(), holder: holder.trim().to_owned() })
        }
        Err(TryLockError::Error(source)) => Err(StoreError::Io { path: file, source }),
    }
}

fn write_holder(lock: &mut File) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.seek(SeekFrom::Start(0))?;
    writeln!(lock, "{}", std::process::id())
}

fn mark(path: &Path) -> Result<(), StoreError> {
    let (new, marker) = (path.join("guanxi.json.new"), path.join(MARKER));
    let written = disk::write_synced(&new, &encode());
    let placed = written.and_then(|()| fs::rename(&new, &marker)).and_then(|()| disk::sync(path));
    placed.map_err(StoreError::io(marker))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::format::assert_golden;

    const VERSIONS: [(u32, &[u8]); 2] = [
        (1, include_bytes!("../../tests/formats/golden/directory/1/guanxi.json")),
        (2, include_bytes!("../../tests/formats/golden/directory/2/guanxi.json")),
    ];

    #[test]
    fn a_marker_is_written_as_its_golden_bytes() {
        assert_golden("directory", VERSION, &encode(), VERSIONS[1].1);
    }

    #[test]
    fn a_directory_of_any_earlier_version_is_taken_and_becomes_one_of_today() {
        for (version, marker) in VERSIONS {
            for take in [|path: &Path| Directory::open(path).map(drop), Directory::ensure] {
                let dir = tempfile::tempdir().unwrap();
                fs::write(dir.path().join(MARKER), marker).unwrap();
                take(dir.path()).unwrap();
                assert_eq!(fs::read(dir.path().join(MARKER)).unwrap(), encode(), "{version}");
            }
        }
    }

    #[test]
    fn the_marker_of_a_directory_that_an_earlier_guanxi_holds_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let held = Directory::open(dir.path()).unwrap();
        fs::write(dir.path().join(MARKER), VERSIONS[0].1).unwrap();
        Directory::ensure(dir.path()).unwrap();
        assert_eq!(fs::read(dir.path().join(MARKER)).unwrap(), VERSIONS[0].1);
        drop(held);
    }

    #[test]
    fn a_new_directory_is_taken_once_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new");
        let first = Directory::open(&path).unwrap();
        let holder = std::process::id().to_string();
        match Directory::open(&path) {
            Err(StoreError::Locked { holder: named, .. }) => assert_eq!(named, holder),
            other => panic!("{other:?}"),
        }
        drop(first);
        Directory::open(&path).unwrap();
    }

    #[test]
    fn a_directory_of_something_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("holiday.jpg"), "x").unwrap();
        assert!(matches!(Directory::open(dir.path()), Err(StoreError::Foreign { .. })));
        assert!(!dir.path().join("lock").exists());
        let holidays = tempfile::tempdir().unwrap();
        fs::create_dir(holidays.path().join("models")).unwrap();
        assert!(matches!(Directory::open(holidays.path()), Err(StoreError::Foreign { .. })));
    }

    #[test]
    fn models_that_were_trained_on_files_are_ours() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("models/versions")).unwrap();
        fs::create_dir(dir.path().join("checkpoints")).unwrap();
        Directory::open(dir.path()).unwrap();
    }

    #[test]
    fn a_later_format_is_refused_by_its_number() {
        let dir = tempfile::tempdir().unwrap();
        let marker = r#"{"format":"guanxi-data","version":9}"#;
        fs::write(dir.path().join("guanxi.json"), marker).unwrap();
        let refused = Directory::open(dir.path());
        assert!(matches!(refused, Err(StoreError::Version { found: 9, .. })));
    }

    #[test]
    fn a_crash_while_the_directory_was_made_does_no_harm() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("guanxi.json.new"), "{").unwrap();
        fs::write(dir.path().join("lock"), "").unwrap();
        Directory::open(dir.path()).unwrap();
    }
}
