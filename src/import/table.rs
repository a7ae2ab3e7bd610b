//! A file as a sequence of rows, whatever its format.

use std::path::Path;

use super::csv::CsvTable;
use super::ndjson::NdjsonTable;
use super::parquet::ParquetTable;
use super::{FileKind, ImportError, Mapping};
use crate::ingest::Flaw;
use crate::ingest::cell::Row;

/// Rows that are read ahead at once.
pub(super) const PIECE: usize = 4096;

/// Takes one row: its number, and the row or why it can't be read.
pub(super) type Visit<'a> = &'a mut dyn FnMut(u64, Result<&dyn Row, Flaw>);

/// A file that is read piece by piece.
pub(super) trait Table {
    /// Visits the rows of the next piece. False after the last.
    fn next_rows(&mut self, visit: Visit<'_>) -> Result<bool, ImportError>;

    /// The share of the file that has been read, from 0 to 1.
    fn progress(&self) -> f64;

    /// The name of the column that a field is read from.
    fn column_of(&self, field: &str) -> Option<&str>;

    /// The columns that are not read.
    fn ignored(&self) -> &[String];
}

/// Opens a file by what its name ends in.
pub(super) fn open(
    path: &Path,
    kind: FileKind,
    mapping: &Mapping,
) -> Result<Box<dyn Table>, ImportError> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("parquet" | "pq") => Ok(Box::new(ParquetTable::open(path, kind, mapping)?)),
        Some("csv") => Ok(Box::new(CsvTable::open(path, kind, mapping)?)),
        Some("ndjson" | "jsonl") => Ok(Box::new(NdjsonTable::open(path, kind, mapping)?)),
        _ => Err(ImportError::Extension { path: path.to_owned() }),
    }
}
