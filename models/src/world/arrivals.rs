//! The arrival time of each item.

use super::change::{Change, Gone};
use super::chunked::Chunked;
use super::facts::{Counts, Projection};
use super::ranking::Ranking;
use crate::column::Column;
use crate::event::Millis;
use crate::ground::columns::{ColumnError, Columns, Content, Number as _, Table};
use crate::id::ItemIdx;

/// The first event and the arrival time of each item.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// The time of each item's first event; 0 if unknown.
    first_seen: Chunked<Millis>,
    /// The item's own date, else the time of its first event; 0 if unknown. The latest comes first;
    /// ties by descending number.
    came: Ranking<Millis>,
}

impl Arrivals {
    /// The time of each item's first event, in Unix milliseconds; 0 if unknown.
    pub fn first_seen(&self) -> &Chunked<Millis> {
        &self.first_seen
    }

    /// The arrival time of each item, in Unix milliseconds; 0 if unknown. The latest comes first;
    /// ties by descending number.
    pub fn ranking(&self) -> &Ranking<Millis> {
        &self.came
    }

    fn see(&mut self, item: ItemIdx, ts: Millis, created: Option<Millis>) {
        let known = self.first_seen.get(item.row()).copied().unwrap_or_default();
        if ts > 0 && (known == 0 || ts < known) {
            *self.first_seen.get_mut(item.row()) = ts;
            self.date(item, created);
        }
    }

    /// Sets an item's arrival time from its current description. A replay may start with newer
    /// descriptions, and must give the same result.
    fn date(&mut self, item: ItemIdx, created: Option<Millis>) {
        let came = created.or(self.first_seen.get(item.row()).copied()).unwrap_or(0);
        if self.came.get(item.row()) != Some(&came) {
            self.came.set(item.row(), came);
        }
    }

    fn grow(&mut self, items: usize) {
        self.first_seen.grow_to(items);
        self.came.grow_to(items);
    }
}

impl Projection for Arrivals {
    type Frozen = Column<Millis>;

    fn thaw(first_seen: &Column<Millis>, counts: Counts) -> Self {
        let first = || first_seen.iter().copied();
        let came = Ranking::new(first(), |a, b| b.cmp(a));
        let mut arrivals = Self { first_seen: first().collect(), came };
        arrivals.grow(counts.items);
        arrivals
    }

    fn freeze(&self, _: Counts) -> Column<Millis> {
        self.first_seen.iter().copied().collect()
    }

    fn apply(&mut self, change: &Change<'_>) {
        match change {
            Change::Grown(counts) => self.grow(counts.items),
            Change::Event(happened) => self.see(happened.item, happened.event.ts, happened.created),
            Change::Item(item, record) => self.date(*item, record.created),
            Change::ItemDeleted(item) => self.date(*item, None),
            _ => (),
        }
    }

    /// An arrival time identifies no user.
    fn forget(&mut self, _: &Gone) {}

    fn write(first_seen: &Column<Millis>, columns: &mut Columns) {
        columns.put(Table::Items, "first_seen", Content::Numbers(i64::numbers(first_seen.clone())));
    }

    fn read(columns: &Columns) -> Result<Column<Millis>, ColumnError> {
        columns.numbers(Table::Items, "first_seen")
    }
}
