//! CSV files with a header line.

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord};

use super::layout::Layout;
use super::table::{PIECE, Table, Visit};
use super::{FileKind, ImportError, Mapping};
use crate::ingest::cell::{Cell, Row};
use crate::ingest::columns::Role;
use crate::ingest::{Code, Flaw};

/// An open CSV file.
#[derive(Debug)]
pub(super) struct CsvTable {
    path: PathBuf,
    reader: Reader<File>,
    layout: Layout,
    row: u64,
    bytes: u64,
}

impl CsvTable {
    pub(super) fn open(
        path: &Path,
        kind: FileKind,
        mapping: &Mapping,
    ) -> Result<Self, ImportError> {
        let file = File::open(path).map_err(ImportError::io(path))?;
        let bytes = file.metadata().map_err(ImportError::io(path))?.len();
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
        let header = reader.byte_headers().map_err(damaged(path))?;
        let names = header.iter().enumerate().map(|(at, name)| column_name(at, name)).collect();
        let layout = Layout::new(path, names, kind, mapping)?;
        Ok(Self { path: path.to_owned(), reader, layout, row: 0, bytes })
    }

    fn row(&self, record: ByteRecord) -> Result<CsvRow<'_>, Flaw> {
        let (fields, columns) = (record.len(), self.layout.roles.len());
        if fields != columns {
            let what = format!("the row has {fields} fields and the header {columns}");
            return Err(Flaw::whole(Code::InvalidText, what));
        }
        let record = StringRecord::from_byte_record(record)
            .map_err(|_| Flaw::whole(Code::InvalidText, "the row is not UTF-8"))?;
        Ok(CsvRow { record, roles: &self.layout.roles })
    }
}

impl Table for CsvTable {
    fn next_rows(&mut self, visit: Visit<'_>) -> Result<bool, ImportError> {
        for _ in 0..PIECE {
            let mut record = ByteRecord::new();
            if !self.reader.read_byte_record(&mut record).map_err(damaged(&self.path))? {
                return Ok(false);
            }
            self.row += 1;
            match self.row(record) {
                Ok(row) => visit(self.row, Ok(&row)),
                Err(flaw) => visit(self.row, Err(flaw)),
            }
        }
        Ok(true)
    }

    fn progress(&self) -> f64 {
        self.reader.position().byte() as f64 / self.bytes.max(1) as f64
    }

    fn column_of(&self, field: &str) -> Option<&str> {
        self.layout.column_of(field)
    }

    fn ignored(&self) -> &[String] {
        &self.layout.ignored
    }
}

fn column_name(at: usize, name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let text = if at == 0 { text.trim_start_matches('\u{feff}') } else { &text };
    text.trim().to_owned()
}

/// One row: every cell is a text.
#[derive(Debug)]
struct CsvRow<'a> {
    record: StringRecord,
    roles: &'a [Option<Role>],
}

impl Row for CsvRow<'_> {
    fn cell(&self, field: &str) -> Cell<'_> {
        let is_it = |role: &Option<Role>| matches!(role, Some(Role::Field(name)) if *name == field);
        match self.roles.iter().position(is_it) {
            Some(at) => Cell::Text(&self.record[at]),
            None => Cell::Absent,
        }
    }

    fn extras(&self) -> Vec<(&str, Cell<'_>)> {
        let cells = self.roles.iter().zip(&self.record);
        let extras = cells.filter_map(|(role, text)| match role {
            Some(Role::Extra(name)) => Some((name.as_str(), guessed(text))),
            _ => None,
        });
        extras.collect()
    }
}

/// CSV has no types: what looks like a number or a boolean is one. `0042` is a text, for it would
/// lose its zeros.
fn guessed(text: &str) -> Cell<'_> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let is_number = match digits {
        [b'0', b'0'..=b'9', ..] => false,
        [b'0'..=b'9', ..] => true,
        _ => false,
    };
    match (text, text.parse::<f64>()) {
        ("true" | "false", _) => Cell::Flag(text == "true"),
        (_, Ok(number)) if is_number && number.is_finite() => Cell::Number(number),
        _ => Cell::Text(text),
    }
}

fn damaged(path: &Path) -> impl FnOnce(csv::Error) -> ImportError {
    let path = path.to_owned();
    move |error| ImportError::Damaged { path, format: "CSV", what: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_typed_by_their_looks() {
        let cases = [
            ("42", Cell::Number(42.0)),
            ("-1.5", Cell::Number(-1.5)),
            ("0", Cell::Number(0.0)),
            ("0.5", Cell::Number(0.5)),
            ("0042", Cell::Text("0042")),
            ("nan", Cell::Text("nan")),
            ("1e999", Cell::Text("1e999")),
            ("true", Cell::Flag(true)),
            ("red", Cell::Text("red")),
        ];
        for (text, cell) in cases {
            assert_eq!(guessed(text), cell, "{text}");
        }
    }
}
