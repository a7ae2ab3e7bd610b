//! Items that came after the model, with the rows that were foretold of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::ItemIdx;

/// So many are placed until the next training: they are in no index, so that every question looks at each.
const AT_MOST: usize = 10_000;

/// Rows by item. A clone is O(1) and stays as it is; the first change after it copies the map, not the rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Newcomers(Arc<BTreeMap<ItemIdx, Arc<[f32]>>>);

impl Newcomers {
    /// The row of an item that was placed. O(log n).
    pub(super) fn row(&self, item: ItemIdx) -> Option<&[f32]> {
        self.0.get(&item).map(|row| &**row)
    }

    /// All of them, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ItemIdx, &[f32])> {
        self.0.iter().map(|(&item, row)| (item, &**row))
    }

    /// Places an item, or takes back that it was placed.
    pub(super) fn put(&mut self, item: ItemIdx, row: Option<Vec<f32>>) {
        let is_known = self.0.contains_key(&item);
        match row {
            Some(row) if is_known || self.0.len() < AT_MOST => {
                Arc::make_mut(&mut self.0).insert(item, row.into());
            }
            None if is_known => {
                Arc::make_mut(&mut self.0).remove(&item);
            }
            _ => (),
        }
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
        (0..=AT_MOST).for_each(|number| newcomers.put(item(number), Some(vec![1.0])));
        newcomers.put(item(0), Some(vec![2.0]));
        assert_eq!((newcomers.iter().count(), newcomers.row(item(AT_MOST))), (AT_MOST, None));
        assert_eq!(newcomers.row(item(0)), Some(&[2.0][..]));
    }
}
