//! Nearest neighbours by inner product.
//!
//! A search scans the longest vectors, and landmarks where these are too few, and walks from the best of them through a frozen graph in flat arrays, which can live in a mapped
//! file; see [`build`] and [`search`]. For small sets there is no graph, and a search looks at every item: that is faster.

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

/// How an index is built.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexParams {
    /// Half as many links as a node has at most. From 2 to 64.
    pub m: usize,
    /// So many of the longest vectors, at least 16, are scanned by every search.
    pub head: usize,
    /// Where walks from these find less than `recall`, the longest of every so many near items (of half as many at least) is scanned as well;
    /// 0 for never.
    pub landmark_of: usize,
    /// In the parts of how many trees all are compared with all.
    pub trees: usize,
    /// How often links are chosen anew among neighbours of neighbours.
    pub refinements: usize,
    /// Fewer items than this are scanned, not indexed.
    pub exact_below: usize,
    /// Which share of the true ten a search is to find: decides how many candidates it keeps, and whether landmarks are tried.
    pub recall: f32,
    /// Decides the trees.
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

/// The search structure over the items of a model: a frozen graph, or none where a scan is faster.
#[derive(Clone, Debug, Default)]
pub struct ItemIndex {
    columns: IndexColumns,
    head: Head,
    lengths: InverseLengths,
    /// The node of each row of the factor table.
    nodes: Vec<u32>,
}

impl ItemIndex {
    /// Builds the index over the rows of `factors`. Zero rows, which have no direction, are left out.
    ///
    /// `askers` are vectors like those that will be searched for, rows of the same width, or none: half of a sample of them shapes the
    /// graph, the other half decides how many candidates a search keeps, and whether the graph is good enough to be used at all. The same
    /// rows and parameters give the same index on one kind of processor, for any number of threads. O(n d log n), and the askers of the
    /// sample are compared with all; twice that where the first graph finds less than is asked for, however far a search goes, and landmarks are
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

    /// Takes columns, from a file perhaps, after checking that no search can leave them.
    pub fn from_columns(columns: IndexColumns) -> Result<Self, IndexError> {
        columns.check()?;
        Self::new(columns)
    }

    /// The columns, to be stored.
    pub fn columns(&self) -> &IndexColumns {
        &self.columns
    }

    /// How many bytes it holds beside the factors.
    pub fn bytes(&self) -> usize {
        let made = self.head.bytes() + self.lengths.bytes() + size_of_val(&*self.nodes);
        self.columns.bytes() + made
    }

    /// Whether there is no graph, so that every search scans and is exact.
    pub fn is_exact(&self) -> bool {
        self.columns.items.is_empty()
    }

    /// How many candidates a search keeps to find what was asked for when the index was built.
    pub fn ef(&self) -> usize {
        self.columns.ef as usize
    }

    /// Finds about the `k` items of largest `query.q_i` among those that `accept` lets through: descending by score, ties by number.
    ///
    /// A larger `ef` finds more of the true ones and takes longer; at least `k` is taken. Items that `accept` rejects are
    /// walked through. Where the walk finds fewer than `k`, or would touch so much that a scan is cheaper, or `factors` are
    /// not those that the index was built from, every item is looked at: fewer than `k` come back only where fewer exist.
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

    /// The `k` of largest `query.q_i` among some items that `accept` lets through, by their codes: almost always the true ones, in the order of
    /// [`search`](Self::search). O(items x dim), several times faster than to read their rows.
    ///
    /// None where there is no graph over `factors`, or fewer than `k` of the items have a row that is not zero.
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

    /// A search that is not begun.
    fn walk<'a>(
        &'a self,
        factors: &'a Factors,
        query: &'a [f32],
        ef: usize,
        accept: &'a dyn Fn(u32) -> bool,
    ) -> Walk<'a> {
        Walk { columns: &self.columns, head: &self.head, factors, query, ef, accept }
    }

    /// The nodes of those that have one.
    fn nodes_of(&self, items: impl Iterator<Item = u32>) -> impl Iterator<Item = u32> {
        let nodes = items.map(|item| self.nodes.get(item as usize).copied().unwrap_or(NO_NODE));
        nodes.filter(|&node| node != NO_NODE)
    }

    /// Whether there is a graph, over a table of this shape.
    fn is_of(&self, factors: &Factors) -> bool {
        let IndexColumns { rows, scales, .. } = &self.columns;
        !self.is_exact() && *rows as usize == factors.rows() && scales.len() == factors.dim()
    }
}
