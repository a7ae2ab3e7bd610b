//! The checked rows of a file.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use guanxi_models::{Event, Item, Relation, RelationKind, User};

use super::fingerprint::fingerprint;
use super::table::{Table, open};
use super::{FileKind, ImportError, Mapping, RowError};
use crate::ingest::Flaw;
use crate::ingest::cell::Row;
use crate::ingest::event::{EventDefaults, event};
use crate::ingest::item::item;
use crate::ingest::reader::{Mode, Reader};
use crate::ingest::relation::{RelationDefaults, relation};
use crate::ingest::user::user;

/// Makes a value of a row with its number.
type Convert<T> = Box<dyn Fn(u64, &dyn Row) -> Result<T, Flaw>>;

/// The rows of a file in order, each checked on its own. A few thousand are held at a time.
pub struct Rows<T> {
    path: PathBuf,
    table: Box<dyn Table>,
    convert: Convert<T>,
    ready: VecDeque<Result<T, RowError>>,
    is_done: bool,
}

impl<T> std::fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("path", &self.path).finish_non_exhaustive()
    }
}

impl<T> Rows<T> {
    fn open(
        path: &Path,
        kind: FileKind,
        mapping: &Mapping,
        convert: Convert<T>,
    ) -> Result<Self, ImportError> {
        let table = open(path, kind, mapping)?;
        let path = path.to_owned();
        Ok(Self { path, table, convert, ready: VecDeque::new(), is_done: false })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The share of the file that has been read, from 0 to 1.
    pub fn progress(&self) -> f64 {
        if self.is_done { 1.0 } else { self.table.progress().min(1.0) }
    }

    /// The columns that are not read, because they are no field.
    pub fn ignored(&self) -> &[String] {
        self.table.ignored()
    }

    /// The same rows as another type.
    pub fn map_rows<U: 'static>(self, map: impl Fn(T) -> U + 'static) -> Rows<U>
    where
        T: 'static,
    {
        debug_assert!(self.ready.is_empty(), "rows are mapped before the first is read");
        let Self { path, table, convert, is_done, .. } = self;
        let convert: Convert<U> = Box::new(move |row, cells| convert(row, cells).map(&map));
        Rows { path, table, convert, ready: VecDeque::new(), is_done }
    }

    fn read_ahead(&mut self) {
        let Self { table, convert, ready, .. } = self;
        let more = table.next_rows(&mut |row, cells| {
            let converted = cells.and_then(|cells| convert(row, cells));
            ready.push_back(converted.map_err(|flaw| RowError::Malformed { row, flaw }));
        });
        match more {
            Ok(more) => self.is_done = !more,
            Err(error) => {
                self.is_done = true;
                self.ready.push_back(Err(error.into()));
            }
        }
    }

    /// Speaks of the column of the file, not of the field it became.
    fn in_words_of_the_file(&self, error: RowError) -> RowError {
        let RowError::Malformed { row, mut flaw } = error else { return error };
        if let Some(column) = self.table.column_of(&flaw.field) {
            flaw.field = column.to_owned();
        }
        RowError::Malformed { row, flaw }
    }
}

impl<T> Iterator for Rows<T> {
    type Item = Result<T, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.is_done {
            self.read_ahead();
        }
        let row = self.ready.pop_front()?;
        Some(row.map_err(|error| self.in_words_of_the_file(error)))
    }
}

/// Opens a file of events: columns `user`, `item`, and any other field of an event.
///
/// A missing type becomes the mapping's default, a missing time 0 (unknown), a missing weight 1. A
/// missing `event_id` is made from the file's content and the row's number, so that the same row
/// gets the same id each time.
pub fn read_interactions(path: &Path, mapping: &Mapping) -> Result<Rows<Event>, ImportError> {
    let owned = mapping.clone();
    let file = fingerprint(path)?;
    let convert = move |row: u64, cells: &dyn Row| {
        let defaults = EventDefaults {
            ts: 0,
            kind: Some(owned.default_event()),
            names: &|name| owned.event(name),
            event_id: &|| format!("file:{file}:{row}"),
        };
        event(&Reader::new(cells, Mode::Lenient, owned.now()), &defaults)
    };
    Rows::open(path, FileKind::Interactions, mapping, Box::new(convert))
}

/// Opens a file of relations: columns `from` (or `src`), `to` (or `dst`), and `kind`, without which
/// they are friends.
pub fn read_relations(path: &Path, mapping: &Mapping) -> Result<Rows<Relation>, ImportError> {
    let now = mapping.now();
    let convert = move |_: u64, cells: &dyn Row| {
        let defaults = RelationDefaults { kind: Some(RelationKind::Friend), names: &Mapping::kind };
        relation(&Reader::new(cells, Mode::Lenient, now), &defaults)
    };
    Rows::open(path, FileKind::Relations, mapping, Box::new(convert))
}

/// Opens a catalogue: a column `item` (or `id`), and what else an item may say; columns that are no
/// field become attributes.
pub fn read_items(path: &Path, mapping: &Mapping) -> Result<Rows<Item>, ImportError> {
    let now = mapping.now();
    let convert = move |_: u64, cells: &dyn Row| item(&Reader::new(cells, Mode::Lenient, now));
    Rows::open(path, FileKind::Items, mapping, Box::new(convert))
}

/// Opens a file of users: a column `user` (or `id`), and what else a user may say; columns that are
/// no field become attributes.
pub fn read_users(path: &Path, mapping: &Mapping) -> Result<Rows<User>, ImportError> {
    let now = mapping.now();
    let convert = move |_: u64, cells: &dyn Row| user(&Reader::new(cells, Mode::Lenient, now));
    Rows::open(path, FileKind::Users, mapping, Box::new(convert))
}
