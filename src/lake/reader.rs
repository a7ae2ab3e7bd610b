//! The records of a lake in the order of the log.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::vec;

use guanxi_models::{Offset, Record};

use super::columns::Columns;
use super::{LakeError, Manifest, Part};

/// The records of a lake, ascending by offset without gaps. It ends after the first error.
#[derive(Debug)]
pub struct Records {
    lake: PathBuf,
    passes: VecDeque<Vec<Part>>,
    tables: Vec<Table>,
    /// The places of the records of the current pass, in order.
    places: vec::IntoIter<Place>,
    next: Offset,
}

/// A table of the current pass.
#[derive(Debug)]
struct Table {
    path: PathBuf,
    columns: Columns,
}

/// The place of a record. In the order of offsets first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    offset: Offset,
    table: u32,
    row: u32,
}

impl Records {
    pub(super) fn new(lake: &Path, manifest: &Manifest) -> Result<Self, LakeError> {
        // Missing parts are noticed before the first record is returned.
        for part in &manifest.files {
            part.check(lake)?;
        }
        Ok(Self {
            lake: lake.to_owned(),
            passes: manifest.passes().into_iter().map(<[Part]>::to_vec).collect(),
            tables: Vec::new(),
            places: Vec::new().into_iter(),
            next: Offset(0).next(),
        })
    }

    /// Reads the next pass into memory; false if there is none.
    fn turn(&mut self) -> Result<bool, LakeError> {
        let Some(pass) = self.passes.pop_front() else { return Ok(false) };
        self.tables.clear();
        for part in &pass {
            let tables = part.read(&self.lake)?.into_iter();
            let path = self.lake.join(&part.path);
            self.tables.extend(tables.map(|columns| Table { path: path.clone(), columns }));
        }
        let mut places: Vec<Place> = places(&self.tables).collect();
        places.sort_unstable();
        self.check(&pass, &places)?;
        self.places = places.into_iter();
        Ok(true)
    }

    /// Makes sure that a pass holds the offsets that its parts are said to hold.
    fn check(&mut self, pass: &[Part], places: &[Place]) -> Result<(), LakeError> {
        let rows: u64 = pass.iter().map(|part| part.rows).sum();
        let expected = (self.next.0..).map(Offset).take(rows as usize);
        if places.iter().map(|place| place.offset).eq(expected) {
            self.next = Offset(self.next.0 + rows);
            return Ok(());
        }
        let path = self.lake.join(&pass[0].path);
        let what = format!("and its pass do not hold the offsets from {} on", self.next);
        Err(LakeError::damaged(path, what))
    }

    fn record(&self, place: Place) -> Result<(Offset, Record), LakeError> {
        let table = &self.tables[place.table as usize];
        match table.columns.record(place.row as usize) {
            Ok(record) => Ok((place.offset, record)),
            Err(what) => {
                let what = format!("{what} at offset {}", place.offset);
                Err(LakeError::damaged(&table.path, what))
            }
        }
    }

    fn stop(&mut self) {
        self.passes.clear();
        self.places = Vec::new().into_iter();
    }
}

fn places(tables: &[Table]) -> impl Iterator<Item = Place> {
    tables.iter().zip(0..).flat_map(|(Table { columns, .. }, table)| {
        (0..columns.rows()).map(move |row| {
            let offset = columns.offset(row);
            Place { offset, table, row: row as u32 }
        })
    })
}

impl Iterator for Records {
    type Item = Result<(Offset, Record), LakeError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(place) = self.places.next() {
                let record = self.record(place);
                if record.is_err() {
                    self.stop();
                }
                return Some(record);
            }
            match self.turn() {
                Ok(true) => (),
                Ok(false) => return None,
                Err(error) => {
                    self.stop();
                    return Some(Err(error));
                }
            }
        }
    }
}
