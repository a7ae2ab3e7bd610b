//! Files with one JSON object a line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::table::{PIECE, Table, Visit};
use super::{FileKind, ImportError, Mapping};
use crate::ingest::body::{Object, object, without_mark};
use crate::ingest::cell::{Cell, Row};
use crate::ingest::{Code, Flaw};

/// The longest line that is read; what is longer is no row.
const LINE_BYTES: u64 = 1 << 20;

/// An open NDJSON file.
#[derive(Debug)]
pub(super) struct NdjsonTable {
    path: PathBuf,
    reader: BufReader<File>,
    keys: Keys,
    line: u64,
    read: u64,
    bytes: u64,
}

/// The keys that each field is looked for under.
#[derive(Debug)]
struct Keys {
    of_fields: Vec<(&'static str, Vec<String>)>,
    has_attributes: bool,
}

impl NdjsonTable {
    pub(super) fn open(
        path: &Path,
        kind: FileKind,
        mapping: &Mapping,
    ) -> Result<Self, ImportError> {
        let file = File::open(path).map_err(ImportError::io(path))?;
        let bytes = file.metadata().map_err(ImportError::io(path))?.len();
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let fields = kind.shape().fields.iter().map(|field| field.name);
        let of_fields = fields.map(|field| (field, owned(mapping.candidates(kind, field))));
        let keys = Keys { of_fields: of_fields.collect(), has_attributes: kind.has_attributes() };
        let reader = BufReader::with_capacity(1 << 16, file);
        Ok(Self { path: path.to_owned(), reader, keys, line: 0, read: 0, bytes })
    }

    /// The next line without its end; none after the last.
    fn next_line(&mut self) -> Result<Option<Result<Vec<u8>, Flaw>>, ImportError> {
        let mut line = Vec::new();
        let read = self.reader.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line);
        let read = read.map_err(ImportError::io(&self.path))?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.read += read as u64;
        if read as u64 == LINE_BYTES && !line.ends_with(b"\n") {
            self.read += self.reader.skip_until(b'\n').map_err(ImportError::io(&self.path))? as u64;
            let what = format!("the line is longer than {LINE_BYTES} bytes");
            return Ok(Some(Err(Flaw::whole(Code::TooLong, what))));
        }
        Ok(Some(Ok(line)))
    }

    fn visit(&self, line: &[u8], visit: Visit<'_>) {
        let line = if self.line == 1 { without_mark(line) } else { line }.trim_ascii();
        if line.is_empty() {
            return;
        }
        match object(line) {
            Ok(object) => visit(self.line, Ok(&NdjsonRow { object, keys: &self.keys })),
            Err(flaw) => visit(self.line, Err(flaw)),
        }
    }
}

impl Table for NdjsonTable {
    fn next_rows(&mut self, visit: Visit<'_>) -> Result<bool, ImportError> {
        for _ in 0..PIECE {
            match self.next_line()? {
                None => return Ok(false),
                Some(Ok(line)) => self.visit(&line, visit),
                Some(Err(flaw)) => visit(self.line, Err(flaw)),
            }
        }
        Ok(true)
    }

    fn progress(&self) -> f64 {
        self.read as f64 / self.bytes.max(1) as f64
    }

    fn column_of(&self, field: &str) -> Option<&str> {
        self.keys.of(field).first().map(String::as_str)
    }

    fn ignored(&self) -> &[String] {
        &[]
    }
}

impl Keys {
    fn of(&self, field: &str) -> &[String] {
        let found = self.of_fields.iter().find(|(name, _)| *name == field);
        found.map_or(&[], |(_, keys)| keys)
    }
}

/// One line.
#[derive(Debug)]
struct NdjsonRow<'a> {
    object: Object,
    keys: &'a Keys,
}

impl Row for NdjsonRow<'_> {
    fn cell(&self, field: &str) -> Cell<'_> {
        let found = self.keys.of(field).iter().find_map(|key| self.object.get(key));
        found.map_or(Cell::Absent, Cell::from)
    }

    fn extras(&self) -> Vec<(&str, Cell<'_>)> {
        if !self.keys.has_attributes {
            return Vec::new();
        }
        let is_field =
            |key: &str| self.keys.of_fields.iter().any(|(_, keys)| keys.iter().any(|k| k == key));
        let extras = self.object.iter().filter(|(key, _)| !is_field(key));
        extras.map(|(key, value)| (key.as_str(), Cell::from(value))).collect()
    }
}
