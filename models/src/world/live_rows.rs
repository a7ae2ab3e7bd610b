//! Ascending rows of numbers: at the watermark, and complete for each row changed later.

use std::sync::Arc;

use super::chunked::Chunked;
use crate::model::Rows;

/// Sets of numbers by row. A clone is O(1) and does not change.
#[derive(Clone, Debug, Default)]
pub(super) struct LiveRows {
    at_watermark: Rows,
    since: Chunked<Option<Arc<Vec<u32>>>>,
}

impl LiveRows {
    /// The rows of the watermark, each ascending.
    pub(super) fn new(at_watermark: Rows) -> Self {
        Self { at_watermark, since: Chunked::default() }
    }

    /// One row, ascending; empty beyond the last.
    pub(super) fn row(&self, row: usize) -> &[u32] {
        match self.since.get(row) {
            Some(Some(numbers)) => numbers,
            _ => self.at_watermark.row(row),
        }
    }

    /// Adds a number to a row, unless it is there. O(n).
    pub(super) fn insert(&mut self, row: usize, number: u32) {
        if let Err(at) = self.row(row).binary_search(&number) {
            self.get_mut(row).insert(at, number);
        }
    }

    /// Removes a number from a row, if it is there.
    pub(super) fn remove(&mut self, row: usize, number: u32) {
        if let Ok(at) = self.row(row).binary_search(&number) {
            self.get_mut(row).remove(at);
        }
    }

    /// Empties a row, and returns its content.
    pub(super) fn clear(&mut self, row: usize) -> Vec<u32> {
        std::mem::take(self.get_mut(row))
    }

    fn get_mut(&mut self, row: usize) -> &mut Vec<u32> {
        let at_watermark = &self.at_watermark;
        let numbers = self.since.get_mut(row);
        Arc::make_mut(numbers.get_or_insert_with(|| Arc::new(at_watermark.row(row).to_vec())))
    }
}

/// The transposed rows: row `b` contains each `a` whose row contains `b`, ascending.
pub(super) fn transposed(rows: &Rows, n: usize) -> Rows {
    let mut back = vec![Vec::new(); n];
    for from in 0..rows.rows() {
        rows.row(from).iter().for_each(|&to| back[to as usize].push(from as u32));
    }
    Rows::from_rows(&back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_row_stands_for_the_one_of_the_watermark_and_a_clone_stays() {
        let mut rows = LiveRows::new(Rows::from_rows(&[vec![1, 5], vec![2]]));
        let before = rows.clone();
        rows.insert(0, 3);
        rows.insert(0, 3);
        rows.remove(1, 2);
        rows.remove(1, 9);
        assert_eq!((rows.row(0), rows.row(1), rows.row(7)), (&[1, 3, 5][..], &[][..], &[][..]));
        assert_eq!((before.row(0), before.row(1)), (&[1, 5][..], &[2][..]));
        assert_eq!(rows.clear(0), [1, 3, 5]);
        assert!(rows.row(0).is_empty());
    }

    #[test]
    fn transposed_rows_lead_back() {
        let back = transposed(&Rows::from_rows(&[vec![0, 2], vec![2]]), 3);
        let rows: Vec<&[u32]> = (0..3).map(|row| back.row(row)).collect();
        assert_eq!(rows, [&[0][..], &[], &[0, 1]]);
    }
}
