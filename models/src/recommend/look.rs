//! The ways of looking for the nearest items, and how one gives way to another.

use std::cell::Cell;

use roaring::RoaringBitmap;

use super::allowed::Allowed;
use super::nearest::best;
use super::plan::{Need, Plan};
use crate::id::ItemIdx;
use crate::index::{SearchScratch, exact_top};
use crate::kernel::dot;
use crate::world::World;

/// One search among the items of a world.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) world: &'a World,
    pub(super) vector: &'a [f32],
    pub(super) allowed: &'a Allowed<'a>,
    /// How many are wanted.
    pub(super) k: usize,
}

impl Look<'_> {
    /// Looks around without the filter first: what passes there tells more than what passes everywhere.
    ///
    /// Where enough of it passes that is the answer. Else the graph is walked if enough passes nearby, and what passes is scanned if
    /// not: a filter to which nothing near the vector belongs would have the walk see everything.
    pub(super) fn planned(
        self,
        need: Need,
        passing: f64,
        scratch: &mut SearchScratch,
    ) -> (Plan, Vec<(f32, u32)>) {
        if self.world.model().index.is_exact() {
            return (Plan::Scan, self.exact());
        }
        let plan = need.plan(passing);
        let ef = if plan == Plan::Wide { need.wide_ef(passing) } else { need.probe_ef() };
        let around = self.around(ef, scratch);
        let nearby = around.len() as f64 / ef as f64;
        if plan == Plan::Wide && around.len() >= self.k {
            return (Plan::Wide, best(around, self.k));
        }
        let walked = need
            .walks(nearby, passing)
            .and_then(|budget| self.walk_within(budget, need.walk_ef(nearby), scratch));
        match walked {
            Some(found) => (Plan::Walk, found),
            None => (Plan::Scan, self.scan(&self.allowed.passing(), scratch)),
        }
    }

    /// Takes a plan whatever it costs.
    pub(super) fn forced(
        self,
        plan: Plan,
        need: Need,
        passing: f64,
        scratch: &mut SearchScratch,
    ) -> Vec<(f32, u32)> {
        match plan {
            Plan::Scan => self.scan(&self.allowed.passing(), scratch),
            Plan::Walk => self.walk(need.walk_ef(need.share(passing)), scratch),
            Plan::Wide => {
                let around = self.around(need.wide_ef(passing), scratch);
                if around.len() >= self.k {
                    return best(around, self.k);
                }
                self.forced(Plan::Walk, need, passing, scratch)
            }
        }
    }

    /// Finds the best of a set, newcomers too where that reads every row.
    pub(super) fn scan(
        self,
        passing: &RoaringBitmap,
        scratch: &mut SearchScratch,
    ) -> Vec<(f32, u32)> {
        /// Reading the rows of so few takes no longer than reading codes and then the rows of the best.
        const FEW: u64 = 128;
        if passing.len() <= FEW {
            return self.scan_rows(passing);
        }
        let model = self.world.model();
        let accept = |item: u32| self.allowed.contains(item);
        let found = model.index.scan(
            &model.item_factors,
            self.vector,
            &mut passing.iter(),
            self.k,
            &accept,
            scratch,
        );
        found.unwrap_or_else(|| self.scan_rows(passing))
    }

    /// Scores the items of a set, newcomers too.
    pub(super) fn scan_rows(self, passing: &RoaringBitmap) -> Vec<(f32, u32)> {
        let mut top = Top { k: self.k, scored: Vec::new(), bar: f32::NEG_INFINITY };
        for item in passing {
            let Some(row) = self.world.item_row(ItemIdx(item)) else { continue };
            let score = dot(self.vector, row);
            if score >= top.bar && self.allowed.contains(item) {
                top.push(score, item);
            }
        }
        best(top.scored, self.k)
    }

    /// Scores every trained item.
    pub(super) fn exact(self) -> Vec<(f32, u32)> {
        let accept = |item: u32| self.allowed.contains(item);
        exact_top(&self.world.model().item_factors, self.vector, self.k, &accept)
    }

    /// Searches the graph; items that are not allowed are walked through.
    pub(super) fn walk(self, ef: usize, scratch: &mut SearchScratch) -> Vec<(f32, u32)> {
        let accept = |item: u32| self.allowed.contains(item);
        self.search(self.k, ef, &accept, scratch)
    }

    /// The same, given up where more than so many items are asked about.
    fn walk_within(
        self,
        budget: usize,
        ef: usize,
        scratch: &mut SearchScratch,
    ) -> Option<Vec<(f32, u32)>> {
        let asked = Cell::new(0);
        let accept = |item: u32| {
            asked.set(asked.get() + 1);
            // Beyond the budget everything is welcome, so that the search comes to its end.
            asked.get() > budget || self.allowed.contains(item)
        };
        let found = self.search(self.k, ef, &accept, scratch);
        (asked.get() <= budget).then_some(found)
    }

    /// What is allowed of the `ef` nearest of all.
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
        model.index.search(&model.item_factors, self.vector, k, ef, accept, scratch)
    }
}

/// The best so far, and some more.
struct Top {
    k: usize,
    scored: Vec<(f32, u32)>,
    /// What a score must reach.
    bar: f32,
}

impl Top {
    fn push(&mut self, score: f32, item: u32) {
        /// So many times `k`, and a few, are gathered before all but the best are let go.
        const CROWD: usize = 4;
        self.scored.push((score, item));
        if self.scored.len() >= CROWD * (self.k + 8) {
            self.scored = best(std::mem::take(&mut self.scored), self.k);
            self.bar = self.scored.last().map_or(self.bar, |last| last.0);
        }
    }
}
