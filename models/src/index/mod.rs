//! Nearest-neighbour search by inner product.
//!
//! A search scans the longest vectors, and landmarks if these are not enough. From the best of them
//! it walks through a frozen graph in flat arrays, which can live in a memory-mapped file; see
//! [`build`] and [`search`]. Small sets have no graph: an exhaustive scan is faster.

mod build;
mod candidates;
mod codes;
mod columns;
mod cosine;
mod effort;
mod exact;
mod head;
mod links;
mod live;
mod order;
mod panels;
mod pool;
mod search;
mod subset;
#[cfg(test)]
mod tests;
mod vectors;

use serde::{Deserialize, Serialize};

use crate::factors::Factors;
use crate::kernel::PANEL;
use columns::NO_NODE;
pub use columns::{IndexColumns, IndexError, NO_LINK};
use cosine::InverseLengths;
pub use cosine::WalkLimits;
pub use exact::exact_top;
use head::Head;
pub use live::LiveIndex;
pub use panels::Panels;
use pool::MOST_NODES;
pub use search::SearchScratch;
use search::{Walk, enough_for};

/// The parameters of an index build.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexParams {
    /// Half of the maximum number of links per node, from 2 to 64.
    pub m: usize,
    /// The number of the longest vectors, at least 16, that every search scans.
    pub head: usize,
    /// The maximum group size of landmarks; the minimum is half of it. A landmark is the longest
    /// vector of a group of near items. Landmarks are scanned too if walks from the head miss
    /// `recall`. 0 disables them.
    pub landmark_of: usize,
    /// The number of trees whose parts are compared exhaustively.
    pub trees: usize,
    /// The number of rounds that choose links again among neighbours of neighbours.
    pub refinements: usize,
    /// The number of items below which there is no graph.
    pub exact_below: usize,
    /// The target recall@10 of a search. It determines the number of candidates to keep, and
    /// whether landmarks are tried.
    pub recall: f32,
    /// The seed of the trees.
    pub seed: u64,
}

impl Default for IndexParams {
    fn default() -> Self {
        Self {
            m: 16,
            head: 2048,
            landmark_of: 128,
            trees: 3,
            refinements: 1,
            exact_below: 10_000,
            recall: 0.98,
            seed: 0,
        }
    }
}

/// The search structure over the items of a model: a frozen graph, or none if a scan is faster.
#[derive(Clone, Debug, Default)]
pub struct ItemIndex {
    columns: IndexColumns,
    head: Head,
    lengths: InverseLengths,
    /// The node of each row of the factor table.
    nodes: Vec<u32>,
}

impl ItemIndex {
    /// Builds the index over the rows of `factors`. Zero rows, which have no direction, are left
    /// out.
    ///
    /// `askers` are vectors like future queries, rows of the same width; the table may be empty.
    /// Half of a sample of them shapes the graph. The other half determines how many candidates a
    /// search keeps, and whether the graph is good enough to be used.
    ///
    /// The same rows and parameters give the same index on one kind of processor, for any number of
    /// threads. O(n d log n), plus an exhaustive comparison for the sampled askers. It takes twice
    /// that if the first graph misses the target recall at every effort, because landmarks are then
    /// tried.
    pub fn build(
        factors: &Factors,
        askers: &Factors,
        params: &IndexParams,
    ) -> Result<Self, IndexError> {
        let sample = effort::Sample::new(factors, askers);
        let built = |landmark_of| -> Result<Self, IndexError> {
            Self::new(build::build(factors, &sample.known, params, landmark_of)?)
        };
        let judged = |index| effort::measured(index, factors, &sample.unknown, params.recall);
        let index = built(0)?;
        if index.is_exact() {
            return Ok(index);
        }
        let index = judged(index);
        if index.columns.recall >= params.recall || params.landmark_of == 0 {
            return Ok(index);
        }
        let other = judged(built(params.landmark_of)?);
        Ok(if other.columns.recall > index.columns.recall { other } else { index })
    }

