//! A set of items for many membership tests.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::chunked::Chunked;

const BITS: usize = u64::BITS as usize;

/// A set of items, stored twice: compressed for set operations, and as bits for fast membership
/// tests. A clone is O(1) and does not change.
#[derive(Clone, Debug, Default)]
pub(super) struct ItemSet {
    set: Arc<RoaringBitmap>,
    bits: Chunked<u64>,
}

impl ItemSet {
    /// The compressed set.
    pub(super) fn set(&self) -> &RoaringBitmap {
        &self.set
    }

    /// True if it contains the item. O(1): a bounds check and two loads.
    pub(super) fn contains(&self, item: u32) -> bool {
        let (word, bit) = place(item);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    pub(super) fn insert(&mut self, item: u32) {
        if !self.contains(item) {
            let (word, bit) = place(item);
            *self.bits.get_mut(word) |= bit;
            Arc::make_mut(&mut self.set).insert(item);
        }
    }

    pub(super) fn remove(&mut self, item: u32) {
        if self.contains(item) {
            let (word, bit) = place(item);
            *self.bits.get_mut(word) &= !bit;
            Arc::make_mut(&mut self.set).remove(item);
        }
    }
}

fn place(item: u32) -> (usize, u64) {
    (item as usize / BITS, 1 << (item as usize % BITS))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_forms_hold_the_same(changes in vec((0..10_000_u32, any::<bool>()), 0..300)) {
            let mut set = ItemSet::default();
            for &(item, belongs) in &changes {
                if belongs { set.insert(item) } else { set.remove(item) }
            }
            for item in 0..10_100 {
                prop_assert_eq!(set.contains(item), set.set().contains(item));
            }
            let mut last: std::collections::BTreeMap<u32, bool> = changes.iter().copied().collect();
            last.retain(|_, belongs| *belongs);
            prop_assert!(set.set().iter().eq(last.keys().copied()));
        }
    }
}
