//! Sets of items by a cell of a grid.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::change;

/// A row of a grid and a column of it.
pub(super) type Cell = (u16, u16);

type Row = BTreeMap<u16, Arc<RoaringBitmap>>;

/// Sets by cell, in order, none of them empty. A change copies the list of rows, one row, and one
/// set.
#[derive(Clone, Debug, Default)]
pub(in crate::world) struct Cells {
    rows: Arc<BTreeMap<u16, Arc<Row>>>,
}

impl Cells {
    /// Adds an item to a cell, or removes it.
    pub(super) fn change(&mut self, (row, column): Cell, item: u32, belongs: bool) {
        let rows = Arc::make_mut(&mut self.rows);
        let cells = Arc::make_mut(rows.entry(row).or_default());
        let set = cells.entry(column).or_default();
        change(set, item, belongs);
        if set.is_empty() {
            cells.remove(&column);
        }
        if cells.is_empty() {
            rows.remove(&row);
        }
    }

    /// The cells of some rows, in order.
    pub(super) fn in_rows(
        &self,
        rows: RangeInclusive<u16>,
    ) -> impl Iterator<Item = (Cell, &RoaringBitmap)> {
        self.in_columns(rows, 0..=u16::MAX)
    }

    /// The cells of some rows and columns, in order.
    pub(super) fn in_columns(
        &self,
        rows: RangeInclusive<u16>,
        columns: RangeInclusive<u16>,
    ) -> impl Iterator<Item = (Cell, &RoaringBitmap)> {
        self.rows.range(rows).flat_map(move |(&row, cells)| {
            let cells = cells.range(columns.clone());
            cells.map(move |(&column, set)| ((row, column), &**set))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &Cells) -> Vec<(Cell, u64)> {
        cells.in_rows(0..=9).map(|(cell, set)| (cell, set.len())).collect()
    }

    #[test]
    fn rows_that_are_not_touched_are_shared_and_empty_cells_vanish() {
        let mut grid = Cells::default();
        for (cell, item) in [((1, 2), 5), ((1, 4), 6), ((3, 2), 7)] {
            grid.change(cell, item, true);
        }
        let before = grid.clone();
        grid.change((3, 2), 7, false);
        grid.change((1, 2), 8, true);
        assert_eq!(cells(&before), [((1, 2), 1), ((1, 4), 1), ((3, 2), 1)]);
        assert_eq!(cells(&grid), [((1, 2), 2), ((1, 4), 1)]);
        grid = before.clone();
        grid.change((1, 2), 8, true);
        assert!(Arc::ptr_eq(&grid.rows[&3], &before.rows[&3]));
    }

    #[test]
    fn a_window_is_cut_out_of_both_ways() {
        let mut grid = Cells::default();
        for (cell, item) in (0..25).map(|n| (n as u16 / 5, n as u16 % 5)).zip(0..) {
            grid.change(cell, item, true);
        }
        let found: Vec<Cell> = grid.in_columns(1..=2, 3..=9).map(|(cell, _)| cell).collect();
        assert_eq!(found, [(1, 3), (1, 4), (2, 3), (2, 4)]);
    }
}
