//! Nearest neighbours by inner product.
//!
//! `hnsw_rs` builds a navigable graph (see [`build`]); a search walks a frozen copy of it in flat arrays, which can live in
//! a mapped file. For small sets there is no graph, and a search looks at every item: that is faster.

mod build;
mod columns;
mod exact;
mod many;
mod order;
mod prune;
mod search;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::factors::Factors;
pub use columns::{IndexColumns, IndexError, NO_LINK};
pub use exact::exact_top;
pub use many::Panels;
pub use search::SearchScratch;

/// How an index is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexParams {
    /// Links per item on each upper layer; twice as many on the lowest. From 2 to 64.
    pub m: usize,
    /// How many candidates an insertion looks at.
    pub ef_construction: usize,
    /// How often the links of the lowest layer are chosen anew among neighbours of neighbours.
    pub refinements: usize,
    /// Fewer items than this are scanned, not indexed.
    pub exact_below: usize,
    /// Decides the order of insertion.
    pub seed: u64,
}

impl Default for IndexParams {
    fn default() -> Self {
        Self { m: 16, ef_construction: 64, refinements: 3, exact_below: 10_000, seed: 0 }
    }
}

/// The search structure over the items of a model: a frozen graph, or none where a scan is faster.
#[derive(Clone, Debug, Default)]
pub struct ItemIndex {
    columns: IndexColumns,
}

impl ItemIndex {
    /// Builds the index over the rows of `factors`. Zero rows, which have no direction, are left out.
    ///
    /// The same rows and parameters give the same index on one kind of processor.
    pub fn build(factors: &Factors, params: &IndexParams) -> Result<Self, IndexError> {
        let columns = build::build(factors, params)?;
        Ok(Self { columns })
    }

    /// Takes columns, from a file perhaps, after checking that no search can leave them.
    pub fn from_columns(columns: IndexColumns) -> Result<Self, IndexError> {
        columns.check()?;
        Ok(Self { columns })
    }

    /// The columns, to be stored.
    pub fn columns(&self) -> &IndexColumns {
        &self.columns
    }

    /// Whether there is no graph, so that every search scans and is exact.
    pub fn is_exact(&self) -> bool {
        self.columns.links.is_empty()
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
        if self.is_exact() || self.columns.rows() != factors.rows() {
            return exact_top(factors, query, k, accept);
        }
        let walk = search::Walk { columns: &self.columns, factors, query, ef: ef.max(k), accept };
        match walk.run(scratch) {
            Some(pool) if pool.len() >= k => pool.iter().take(k).copied().collect(),
            _ => exact_top(factors, query, k, accept),
        }
    }
}
