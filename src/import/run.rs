//! Writes files to a sink, batch by batch.

use std::path::{Path, PathBuf};

use guanxi_models::Record;

use super::{
    ImportError, Mapping, RowError, Rows, read_interactions, read_items, read_relations, read_users,
};
use crate::store::Outcome;

/// Records that are written at once: one fsync each.
pub const BATCH: usize = 5_000;
/// Malformed rows that are listed; the others are only counted.
const LISTED: usize = 20;

/// Why a sink could not write.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// The destination of imported records.
pub trait Sink {
    /// Writes records, all of them or none. They are durable when it returns.
    fn write(&mut self, records: Vec<Record>) -> Result<Written, SinkError>;
}

/// The outcomes of the records given to a sink; the three add up to all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// They are in the log now and were not before.
    pub stored: u64,
    /// The log said the same already.
    pub duplicates: u64,
    /// Events whose id is in the log with another body: not written.
    pub conflicts: u64,
}

impl Written {
    /// Counts what became of one record.
    pub fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Stored(_) => self.stored += 1,
            Outcome::Duplicate(_) => self.duplicates += 1,
            Outcome::Conflict(_) => self.conflicts += 1,
        }
    }
}

/// The files of one import.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Events.
    pub interactions: Option<PathBuf>,
    /// How users stand to each other.
    pub relations: Option<PathBuf>,
    /// The catalogue.
    pub items: Option<PathBuf>,
    /// The users.
    pub users: Option<PathBuf>,
}

impl Files {
    /// Opens all of them in the order of writing: the catalogue first, the interactions last.
    ///
    /// A fault that shows without reading the rows is an error here, before anything is written.
    pub fn open(&self, mapping: &Mapping) -> Result<Vec<Rows<Record>>, ImportError> {
        let mut opened = Vec::new();
        if let Some(path) = &self.items {
            opened.push(read_items(path, mapping)?.map_rows(Record::Item));
        }
        if let Some(path) = &self.users {
            opened.push(read_users(path, mapping)?.map_rows(Record::User));
        }
        if let Some(path) = &self.relations {
            opened.push(read_relations(path, mapping)?.map_rows(Record::Relation));
        }
        if let Some(path) = &self.interactions {
            opened.push(read_interactions(path, mapping)?.map_rows(Record::Event));
        }
        Ok(opened)
    }
}

/// The progress of an import.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The file that is being read.
    pub path: &'a Path,
    /// The share of it that has been read, from 0 to 1.
    pub progress: f64,
    /// The number of its rows read.
    pub rows: u64,
}

/// The outcomes of one file's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The file.
    pub path: PathBuf,
    /// Rows that were read.
    pub rows: u64,
    /// The outcomes of the accepted rows.
    pub written: Written,
    /// Rows that were not taken.
    pub malformed: u64,
    /// The first malformed rows: their numbers and what is wrong.
    pub listed: Vec<String>,
    /// Columns that were not read.
    pub ignored: Vec<String>,
}

impl Tally {
    /// True if a row was refused.
    pub fn has_refusals(&self) -> bool {
        self.malformed > 0 || self.written.conflicts > 0
    }

    fn refuse(&mut self, error: &RowError) {
        self.malformed += 1;
        if self.listed.len() < LISTED {
            self.listed.push(error.to_string());
        }
    }

    fn add(&mut self, written: Written) {
        self.written.stored += written.stored;
        self.written.duplicates += written.duplicates;
        self.written.conflicts += written.conflicts;
    }
}

/// Imports files that have been opened, one after the other.
pub fn import(
    opened: Vec<Rows<Record>>,
    sink: &mut dyn Sink,
    report: &mut dyn FnMut(Step<'_>),
) -> Result<Vec<Tally>, ImportError> {
    opened.into_iter().map(|rows| import_rows(rows, sink, report)).collect()
}

fn import_rows(
    mut rows: Rows<Record>,
    sink: &mut dyn Sink,
    report: &mut dyn FnMut(Step<'_>),
) -> Result<Tally, ImportError> {
    let path = rows.path().to_owned();
    let mut tally =
        Tally { path: path.clone(), ignored: rows.ignored().to_vec(), ..Tally::default() };
    loop {
        let batch = next_batch(&mut rows, &mut tally)?;
        if batch.is_empty() {
            report(Step { path: &path, progress: 1.0, rows: tally.rows });
            return Ok(tally);
        }
        tally.add(sink.write(batch).map_err(ImportError::Sink)?);
        report(Step { path: &path, progress: rows.progress(), rows: tally.rows });
    }
}

/// The next good rows; empty after the last.
fn next_batch(rows: &mut Rows<Record>, tally: &mut Tally) -> Result<Vec<Record>, ImportError> {
    let mut batch = Vec::with_capacity(BATCH);
    for row in rows.by_ref() {
        tally.rows += 1;
        match row {
            Ok(record) => batch.push(record),
            Err(RowError::Unreadable(error)) => return Err(error),
            Err(malformed) => tally.refuse(&malformed),
        }
        if batch.len() == BATCH {
            break;
        }
    }
    Ok(batch)
}
