//! The cheapest search strategy for a filter. Each finds the same items, up to the recall of the
//! index.

use crate::recommend::query::Search;
use crate::world::World;

/// A way to find the nearest items that pass a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchStrategy {
    /// Scores every item that passes, and nothing else. Exact.
    Scan,
    /// Walks the graph through all items, and keeps those that pass until there are enough.
    Walk,
    /// Searches without the filter, for more items, and keeps those that pass; falls back to
    /// [`SearchStrategy::Walk`] where too few do.
    Wide,
}

impl SearchStrategy {
    /// Every strategy.
    pub const ALL: [Self; 3] = [Self::Scan, Self::Walk, Self::Wide];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Walk => "walk",
            Self::Wide => "wide",
        }
    }
}

/// Passing items scored in the time in which a graph search takes in one candidate and its
/// neighbours.
///
/// Measured by `cargo bench --bench filters` on 100,000 items of width 64: 12 ns an item, 440 ns
/// a candidate.
const ROWS_PER_CANDIDATE: f64 = 40.0;

/// From this share of passing items on, a search without the filter and a check of its results is
/// faster.
const WIDE_FROM: f64 = 0.3;

/// The width of a graph search for `k` items of which a share passes the filter.
#[derive(Clone, Copy, Debug)]
pub(in crate::recommend) struct SearchSizing {
    /// The number of items wanted.
    pub(in crate::recommend) k: usize,
    /// The width of a search without a filter.
    pub(in crate::recommend) ef: usize,
    /// The number of all items.
    pub(in crate::recommend) items: u64,
}

impl SearchSizing {
    pub(in crate::recommend) fn new(world: &World, k: usize, search: Search) -> Self {
        let ef = search.ef().unwrap_or_else(|| world.model().learned.index.ef()).max(2 * k);
        Self { k, ef, items: world.counts().items as u64 }
    }

    /// The candidates that a search takes in until twice `k` of them pass.
    fn candidates(self, share: f64) -> f64 {
        (self.ef as f64).max(2.0 * self.k as f64 / share.clamp(1e-9, 1.0))
    }

    /// The largest number of passing items of which a scan is faster than a search.
    ///
    /// A scan takes time in proportion to the passing items `m`, a search to its candidates: `m
    /// <= r max(ef, 2 k n / m)`.
    pub(in crate::recommend) fn most_to_scan(self) -> u64 {
        let by_share = (2.0 * ROWS_PER_CANDIDATE * self.k as f64 * self.items as f64).sqrt();
        (ROWS_PER_CANDIDATE * self.ef as f64).max(by_share) as u64
    }

    /// The strategy where about `passing` items pass, before it is known where they lie.
    pub(in crate::recommend) fn strategy(self, passing: f64) -> SearchStrategy {
        if passing <= self.most_to_scan() as f64 {
            return SearchStrategy::Scan;
        }
        if self.share(passing) >= WIDE_FROM { SearchStrategy::Wide } else { SearchStrategy::Walk }
    }

    /// The share of all items.
    pub(in crate::recommend) fn share(self, passing: f64) -> f64 {
        (passing / self.items.max(1) as f64).min(1.0)
    }

    /// The number of nearest items that are checked to estimate the share that passes nearby.
    pub(in crate::recommend) fn probe_ef(self) -> usize {
        const AT_LEAST: usize = 32;
        (2 * self.k).max(AT_LEAST)
    }

    /// The number of items that a walk may check; none where scanning `passing` items is faster.
    /// `nearby` is the share that passes near the vector.
    pub(in crate::recommend) fn walks(self, nearby: f64, passing: f64) -> Option<usize> {
        /// Neighbours that are checked for each candidate.
        const ASKED_PER_CANDIDATE: f64 = 16.0;
        let candidates = self.candidates(nearby);
        let pays = nearby > 0.0 && ROWS_PER_CANDIDATE * candidates < passing;
        pays.then_some((ASKED_PER_CANDIDATE * candidates) as usize)
    }

    /// The passing candidates that a walk keeps: those that pass among the ones an unfiltered
    /// search keeps, at least twice `k`.
    pub(in crate::recommend) fn walk_ef(self, share: f64) -> usize {
        ((self.ef as f64 * share.min(1.0)) as usize).max(2 * self.k)
    }

    /// The candidates that an unfiltered search takes in so that `k` of them pass almost surely.
    ///
    /// At least as many pass as it would keep without a filter, if each passes with the same
    /// chance.
    pub(in crate::recommend) fn wide_ef(self, passing: f64) -> usize {
        /// Three standard deviations.
        const SURE: f64 = 3.0;
        let k = self.k as f64;
        let pass = (k + SURE * k.sqrt() + 1.0).max(self.ef as f64);
        let share = self.share(passing).max(1e-3);
        ((pass / share).ceil() as usize).min(self.items as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizing() -> SearchSizing {
        SearchSizing { k: 20, ef: 128, items: 100_000 }
    }

    #[test]
    fn few_are_scanned_many_searched_and_most_of_all_searched_wide() {
        let strategies =
            [100.0, 1_000.0, 20_000.0, 50_000.0].map(|passing| sizing().strategy(passing));
        assert_eq!(
            strategies,
            [
                SearchStrategy::Scan,
                SearchStrategy::Scan,
                SearchStrategy::Walk,
                SearchStrategy::Wide
            ]
        );
    }

    #[test]
    fn more_are_scanned_where_more_must_be_searched_through() {
        let large = SearchSizing { items: 10_000_000, ..sizing() };
        assert!(large.most_to_scan() > 3 * sizing().most_to_scan());
    }

    #[test]
    fn a_search_is_never_narrower_than_without_a_filter() {
        for passing in [50.0, 5_000.0, 50_000.0, 100_000.0] {
            let share = passing / 100_000.0;
            assert!(sizing().walk_ef(share) as f64 / share >= 127.0, "{passing}");
            assert!(sizing().wide_ef(passing) >= 128, "{passing}");
        }
    }
}
