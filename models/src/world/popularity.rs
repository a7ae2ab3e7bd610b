//! The number of users of each item.

use super::change::{Change, Gone, Happened};
use super::facts::{Counts, Projection};
use super::ranking::Ranking;
use crate::column::Column;
use crate::ground::columns::{ColumnError, Columns, Content, Number as _, Table};
use crate::history::Entry;
use crate::id::ItemIdx;

/// The number of users with a positive entry for each item, in descending order; ties by number.
#[derive(Clone, Debug)]
pub struct Popularity(Ranking<f32>);

impl Popularity {
    /// The numbers with their order.
    pub fn ranking(&self) -> &Ranking<f32> {
        &self.0
    }

    fn add(&mut self, item: ItemIdx, users: f32) {
        let known = self.0.get(item.row()).copied().unwrap_or(0.0);
        self.0.set(item.row(), known + users);
    }

    fn count(&mut self, Happened { item, before, after, .. }: &Happened<'_>) {
        let counts = |entry: &Option<Entry>| f32::from(entry.is_some_and(|one| one.is_positive()));
        let change = counts(after) - counts(before);
        if change != 0.0 {
            self.add(*item, change);
        }
    }
}

impl Projection for Popularity {
    type Frozen = Column<f32>;

    fn thaw(users: &Column<f32>, counts: Counts) -> Self {
        let mut ranking =
            Ranking::new(users.iter().copied(), |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        ranking.grow_to(counts.items);
        Self(ranking)
    }

    fn freeze(&self, _: Counts) -> Column<f32> {
        self.0.iter().copied().collect()
    }

    fn apply(&mut self, change: &Change<'_>) {
        match change {
            Change::Grown(counts) => self.0.grow_to(counts.items),
            Change::Event(happened) => self.count(happened),
            _ => (),
        }
    }

    fn forget(&mut self, gone: &Gone) {
        gone.liked.iter().for_each(|&item| self.add(ItemIdx(item), -1.0));
    }

    fn write(users: &Column<f32>, columns: &mut Columns) {
        columns.put(Table::Items, "popularity", Content::Numbers(f32::numbers(users.clone())));
    }

    fn read(columns: &Columns) -> Result<Column<f32>, ColumnError> {
        columns.numbers(Table::Items, "popularity")
    }
}
