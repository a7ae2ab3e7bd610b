//! Writing a lake.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use guanxi_models::{Offset, Record};
use rayon::prelude::*;

use super::day::Day;
use super::manifest::{FILE as MANIFEST, RECORDS};
use super::{LakeError, Manifest, Part};
use crate::store::LogReader;
use crate::system::disk;

/// The number of records in memory at a time. A pass of so many writes one part per day in it.
pub const ROWS_PER_PASS: usize = 250_000;

const LOCK: &str = "lock";

/// A lake that this process writes to: nobody else does until the value is dropped.
#[derive(Debug)]
pub struct Lake {
    directory: PathBuf,
    manifest: Manifest,
    pub(super) rows_per_pass: usize,
    /// Held for its lock.
    _lock: File,
}

/// The result of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The offset through which the lake held the log before.
    pub before: Offset,
    /// The offset through which it holds the log now.
    pub through: Offset,
    /// The number of files written.
    pub files: usize,
}

impl Lake {
    /// Takes a lake to write to, making it first where there is none, and clears away what an
    /// interrupted export left.
    pub fn open(directory: &Path) -> Result<Self, LakeError> {
        fs::create_dir_all(directory).map_err(LakeError::io(directory))?;
        check_empty(directory)?;
        let lock = lock(directory)?;
        let manifest = match Manifest::load(directory) {
            Err(LakeError::Absent { .. }) => Manifest::empty(),
            loaded => loaded?,
        };
        for part in &manifest.files {
            part.check(directory)?;
        }
        clear(directory, &manifest)?;
        let directory = directory.to_owned();
        Ok(Self { directory, manifest, rows_per_pass: ROWS_PER_PASS, _lock: lock })
    }

    /// The offset through which the lake holds the log.
    pub fn through(&self) -> Offset {
        self.manifest.through
    }

    /// Writes what the log holds beyond the lake, up to its last record at the call. `watch` hears
    /// after each pass how far it is.
    pub fn export(
        &mut self,
        log: &LogReader,
        mut watch: impl FnMut(Offset),
    ) -> Result<Exported, LakeError> {
        let (before, last, files) = (self.through(), log.last(), self.manifest.files.len());
        self.check_origin(log)?;
        let is_asked = |offset: Offset| offset <= last;
        let mut records = log
            .read(before)?
            .take_while(|entry| entry.as_ref().map_or(true, |(offset, _)| is_asked(*offset)));
        loop {
            let pass = records.by_ref().take(self.rows_per_pass).collect::<Result<Vec<_>, _>>()?;
            if pass.is_empty() {
                break;
            }
            self.add(pass)?;
            watch(self.through());
        }
        let files = self.manifest.files.len() - files;
        Ok(Exported { before, through: self.through(), files })
    }

    /// Makes sure that the last record of the lake is the one that stands there in the log.
    fn check_origin(&self, log: &LogReader) -> Result<(), LakeError> {
        let offset = self.through();
        let Some(part) = self.manifest.files.iter().find(|part| part.last == offset) else {
            return Ok(());
        };
        let tables = part.read(&self.directory)?;
        let ours = tables.last().and_then(|table| table.record(table.rows().checked_sub(1)?).ok());
        let theirs =
            if log.last() < offset { None } else { log.read(Offset(offset.0 - 1))?.next() };
        match theirs.transpose()? {
            Some((_, record)) if Some(&record) == ours.as_ref() => Ok(()),
            _ => Err(LakeError::OtherLog { path: self.directory.clone(), offset }),
        }
    }

    /// Adds records that follow those of the lake: first the parts, then the manifest.
    fn add(&mut self, pass: Vec<(Offset, Record)>) -> Result<(), LakeError> {
        let through = pass.last().map_or(self.through(), |(offset, _)| *offset);
        let mut days: BTreeMap<Day, Vec<(Offset, Record)>> = BTreeMap::new();
        for (offset, record) in pass {
            days.entry(Day::of(&record)).or_default().push((offset, record));
        }
        let mut parts = days
            .into_par_iter()
            .map(|(day, records)| Part::write(&self.directory, day, &records))
            .collect::<Result<Vec<Part>, LakeError>>()?;
        self.sync(&parts)?;
        parts.sort_by_key(|part| part.first);
        let mut manifest = self.manifest.clone();
        manifest.files.extend(parts);
        manifest.through = through;
        manifest.store(&self.directory)?;
        self.manifest = manifest;
        Ok(())
    }

    /// Waits until the disk has the names of new parts.
    fn sync(&self, parts: &[Part]) -> Result<(), LakeError> {
        let paths = parts.iter().map(|part| self.directory.join(&part.path));
        let days: BTreeSet<PathBuf> =
            paths.filter_map(|path| path.parent().map(Path::to_owned)).collect();
        let records = self.directory.join(RECORDS);
        let directories: Vec<PathBuf> = days.into_iter().chain([records]).collect();
        let sync = |directory: &PathBuf| disk::sync(directory).map_err(LakeError::io(directory));
        directories.par_iter().try_for_each(sync)
    }
}

/// A lake is never begun among other things. An interrupted first export leaves no more than these.
fn check_empty(directory: &Path) -> Result<(), LakeError> {
    if directory.join(MANIFEST).exists() {
        return Ok(());
    }
    let names = entries(directory)?.into_iter().filter_map(|path| path.file_name().map(Into::into));
    let foreign = |name: &OsString| name != LOCK && name != RECORDS && name != "manifest.new";
    match names.into_iter().find(foreign) {
        None => Ok(()),
        Some(name) => {
            let (path, found) = (directory.to_owned(), name.to_string_lossy().into_owned());
            Err(LakeError::Foreign { path, found })
        }
    }
}

fn lock(directory: &Path) -> Result<File, LakeError> {
    let path = directory.join(LOCK);
    let mut options = OpenOptions::new();
    let lock = options.create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(LakeError::io(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(LakeError::Locked { path: directory.to_owned() }),
        Err(TryLockError::Error(source)) => Err(LakeError::Io { path, source }),
    }
}

/// Removes the parts that the manifest does not name.
fn clear(directory: &Path, manifest: &Manifest) -> Result<(), LakeError> {
    let records = directory.join(RECORDS);
    fs::create_dir_all(&records).map_err(LakeError::io(&records))?;
    let named: BTreeSet<PathBuf> =
        manifest.files.iter().map(|part| directory.join(&part.path)).collect();
    for day in entries(&records)?.into_iter().filter(|path| is_named(path, "day=", &[""])) {
        let files = entries(&day)?.into_iter();
        let parts = files.filter(|path| is_named(path, "part-", &[".parquet", ".new"]));
        for left in parts.filter(|path| !named.contains(path)) {
            fs::remove_file(&left).map_err(LakeError::io(&left))?;
        }
    }
    Ok(())
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, LakeError> {
    let entries = fs::read_dir(directory).map_err(LakeError::io(directory))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    paths.collect::<Result<_, _>>().map_err(LakeError::io(directory))
}

fn is_named(path: &Path, begin: &str, ends: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(begin) && ends.iter().any(|end| name.ends_with(end))
}
