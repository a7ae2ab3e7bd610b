//! A data directory: what it is, and who has it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::system::disk;

const FORMAT: &str = "guanxi-data";
const VERSION: u32 = 1;

/// A data directory that this process has for itself until the value is dropped.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Held for its lock.
    _lock: File,
}

/// What `guanxi.json` says.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    format: String,
    version: u32,
}

impl Directory {
    /// Takes the directory, making it first where there is none or an empty one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        disk::make_directories(path).map_err(StoreError::io(path))?;
        check(path)?;
        let lock = lock(path)?;
        if !path.join("guanxi.json").exists() {
            mark(path)?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Makes sure that there is a data directory, whoever has it.
    pub fn ensure(path: &Path) -> Result<(), StoreError> {
        if path.join("guanxi.json").exists() { check(path) } else { Self::open(path).map(drop) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes sure that the directory is ours, or empty.
pub(super) fn check(path: &Path) -> Result<(), StoreError> {
    let file = path.join("guanxi.json");
    let Ok(text) = fs::read_to_string(&file) else { return check_empty(path) };
    let marker: Option<Marker> = serde_json::from_str(&text).ok();
    match marker {
        Some(Marker { format, version: VERSION }) if format == FORMAT => Ok(()),
        Some(Marker { format, version }) if format == FORMAT => {
            Err(StoreError::Version { path: path.to_owned(), found: version, known: VERSION })
        }
        _ => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}

/// A crash while the directory was made leaves at most the lock and half a marker; a training on files once left models and no marker.
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
    let (new, marker) = (path.join("guanxi.json.new"), path.join("guanxi.json"));
    let body = Marker { format: FORMAT.to_owned(), version: VERSION };
    let text = serde_json::to_string(&body).expect("a marker is plain data");
    let written = disk::write_synced(&new, text.as_bytes());
    let placed = written.and_then(|()| fs::rename(&new, &marker)).and_then(|()| disk::sync(path));
    placed.map_err(StoreError::io(marker))
}

#[cfg(test)]
mod tests {
    use super::*;

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
