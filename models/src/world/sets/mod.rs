//! Persistent sets of items: by name, by price, by place. A clone is O(1) and stays as it is; a change copies the one set that it
//! falls into and the small part of the directory that leads there, never the rest.

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

/// Enters an item into a set, or strikes it out. Copies the set (at most an eighth of a byte per item of the catalogue) if somebody
/// else holds it.
fn change(set: &mut Arc<RoaringBitmap>, item: u32, belongs: bool) {
    let set = Arc::make_mut(set);
    if belongs {
        set.insert(item);
    } else {
        set.remove(item);
    }
}

/// The sets that together hold every item of a range: those that lie within it, and those at its edge, whose items must be looked at.
#[derive(Debug, Default)]
pub(super) struct Cover<'a> {
    /// Every item of these is in the range.
    pub(super) full: Vec<&'a RoaringBitmap>,
    /// Some items of these may be.
    pub(super) edge: Vec<&'a RoaringBitmap>,
}

impl Cover<'_> {
    /// How many items lie in the range at least.
    pub(super) fn at_least(&self) -> u64 {
        self.full.iter().map(|set| set.len()).sum()
    }

    /// How many items must be looked at.
    pub(super) fn unsure(&self) -> u64 {
        self.edge.iter().map(|set| set.len()).sum()
    }
}