    fn new(columns: IndexColumns) -> Result<Self, IndexError> {
        let nodes = columns.nodes_by_item()?;
        let (head, lengths) = (Head::new(&columns), InverseLengths::new(&columns));
        Ok(Self { columns, head, lengths, nodes })
    }

    /// Wraps columns, possibly from a file, after checking that no search can leave them.
    pub fn from_columns(columns: IndexColumns) -> Result<Self, IndexError> {
        columns.check()?;
        Self::new(columns)
    }

    /// The columns, for storage.
    pub fn columns(&self) -> &IndexColumns {
        &self.columns
    }

    /// The size in bytes, without the factors.
    pub fn bytes(&self) -> usize {
        let made = self.head.bytes() + self.lengths.bytes() + size_of_val(&*self.nodes);
        self.columns.bytes() + made
    }

    /// True if there is no graph, so that every search is an exact scan.
    pub fn is_exact(&self) -> bool {
        self.columns.items.is_empty()
    }

    /// The number of candidates that a search keeps to reach the target recall of the build.
    pub fn ef(&self) -> usize {
        self.columns.ef as usize
    }

    /// Finds approximately the `k` items of largest `query.q_i` that `accept` lets through,
    /// descending by score, ties by index.
    ///
    /// A larger `ef` has a higher recall and takes longer; the minimum is `k`. Rejected items are
    /// still traversed. Every item is scanned if the walk finds fewer than `k` items, if a scan is
    /// cheaper, or if `factors` are not the build's. So fewer than `k` results mean that no more
    /// exist.
    pub fn search(
        &self,
        factors: &Factors,
        query: &[f32],
        k: usize,
        ef: usize,
        accept: &dyn Fn(u32) -> bool,
        scratch: &mut SearchScratch,
    ) -> Vec<(f32, u32)> {
        if k == 0 || !self.is_of(factors) {
            return exact_top(factors, query, k, accept);
        }
        let walk = self.walk(factors, query, ef.max(k), accept);
        walk.run(k, scratch).unwrap_or_else(|| exact_top(factors, query, k, accept))
    }

    /// The `k` of largest `query.q_i` among some items that `accept` lets through, ranked by their
    /// codes. They are almost always the true ones, in the order of [`search`](Self::search).
    /// O(items x dim), several times faster than reading their rows.
    ///
    /// Returns `None` if there is no graph over `factors`, or if fewer than `k` of the items have a
    /// nonzero row.
    pub fn scan(
        &self,
        factors: &Factors,
        query: &[f32],
        items: &mut dyn Iterator<Item = u32>,
        k: usize,
        accept: &dyn Fn(u32) -> bool,
        scratch: &mut SearchScratch,
    ) -> Option<Vec<(f32, u32)>> {
        if k == 0 || !self.is_of(factors) {
            return None;
        }
        let walk = self.walk(factors, query, enough_for(k), accept);
        walk.among(&mut self.nodes_of(items), k, scratch)
    }

    /// A search that has not started.
    fn walk<'a>(
        &'a self,
        factors: &'a Factors,
        query: &'a [f32],
        ef: usize,
        accept: &'a dyn Fn(u32) -> bool,
    ) -> Walk<'a> {
        Walk { columns: &self.columns, head: &self.head, factors, query, ef, accept }
    }

    /// The nodes of the items that have one.
    fn nodes_of(&self, items: impl Iterator<Item = u32>) -> impl Iterator<Item = u32> {
        let nodes = items.map(|item| self.nodes.get(item as usize).copied().unwrap_or(NO_NODE));
        nodes.filter(|&node| node != NO_NODE)
    }

    /// True if there is a graph over a table of this shape.
    fn is_of(&self, factors: &Factors) -> bool {
        let IndexColumns { rows, scales, .. } = &self.columns;
        !self.is_exact() && *rows as usize == factors.rows() && scales.len() == factors.dim()
    }
}
