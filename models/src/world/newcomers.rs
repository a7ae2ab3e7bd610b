//! Items that came after the model, with the rows that were foretold of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::ItemIdx;
use crate::index::LiveIndex;
use crate::kernel::dot;

/// So many are placed until the next training.
const AT_MOST: usize = 100_000;

/// Up to so many a question looks at each of them; more are searched by a [`LiveIndex`].
const SCANNED: usize = 1_000;

/// A search keeps at least so many candidates.
const EF: usize = 64;

/// So many are asked for beyond those that are wanted, for some may not be allowed or stand elsewhere by now.
const SPARE: usize = 32;

/// Rows by item. A clone is O(1) and stays as it is; the first change after it copies the map, not the rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Newcomers {
    rows: Arc<BTreeMap<ItemIdx, Placed>>,
    /// All rows that were ever placed, once they are many: shared by all versions, each of which knows what still holds.
    live: Option<Arc<LiveIndex>>,
    placements: u32,
    /// How many placements there were when the index was made.
    indexed_at: u32,
}

#[derive(Clone, Debug)]
struct Placed {
    row: Arc<[f32]>,
    /// How many were placed before.
    placement: u32,
}

impl Placed {
    /// By what this placement is known in a [`LiveIndex`].
    fn key(&self, item: ItemIdx) -> usize {
        (self.placement as usize) << 32 | item.0 as usize
    }
}

impl Newcomers {
    /// The row of an item that was placed. O(log n).
    pub(super) fn row(&self, item: ItemIdx) -> Option<&[f32]> {
        self.rows.get(&item).map(|placed| &*placed.row)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The `k` of largest inner product with `vector` among those that `accept` lets through, in no order: exactly those where they are
    /// few, about those where they are many.
    pub(super) fn nearest(
        &self,
        vector: &[f32],
        k: usize,
        accept: &dyn Fn(ItemIdx) -> bool,
    ) -> Vec<(f32, ItemIdx)> {
        let Some(live) = &self.live else { return self.scan(vector, accept) };
        let found = live.search(vector, k + SPARE, EF.max(2 * k));
        let still = found.into_iter().filter_map(|key| {
            let item = ItemIdx(key as u32);
            let placed = self.rows.get(&item).filter(|placed| placed.key(item) == key)?;
            accept(item).then(|| (dot(vector, &placed.row), item))
        });
        let found: Vec<(f32, ItemIdx)> = still.collect();
        if found.len() < k { self.scan(vector, accept) } else { found }
    }

    fn scan(&self, vector: &[f32], accept: &dyn Fn(ItemIdx) -> bool) -> Vec<(f32, ItemIdx)> {
        let allowed = self.rows.iter().filter(|(item, _)| accept(**item));
        allowed.map(|(&item, placed)| (dot(vector, &placed.row), item)).collect()
    }

    /// Places an item, or takes back that it was placed.
    pub(super) fn put(&mut self, item: ItemIdx, row: Option<Vec<f32>>) {
        let known = self.rows.get(&item);
        match row {
            Some(row) if known.is_some_and(|placed| *placed.row == *row) => {}
            Some(row) if known.is_some() || self.rows.len() < AT_MOST => self.place(item, row),
            None if known.is_some() => {
                Arc::make_mut(&mut self.rows).remove(&item);
            }
            _ => {}
        }
    }

    fn place(&mut self, item: ItemIdx, row: Vec<f32>) {
        let placed = Placed { row: row.into(), placement: self.placements };
        self.placements += 1;
        if let Some(live) = &self.live {
            live.insert(placed.key(item), &placed.row);
        }
        Arc::make_mut(&mut self.rows).insert(item, placed);
        let since = (self.placements - self.indexed_at) as usize;
        let is_stale = since > 2 * self.rows.len().max(AT_MOST / 10);
        if self.rows.len() > SCANNED && (self.live.is_none() || is_stale) {
            self.index();
        }
    }

    /// Makes an index of what holds now.
    fn index(&mut self) {
        let Some(first) = self.rows.values().next() else { return };
        let live = LiveIndex::new(first.row.len(), AT_MOST / 10);
        for (&item, placed) in &*self.rows {
            live.insert(placed.key(item), &placed.row);
        }
        self.live = Some(Arc::new(live));
        self.indexed_at = self.placements;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: usize) -> ItemIdx {
        ItemIdx(number as u32)
    }

    #[test]
    fn a_clone_does_not_see_what_comes_after_it() {
        let mut newcomers = Newcomers::default();
        newcomers.put(item(3), Some(vec![1.0]));
        let before = newcomers.clone();
        newcomers.put(item(3), None);
        newcomers.put(item(4), Some(vec![2.0]));
        assert_eq!((before.row(item(3)), before.row(item(4))), (Some(&[1.0][..]), None));
        assert_eq!((newcomers.row(item(3)), newcomers.row(item(4))), (None, Some(&[2.0][..])));
    }

    #[test]
    fn beyond_the_most_only_those_who_are_there_are_placed_anew() {
        let mut newcomers = Newcomers::default();
        // Of no width: nothing is worth indexing.
        (0..=AT_MOST).for_each(|number| newcomers.put(item(number), Some(vec![])));
        newcomers.put(item(0), Some(vec![2.0]));
        assert_eq!((newcomers.len(), newcomers.row(item(AT_MOST))), (AT_MOST, None));
        assert_eq!(newcomers.row(item(0)), Some(&[2.0][..]));
    }

    /// A row that is longer the larger the number is.
    fn row(number: usize) -> Vec<f32> {
        let mut row = vec![0.0; 16];
        row[number % 4] = number as f32 / 10_000.0;
        row
    }

    fn best(newcomers: &Newcomers, vector: &[f32], accept: &dyn Fn(ItemIdx) -> bool) -> Vec<u32> {
        let mut found = newcomers.nearest(vector, 3, accept);
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found.into_iter().take(3).map(|one| one.1.0).collect()
    }

    #[test]
    fn many_are_found_as_few_are() {
        let mut newcomers = Newcomers::default();
        (0..SCANNED + 1000).for_each(|number| newcomers.put(item(number), Some(row(number))));
        assert!(newcomers.live.is_some());
        let vector =
            [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(best(&newcomers, &vector, &|_| true), [1996, 1992, 1988]);
        // What is not allowed is not counted, even where nothing near is allowed.
        assert_eq!(best(&newcomers, &vector, &|item| item.0 < 9), [8, 4, 0]);
    }

    #[test]
    fn who_was_moved_or_taken_out_is_not_found_where_it_was() {
        let mut newcomers = Newcomers::default();
        (0..SCANNED + 1000).for_each(|number| newcomers.put(item(number), Some(row(number))));
        let before = newcomers.clone();
        newcomers.put(item(1996), Some(row(1)));
        newcomers.put(item(1992), None);
        newcomers.put(item(4), Some(row(4000)));
        let mut vector = [0.0; 16];
        vector[0] = 1.0;
        assert_eq!(best(&newcomers, &vector, &|_| true), [4, 1988, 1984]);
        assert_eq!(best(&before, &vector, &|_| true), [1996, 1992, 1988]);
    }
}
