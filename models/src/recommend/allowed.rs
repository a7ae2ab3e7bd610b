//! Which items may be listed at all: decided before anything is ranked.

use roaring::RoaringBitmap;

use super::query::{Query, QueryError};
use crate::id::UserIdx;
use crate::world::World;

/// Up to so many matching items a scan of just these beats a search that walks through everything else.
const SCAN_AT_MOST: u64 = 10_000;

/// The items that an answer may list.
#[derive(Debug)]
pub(super) struct Allowed<'a> {
    world: &'a World,
    /// What the filter lets through, where there is one.
    matching: Option<RoaringBitmap>,
    /// Named by the caller, or asked about.
    excluded: Vec<u32>,
    /// What the user has already touched, ascending.
    seen: &'a [u32],
}

impl<'a> Allowed<'a> {
    pub(super) fn new(
        world: &'a World,
        query: &Query,
        user: Option<UserIdx>,
    ) -> Result<Self, QueryError> {
        let seen = match user {
            Some(user) if query.exclude_seen => world.history(user).items,
            _ => &[],
        };
        let named = query.exclude.iter().chain(&query.items).chain(&query.item);
        let mut excluded: Vec<u32> =
            named.filter_map(|id| world.item_idx(id)).map(|item| item.0).collect();
        excluded.sort_unstable();
        Ok(Self { world, matching: matching(world, query)?, excluded, seen })
    }

    /// Whether an item may be listed.
    pub(super) fn contains(&self, item: u32) -> bool {
        let passes = match &self.matching {
            Some(matching) => matching.contains(item),
            None => !self.world.catalogue().unlisted().contains(item),
        };
        passes
            && self.seen.binary_search(&item).is_err()
            && self.excluded.binary_search(&item).is_err()
    }

    /// What the filter lets through, where that is so little that looking at all of it is cheap.
    pub(super) fn few(&self) -> Option<&RoaringBitmap> {
        self.matching().filter(|matching| matching.len() <= SCAN_AT_MOST)
    }

    /// What the filter lets through, where there is one.
    pub(super) fn matching(&self) -> Option<&RoaringBitmap> {
        self.matching.as_ref()
    }
}

fn matching(world: &World, query: &Query) -> Result<Option<RoaringBitmap>, QueryError> {
    let Some(filter) = &query.filter else { return Ok(None) };
    let catalogue = world.catalogue();
    let unknown = filter.attribute_names().into_iter().find(|name| !catalogue.has_attribute(name));
    if let Some(name) = unknown {
        return Err(QueryError::UnknownAttribute { name: name.to_owned() });
    }
    let mut universe = RoaringBitmap::new();
    universe.insert_range(0..world.counts().items as u32);
    if filter.asks_for_unavailable() {
        universe -= catalogue.deleted();
    } else {
        universe -= catalogue.unlisted();
    }
    Ok(Some(catalogue.matching(filter, &universe)))
}
