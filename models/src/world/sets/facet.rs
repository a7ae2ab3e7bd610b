//! Sets of items by a name: a category, a tag, a merchant, an attribute.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::change;

/// The number of parts. A change copies the names of one part.
const PARTS: usize = 256;

type Part = BTreeMap<Box<str>, Arc<RoaringBitmap>>;

/// Sets by name, none of them empty.
#[derive(Clone, Debug, Default)]
pub(in crate::world) struct Facet {
    /// Empty before the first name, then [`PARTS`].
    parts: Arc<Vec<Arc<Part>>>,
}

impl Facet {
    /// The items with the name, if any.
    pub(in crate::world) fn get(&self, name: &str) -> Option<&RoaringBitmap> {
        self.parts.get(part_of(name))?.get(name).map(|set| &**set)
    }

    /// All names of items, unordered.
    pub(in crate::world) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| part.keys()).map(|name| &**name)
    }

    /// Adds an item to a name, or removes it.
    pub(in crate::world) fn change(&mut self, name: &str, item: u32, belongs: bool) {
        if self.parts.is_empty() {
            self.parts = Arc::new(vec![Arc::default(); PARTS]);
        }
        let part = Arc::make_mut(&mut Arc::make_mut(&mut self.parts)[part_of(name)]);
        let set = part.entry(name.into()).or_default();
        change(set, item, belongs);
        if set.is_empty() {
            part.remove(name);
        }
    }
}

/// The part of a name, equal in every run.
fn part_of(name: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish() as usize % PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_copies_only_what_it_falls_into() {
        let mut facet = Facet::default();
        (0..2_000).for_each(|item| facet.change(&format!("tag{item}"), item, true));
        let before = facet.clone();
        facet.change("tag7", 9, true);
        let shared = before.parts.iter().zip(&*facet.parts).filter(|(a, b)| Arc::ptr_eq(a, b));
        assert_eq!(shared.count(), PARTS - 1);
        let len = |facet: &Facet| facet.get("tag7").map(RoaringBitmap::len);
        assert_eq!((len(&before), len(&facet)), (Some(1), Some(2)));
    }

    #[test]
    fn a_name_that_nothing_bears_any_more_is_gone() {
        let mut facet = Facet::default();
        facet.change("red", 1, true);
        facet.change("red", 1, false);
        assert_eq!((facet.get("red"), facet.names().count()), (None, 0));
    }
}
