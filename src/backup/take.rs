//! Taking a backup.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::BackupError;
use super::manifest::{File, LOG, Manifest, NAME};
use crate::registry::Registry;
use crate::store::LogReader;
use crate::system::disk;

/// Writes a backup of a data directory, also of one that is being served, to a directory that is
/// not there yet.
pub fn take(data: &Path, backup: &Path, created: Timestamp) -> Result<Manifest, BackupError> {
    if backup.exists() {
        return Err(BackupError::Exists { path: backup.to_owned() });
    }
    let log = LogReader::open(data)?;
    let half = half(backup);
    drop(fs::remove_dir_all(&half));
    disk::make_directories(&half).map_err(BackupError::io(&half))?;
    let taken = fill(&log, data, &half, created);
    let placed = taken.and_then(|manifest| {
        disk::place(&half, backup).map_err(BackupError::io(backup)).map(|()| manifest)
    });
    placed.inspect_err(|_| drop(fs::remove_dir_all(&half)))
}

/// The name under which a directory is written before it is whole.
pub(super) fn half(whole: &Path) -> PathBuf {
    let mut name = whole.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    whole.with_file_name(name)
}

fn fill(
    log: &LogReader,
    data: &Path,
    half: &Path,
    created: Timestamp,
) -> Result<Manifest, BackupError> {
    // The models before the log: none of them was trained on what the log of the backup lacks.
    let mut paths = models(data)?;
    paths.extend(Some(PathBuf::from("keys.json")).filter(|keys| data.join(keys).exists()));
    for path in &paths {
        copy(&data.join(path), &half.join(path))?;
    }
    let last = log.write_to(&half.join(LOG))?;
    paths.push(PathBuf::from(LOG));
    let files = paths.iter().map(|path| summed(half, path)).collect::<Result<Vec<File>, _>>()?;
    let manifest = Manifest { created: created.to_string(), last: last.0, files };
    let path = half.join(NAME);
    disk::write_synced(&path, &manifest.encode()).map_err(BackupError::io(&path))?;
    disk::sync_all_below(half).map_err(BackupError::io(half))?;
    Ok(manifest)
}

/// The files of all published models, and the pointers to them.
fn models(data: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let registry = Registry::open(data)?;
    let mut paths = Vec::new();
    for pointer in registry.pointers()? {
        let name = format!("models/manifests/{:08}.json", pointer.number);
        paths.push(PathBuf::from(name));
    }
    for manifest in registry.list()? {
        let directory = PathBuf::from("models/versions").join(&manifest.version);
        paths.push(directory.join("manifest.json"));
        paths.extend(manifest.files.iter().map(|file| directory.join(&file.name)));
    }
    Ok(paths)
}

fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let directory = to.parent().expect("every file of a backup is in a directory");
    disk::make_directories(directory).map_err(BackupError::io(directory))?;
    fs::copy(from, to).map_err(BackupError::io(from))?;
    fs::File::open(to).and_then(|file| file.sync_all()).map_err(BackupError::io(to))
}

fn summed(half: &Path, path: &Path) -> Result<File, BackupError> {
    let full = half.join(path);
    let opened = fs::File::open(&full).and_then(|mut file| disk::sum(&mut file));
    let (bytes, sha256) = opened.map_err(BackupError::io(full))?;
    Ok(File { path: path.to_string_lossy().into_owned(), bytes, sha256 })
}
