//! Persistent sets of items: by name, by price, by place. A clone is O(1) and does not change. A
//! change copies one set and its small part of the directory.

mod cells;
mod currencies;
mod facet;
pub(super) mod places;
pub(super) mod prices;

use std::sync::Arc;

use roaring::RoaringBitmap;

pub(super) use cells::Cells;
pub(super) use currencies::Currencies;
pub(super) use facet::Facet;

/// Adds an item to a set, or removes it. Copies a shared set, which takes at most a bit for each
/// item of the catalogue.
fn change(set: &mut Arc<RoaringBitmap>, item: u32, belongs: bool) {
    let set = Arc::make_mut(set);
    if belongs {
        set.insert(item);
    } else {
        set.remove(item);
    }
}

/// The sets that cover a range: those inside, and those at its edge, whose items must be tested.
#[derive(Debug, Default)]
pub(super) struct Cover<'a> {
    /// Sets with all items in the range.
    pub(super) full: Vec<&'a RoaringBitmap>,
    /// Sets with some items in the range.
    pub(super) edge: Vec<&'a RoaringBitmap>,
}

impl Cover<'_> {
    /// A lower bound of the number of items in the range.
    pub(super) fn at_least(&self) -> u64 {
        self.full.iter().map(|set| set.len()).sum()
    }

    /// The number of items to test.
    pub(super) fn unsure(&self) -> u64 {
        self.edge.iter().map(|set| set.len()).sum()
    }
}
