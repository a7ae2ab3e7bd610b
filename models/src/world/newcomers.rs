//! Items newer than the model, with vectors from their attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::ItemIdx;
use crate::index::LiveIndex;
use crate::kernel::dot;

/// The most newcomers until the next training.
const AT_MOST: usize = 100_000;

/// The most newcomers for an exact scan; more are searched with a [`LiveIndex`].
const SCANNED: usize = 1_000;

/// The least number of candidates of a search.
const EF: usize = 64;

/// The number of extra results to request, because some may not be allowed or have moved.
const SPARE: usize = 32;

/// Vectors by item. A clone is O(1) and does not change. The first change after it copies the map,
/// not the vectors.
#[derive(Clone, Debug, Default)]
pub(super) struct Newcomers {
    rows: Arc<BTreeMap<ItemIdx, Placed>>,
    /// The index of all placements, if they are many. All versions share it; each knows its valid
    /// placements.
    live: Option<Arc<LiveIndex>>,
    placements: u32,
    /// The number of placements when the index was made.
    indexed_at: u32,
}

#[derive(Clone, Debug)]
struct Placed {
    row: Arc<[f32]>,
    /// The number of earlier placements.
    placement: u32,
}

impl Placed {
    /// The key of this placement in a [`LiveIndex`].
    fn key(&self, item: ItemIdx) -> usize {
        (self.placement as usize) << 32 | item.0 as usize
    }
}

impl Newcomers {
    /// The vector of a newcomer. O(log n).
    pub(super) fn row(&self, item: ItemIdx) -> Option<&[f32]> {
        self.rows.get(&item).map(|placed| &*placed.row)
    }

    /// The number of newcomers.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The `k` accepted newcomers with the largest inner product with `vector`, unordered: exact
    /// for few newcomers, approximate for many.
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

    /// Sets or removes the vector of an item.
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

    /// Makes an index of the current placements.
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
        // Items that are not allowed are not counted, even if no near item is allowed.
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
