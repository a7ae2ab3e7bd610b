//! The items nearest to a vector, by the index or by a scan where that is cheaper or asked for.

mod search;
mod strategy;

use search::NearestSearch;
pub(super) use strategy::SearchSizing;
pub use strategy::SearchStrategy;

use super::allowed::Allowed;
use super::page::best;
use super::query::{Query, QueryError, Search};
use super::scratch::Scratch;
use crate::id::ItemIdx;
use crate::index::SearchScratch;
use crate::world::World;

/// A search for the nearest items.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nearest {
    /// The number of items wanted.
    pub(super) k: usize,
    /// By the index or exactly.
    pub(super) search: Search,
}

/// The items nearest to a vector, and how they were found.
#[derive(Clone, Debug, PartialEq)]
pub struct NearestItems {
    /// Best first, each after its inner product.
    pub items: Vec<(f32, ItemIdx)>,
    /// The strategy that found them in the end; none without a filter.
    pub strategy: Option<SearchStrategy>,
}

impl World {
    /// The items of largest inner product with a vector, among those that a query's filter
    /// allows.
    ///
    /// The scenarios take their candidates from here; benches measure it alone. `vector` is as
    /// wide as the model's factors. Of the query `limit`, `filter`, `exclude` and `search` count.
    pub fn nearest(
        &self,
        vector: &[f32],
        query: &Query,
        scratch: &mut Scratch,
    ) -> Result<NearestItems, QueryError> {
        query.check_limit()?;
        let allowed = Allowed::new(self, query, None)?;
        let nearest = Nearest { k: query.limit, search: query.search };
        let (strategy, found) = nearest.planned(self, vector, &allowed, &mut scratch.search);
        let items = found.into_iter().map(|(score, item)| (score, ItemIdx(item))).collect();
        Ok(NearestItems { items, strategy })
    }
}

impl Nearest {
    /// The `k` allowed items of largest inner product with `vector`, best first. There are fewer
    /// only where fewer are allowed and have a row.
    pub(super) fn find(
        self,
        world: &World,
        vector: &[f32],
        allowed: &Allowed<'_>,
        scratch: &mut SearchScratch,
    ) -> Vec<(f32, u32)> {
        self.planned(world, vector, allowed, scratch).1
    }

    /// The same, and which strategy was taken.
    fn planned(
        self,
        world: &World,
        vector: &[f32],
        allowed: &Allowed<'_>,
        scratch: &mut SearchScratch,
    ) -> (Option<SearchStrategy>, Vec<(f32, u32)>) {
        let search = NearestSearch { world, vector, allowed, k: self.k };
        let (strategy, found) = match (self.search, allowed.few()) {
            (Search::By { .. }, _) | (_, None) => self.search(search, scratch),
            (Search::Exact, Some(few)) => (Some(SearchStrategy::Scan), search.scan_rows(few)),
            (Search::Index { .. }, Some(few)) => {
                (Some(SearchStrategy::Scan), search.scan(few, scratch))
            }
        };
        (strategy, self.with_newcomers(search, found))
    }

    /// Searches the trained items.
    fn search(
        self,
        search: NearestSearch<'_>,
        scratch: &mut SearchScratch,
    ) -> (Option<SearchStrategy>, Vec<(f32, u32)>) {
        let sizing = || SearchSizing::new(search.world, self.k, self.search);
        match (self.search, search.allowed.count()) {
            (Search::Exact, _) | (Search::By { strategy: SearchStrategy::Scan, .. }, None) => {
                (None, search.exact())
            }
            (_, None) => (None, search.walk(sizing().ef, scratch)),
            (Search::Index { .. }, Some(passing)) => {
                let (strategy, found) = search.planned(sizing(), passing, scratch);
                (Some(strategy), found)
            }
            (Search::By { strategy, .. }, Some(passing)) => {
                (Some(strategy), search.forced(strategy, sizing(), passing, scratch))
            }
        }
    }

    /// The `k` best of the trained items and the newcomers. An item in both counts by its new
    /// row.
    fn with_newcomers(
        self,
        search: NearestSearch<'_>,
        mut trained: Vec<(f32, u32)>,
    ) -> Vec<(f32, u32)> {
        let NearestSearch { world, vector, allowed, .. } = search;
        if world.newcomers() == 0 {
            return trained;
        }
        trained.retain(|&(_, item)| !world.is_newcomer(ItemIdx(item)));
        let newcomers = world.nearest_newcomers(vector, self.k, &|item| allowed.contains(item.0));
        trained.extend(newcomers.into_iter().map(|(score, item)| (score, item.0)));
        best(trained, self.k)
    }
}
