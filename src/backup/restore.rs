//! Verifying a backup, and putting it back.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::manifest::{File, LOG, Manifest};
use super::{BackupError, take};
use crate::registry::Registry;
use crate::store::{Store, StoreError, restore_log};
use crate::system::disk;

/// Makes sure that every file of a backup is as it was written.
pub fn verify(backup: &Path) -> Result<Manifest, BackupError> {
    let manifest = Manifest::load(backup)?;
    for file in &manifest.files {
        check(backup, file)?;
    }
    Ok(manifest)
}

/// Makes a data directory from a backup that it verifies first. Then it compares the tables with
/// the log, and every model with its checksums.
pub fn restore(backup: &Path, data: &Path) -> Result<Manifest, BackupError> {
    let is_free = fs::read_dir(data).map_or(true, |mut entries| entries.next().is_none());
    if !is_free {
        return Err(BackupError::Exists { path: data.to_owned() });
    }
    let manifest = verify(backup)?;
    let half = take::half(data);
    drop(fs::remove_dir_all(&half));
    let placed = fill(backup, &manifest, &half).and_then(|()| {
        disk::sync_all_below(&half).map_err(BackupError::io(&half))?;
        disk::place(&half, data).map_err(BackupError::io(data))
    });
    placed.inspect_err(|_| drop(fs::remove_dir_all(&half)))?;
    Ok(manifest)
}

fn fill(backup: &Path, manifest: &Manifest, half: &Path) -> Result<(), BackupError> {
    let last = restore_log(&backup.join(LOG), half)?;
    if last.0 != manifest.last {
        let what = format!("ends at offset {last} instead of {}", manifest.last);
        return Err(BackupError::Damaged { path: backup.join(LOG), what });
    }
    for file in manifest.files.iter().filter(|file| file.path != LOG) {
        let to = half.join(&file.path);
        let directory = to.parent().expect("it was joined to a directory");
        fs::create_dir_all(directory).map_err(BackupError::io(directory))?;
        fs::copy(backup.join(&file.path), &to).map_err(BackupError::io(&to))?;
        check(half, file)?;
    }
    confirm(half)
}

fn confirm(half: &Path) -> Result<(), BackupError> {
    let findings = Store::open(half)?.check()?;
    if let Some(finding) = findings.first() {
        let what = finding.to_string();
        return Err(StoreError::Damaged { offset: guanxi_models::Offset(0), what }.into());
    }
    let registry = Registry::open(half)?;
    for manifest in registry.list()? {
        registry.load(&manifest.version)?;
    }
    Ok(())
}

fn check(directory: &Path, expected: &File) -> Result<(), BackupError> {
    let path = directory.join(&expected.path);
    let damaged =
        |what: &str| Err(BackupError::Damaged { path: path.clone(), what: what.to_owned() });
    let summed = fs::File::open(&path).and_then(|mut file| disk::sum(&mut file));
    match summed {
        Ok((bytes, _)) if bytes != expected.bytes => damaged("has another length"),
        Ok((_, sha256)) if sha256 != expected.sha256 => damaged("has another checksum"),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => damaged("is missing"),
        Err(error) => Err(BackupError::io(&path)(error)),
    }
}
