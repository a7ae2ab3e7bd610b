//! The search strategies, and how one gives way to another.

use std::cell::Cell;

use roaring::RoaringBitmap;

use super::strategy::{SearchSizing, SearchStrategy};
use crate::id::ItemIdx;
use crate::index::{SearchScratch, exact_top};
use crate::kernel::dot;
use crate::recommend::allowed::Allowed;
use crate::recommend::page::{TopRows, best};
use crate::world::World;

/// One search for the nearest items of a world.
#[derive(Clone, Copy)]
pub(in crate::recommend) struct NearestSearch<'a> {
    pub(in crate::recommend) world: &'a World,
    pub(in crate::recommend) vector: &'a [f32],
    pub(in crate::recommend) allowed: &'a Allowed<'a>,
    /// The number of items wanted.
    pub(in crate::recommend) k: usize,
}

impl NearestSearch<'_> {
    /// Chooses a strategy and searches by it.
    ///
    /// A search without the filter comes first, because the passing share near the vector is more
    /// informative than that of all items. If enough of the nearest pass, they are the result.
    /// Otherwise the graph is walked if enough items pass nearby, else all passing items are
    /// scanned. A walk is slow if nothing near the vector passes.
    pub(in crate::recommend) fn planned(
        self,
        sizing: SearchSizing,
        passing: f64,
        scratch: &mut SearchScratch,
    ) -> (SearchStrategy, Vec<(f32, u32)>) {
        if self.world.model().learned.index.is_exact() {
            return (SearchStrategy::Scan, self.exact());
        }
        let strategy = sizing.strategy(passing);
        let ef = if strategy == SearchStrategy::Wide {
            sizing.wide_ef(passing)
        } else {
            sizing.probe_ef()
        };
        let around = self.around(ef, scratch);
        let nearby = around.len() as f64 / ef as f64;
        if strategy == SearchStrategy::Wide && around.len() >= self.k {
            return (SearchStrategy::Wide, best(around, self.k));
        }
        let walked = sizing
            .walks(nearby, passing)
            .and_then(|budget| self.walk_within(budget, sizing.walk_ef(nearby), scratch));
        match walked {
            Some(found) => (SearchStrategy::Walk, found),
            None => (SearchStrategy::Scan, self.scan(&self.allowed.passing(), scratch)),
        }
    }

    /// Searches by one strategy, whatever it costs.
    pub(in crate::recommend) fn forced(
        self,
        strategy: SearchStrategy,
        sizing: SearchSizing,
        passing: f64,
        scratch: &mut SearchScratch,
    ) -> Vec<(f32, u32)> {
        match strategy {
            SearchStrategy::Scan => self.scan(&self.allowed.passing(), scratch),
            SearchStrategy::Walk => self.walk(sizing.walk_ef(sizing.share(passing)), scratch),
            SearchStrategy::Wide => {
                let around = self.around(sizing.wide_ef(passing), scratch);
                if around.len() >= self.k {
                    return best(around, self.k);
                }
                self.forced(SearchStrategy::Walk, sizing, passing, scratch)
            }
        }
    }

    /// Scans a set for the best of it; includes newcomers where it reads every row.
    pub(in crate::recommend) fn scan(
        self,
        passing: &RoaringBitmap,
        scratch: &mut SearchScratch,
    ) -> Vec<(f32, u32)> {
        /// Up to this many rows, reading all of them costs no more than codes first and the best
        /// rows after.
        const FEW: u64 = 128;
        if passing.len() <= FEW {
            return self.scan_rows(passing);
        }
        let model = self.world.model();
        let accept = |item: u32| self.allowed.contains(item);
        let found = model.learned.index.scan(
            &model.learned.item_factors,
            self.vector,
            &mut passing.iter(),
            self.k,
            &accept,
            scratch,
        );
        found.unwrap_or_else(|| self.scan_rows(passing))
    }

    /// Scores the items of a set, newcomers included.
    pub(in crate::recommend) fn scan_rows(self, passing: &RoaringBitmap) -> Vec<(f32, u32)> {
        let mut top = TopRows::new(self.k);
        for item in passing {
            let Some(row) = self.world.item_row(ItemIdx(item)) else { continue };
            let score = dot(self.vector, row);
            if score >= top.bar() && self.allowed.contains(item) {
                top.push(score, item);
            }
        }
        top.into_best()
    }

    /// Scores every trained item.
    pub(in crate::recommend) fn exact(self) -> Vec<(f32, u32)> {
        let accept = |item: u32| self.allowed.contains(item);
        exact_top(&self.world.model().learned.item_factors, self.vector, self.k, &accept)
    }

    /// Searches the graph; items that are not allowed are walked through.
    pub(in crate::recommend) fn walk(
        self,
        ef: usize,
        scratch: &mut SearchScratch,
    ) -> Vec<(f32, u32)> {
        let accept = |item: u32| self.allowed.contains(item);
        self.search(self.k, ef, &accept, scratch)
    }

    /// The same, given up once more than `budget` items were checked.
    fn walk_within(
        self,
        budget: usize,
        ef: usize,
        scratch: &mut SearchScratch,
    ) -> Option<Vec<(f32, u32)>> {
        let asked = Cell::new(0);
        let accept = |item: u32| {
            asked.set(asked.get() + 1);
            // Beyond the budget every item is accepted, so that the search ends soon.
            asked.get() > budget || self.allowed.contains(item)
        };
        let found = self.search(self.k, ef, &accept, scratch);
        (asked.get() <= budget).then_some(found)
    }

    /// The allowed ones of the `ef` nearest of all items.
    fn around(self, ef: usize, scratch: &mut SearchScratch) -> Vec<(f32, u32)> {
        let found = self.search(ef, ef, &|_| true, scratch);
        found.into_iter().filter(|&(_, item)| self.allowed.contains(item)).collect()
    }

    fn search(
        self,
        k: usize,
        ef: usize,
        accept: &dyn Fn(u32) -> bool,
        scratch: &mut SearchScratch,
    ) -> Vec<(f32, u32)> {
        let model = self.world.model();
        model.learned.index.search(&model.learned.item_factors, self.vector, k, ef, accept, scratch)
    }
}
