//! Pointers to the current model: numbered files that are written once. The valid one with the
//! highest number counts.
//!
//! No file is overwritten, so a reader never sees a partial one. A rollback is a new number that
//! names an old model.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RegistryError;
use crate::system::disk;
use crate::system::format::{FormatError, json_format};

/// The format of a pointer's file. Format 1 had no field `format`.
const FORMAT: u32 = 2;

/// A pointer to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The number; the highest valid one is current.
    pub number: u64,
    /// The name of the model.
    pub version: String,
    /// The SHA-256 of that model's manifest.
    pub manifest_sha256: String,
    /// The time of creation, RFC 3339.
    pub created: String,
}

/// The stored form of a pointer.
#[derive(Serialize, Deserialize)]
struct StoredPointer {
    #[serde(default)]
    format: u32,
    number: u64,
    version: String,
    manifest_sha256: String,
    created: String,
}

/// The newest pointer's file, which can't be read, with the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadablePointer {
    /// The file.
    pub path: PathBuf,
    /// The error.
    pub flaw: String,
}

impl std::fmt::Display for UnreadablePointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` {}", self.path.display(), self.flaw)
    }
}

/// All valid pointers, the newest first, read lazily. Unreadable files are skipped.
pub(super) fn newest_first(
    directory: &Path,
) -> Result<impl Iterator<Item = Pointer>, RegistryError> {
    let mut files = numbered(directory)?;
    files.sort_by_key(|file| std::cmp::Reverse(file.0));
    Ok(files.into_iter().filter_map(|(number, path)| read(number, &path).ok()))
}

/// The newest file, if it can't be read.
pub(super) fn unreadable(directory: &Path) -> Result<Option<UnreadablePointer>, RegistryError> {
    let newest = numbered(directory)?.into_iter().max();
    Ok(newest.and_then(|(number, path)| {
        let flaw = read(number, &path).err()?.to_string();
        Some(UnreadablePointer { path, flaw })
    }))
}

/// The highest number of any file, valid or not.
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

/// The pointer in the file of this number.
fn read(number: u64, path: &Path) -> Result<Pointer, FormatError> {
    let unreadable = |what: String| FormatError::Damaged(format!("can't be read: {what}"));
    let bytes = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let pointer = decode(&bytes).map_err(|error| match error {
        FormatError::Damaged(what) => unreadable(what),
        later @ FormatError::Later { .. } => later,
    })?;
    let number_within = pointer.number;
    if number_within == number {
        return Ok(pointer);
    }
    Err(unreadable(format!("it has number {number_within}")))
}

fn encode(pointer: &Pointer) -> Vec<u8> {
    let Pointer { number, version, manifest_sha256, created } = pointer.clone();
    let stored = StoredPointer { format: FORMAT, number, version, manifest_sha256, created };
    serde_json::to_vec_pretty(&stored).expect("a pointer is plain data")
}

fn decode(bytes: &[u8]) -> Result<Pointer, FormatError> {
    json_format(bytes, Some(1), FORMAT)?;
    let StoredPointer { number, version, manifest_sha256, created, .. } =
        serde_json::from_slice(bytes)?;
    Ok(Pointer { number, version, manifest_sha256, created })
}

/// The file of a number.
pub(super) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:08}.json"))
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_suffix(".json")?.parse().ok()
}

/// Makes `pointer` current under the next free number, and sets its number.
pub(super) fn create(directory: &Path, mut pointer: Pointer) -> Result<Pointer, RegistryError> {
    loop {
        pointer.number = highest(directory)? + 1;
        let path = path(directory, pointer.number);
        match write_new(directory, &path, &pointer) {
            Ok(()) => return Ok(pointer),
            // Another publisher took the number, so try the next one.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => (),
            Err(source) => return Err(RegistryError::Io { path, source }),
        }
    }
}

/// Creates the file atomically, only if the name is free.
fn write_new(directory: &Path, path: &Path, pointer: &Pointer) -> std::io::Result<()> {
    let half = directory.join(format!(".new-{}", std::process::id()));
    disk::write_synced(&half, &encode(pointer))?;
    let linked = fs::hard_link(&half, path);
    fs::remove_file(&half)?;
    linked?;
    disk::sync(directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::format::assert_golden;

    const FORMATS: [(u32, &[u8]); 2] = [
        (1, include_bytes!("../../tests/formats/golden/pointer/1/00000001.json")),
        (2, include_bytes!("../../tests/formats/golden/pointer/2/00000001.json")),
    ];

    fn pointer() -> Pointer {
        Pointer {
            number: 1,
            version: "20261130T164145Z-5742".to_owned(),
            manifest_sha256: "34fa6754ac5eb133bdf1f5a5c8cb8737ce537c16e07ff80775a1b6e862d7466a"
                .to_owned(),
            created: "2026-11-30T16:41:45.076283778Z".to_owned(),
        }
    }

    #[test]
    fn a_pointer_is_written_as_its_golden_bytes() {
        assert_golden("pointer", FORMAT, &encode(&pointer()), FORMATS[1].1);
    }

    #[test]
    fn every_format_of_a_pointer_is_read() {
        for (format, bytes) in FORMATS {
            assert_eq!(decode(bytes), Ok(pointer()), "format {format}");
        }
    }
}
