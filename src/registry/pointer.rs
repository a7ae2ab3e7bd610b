//! Which model is current: numbered files, each made once, of which the newest valid one counts.
//!
//! There is no file to overwrite, so there is no moment at which a reader could see half of it; a rollback is a new number that
//! names an old model.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RegistryError;
use crate::system::disk;

/// One numbered file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// Its number; the highest valid one is current.
    pub number: u64,
    /// The model it names.
    pub version: String,
    /// The SHA-256 of that model's manifest.
    pub manifest_sha256: String,
    /// When it was made, RFC 3339.
    pub created: String,
}

/// All valid pointers, the newest first, each read when it is asked for. Files that can't be read as one are passed over.
pub(super) fn newest_first(
    directory: &Path,
) -> Result<impl Iterator<Item = Pointer>, RegistryError> {
    let mut files = numbered(directory)?;
    files.sort_by_key(|file| std::cmp::Reverse(file.0));
    Ok(files.into_iter().filter_map(|(number, path)| read(&path).filter(|is| is.number == number)))
}

/// The highest number that any file has taken, valid or not.
pub(super) fn highest(directory: &Path) -> Result<u64, RegistryError> {
    Ok(numbered(directory)?.into_iter().map(|file| file.0).max().unwrap_or(0))
}

/// The files whose names are numbers, in no order.
fn numbered(directory: &Path) -> Result<Vec<(u64, PathBuf)>, RegistryError> {
    let numbered = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.map_err(RegistryError::io(directory))?;
        let number = number_of(&entry.file_name().to_string_lossy());
        Ok(number.map(|number| (number, entry.path())))
    };
    let entries = fs::read_dir(directory).map_err(RegistryError::io(directory))?;
    entries.filter_map(|entry| numbered(entry).transpose()).collect()
}

fn read(path: &Path) -> Option<Pointer> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// The file of a number.
pub(super) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:08}.json"))
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_suffix(".json")?.parse().ok()
}

/// Makes `pointer` current under the next free number, which is written into it.
pub(super) fn create(directory: &Path, mut pointer: Pointer) -> Result<Pointer, RegistryError> {
    loop {
        pointer.number = highest(directory)? + 1;
        let path = path(directory, pointer.number);
        match write_new(directory, &path, &pointer) {
            Ok(()) => return Ok(pointer),
            // Another publisher was faster: the next number is ours.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => (),
            Err(source) => return Err(RegistryError::Io { path, source }),
        }
    }
}

/// The whole file appears at once, and only if no other has the name.
fn write_new(directory: &Path, path: &Path, pointer: &Pointer) -> std::io::Result<()> {
    let half = directory.join(format!(".new-{}", std::process::id()));
    disk::write_synced(&half, &serde_json::to_vec_pretty(pointer)?)?;
    let linked = fs::hard_link(&half, path);
    fs::remove_file(&half)?;
    linked?;
    disk::sync(directory)
}
