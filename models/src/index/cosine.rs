//! Search for the nearest items by cosine. The graph of the index can't serve it, because its links
//! follow inner products.
//!
//! Items are scored by the same codes. A walk follows lists of the nearest items by cosine, which
//! also form a graph.

use super::ItemIndex;
use super::columns::IndexColumns;
use super::search::{SearchScratch, Ways, enough_for};
use crate::column::WeightedRows;
use crate::factors::Factors;
use crate::kernel::prefetch;

/// 1 over the length of each node's codes, in the scales of the rows; 0 if all codes are 0.
#[derive(Clone, Debug, Default)]
pub(super) struct InverseLengths(Vec<f32>);

impl InverseLengths {
    /// Computes the inverse lengths. O(nodes x dim).
    pub(super) fn new(columns: &IndexColumns) -> Self {
        let squares: Vec<f32> = columns.scales.iter().map(|scale| scale * scale).collect();
        let inverse = |codes: &[i8]| {
            let values = codes.iter().zip(&squares);
            let length: f32 = values.map(|(&code, square)| f32::from(code).powi(2) * square).sum();
            if length > 0.0 { length.sqrt().recip() } else { 0.0 }
        };
        Self(columns.codes.chunks_exact(squares.len().max(1)).map(inverse).collect())
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// The cosine of a node as an order-preserving integer, given the product with its codes.
    pub(super) fn score(&self, product: i32, node: u32) -> i32 {
        // The bits of a float, read as an integer, sort correctly once those of negative floats are
        // flipped.
        let bits = (product as f32 * self.0[node as usize]).to_bits().cast_signed();
        bits ^ ((bits >> 31).cast_unsigned() >> 1).cast_signed()
    }
}

/// Edges from a node to those on the list of its item.
struct Listed<'a> {
    index: &'a ItemIndex,
    lists: &'a WeightedRows,
}

impl Ways for Listed<'_> {
    fn fetch(&self, node: u32) {
        prefetch(self.lists.row(self.index.columns.items[node as usize] as usize).0);
    }

    fn each(&self, node: u32, visit: &mut impl FnMut(u32)) {
        let (items, _) = self.lists.row(self.index.columns.items[node as usize] as usize);
        self.index.nodes_of(items.iter().copied()).for_each(visit);
    }

    fn score(&self, product: i32, node: u32) -> i32 {
        self.index.lengths.score(product, node)
    }
}

/// The limits of a walk.
#[derive(Clone, Copy, Debug)]
pub struct WalkLimits {
    /// The number of accepted items to keep. Lists of items farther than the last of them are not
    /// followed.
    pub ef: usize,
    /// The maximum number of scored nodes. A walk that exceeds it is abandoned.
    pub most: usize,
}

impl ItemIndex {
    /// The accepted ones of `items` whose cosine with `query` is largest by their codes, best
    /// first. They almost always contain the best `k`. O(items x dim).
    ///
    /// Rows of zeros are left out. The result is empty if there is no graph over `factors`.
    pub fn scan_by_cosine(
        &self,
        factors: &Factors,
        query: &[f32],
        items: &mut dyn Iterator<Item = u32>,
        k: usize,
        accept: &dyn Fn(u32) -> bool,
        scratch: &mut SearchScratch,
    ) -> Vec<u32> {
        if !self.is_of(factors) {
            return Vec::new();
        }
        let walk = self.walk(factors, query, enough_for(k), accept);
        let score = |product, node| self.lengths.score(product, node);
        walk.scan(&mut self.nodes_of(items), &score, scratch);
        self.items_of(scratch)
    }

    /// The accepted items of large cosine with `query` that are reachable from `starts` through
    /// lists of nearest items. They are ranked by their codes, best first.
    ///
    /// Rejected items are still traversed. Returns `None` if the walk exceeds its limit, or if
    /// there is no graph over `factors`.
    pub fn walk_by_cosine(
        &self,
        factors: &Factors,
        query: &[f32],
        (lists, starts): (&WeightedRows, &[u32]),
        limits: WalkLimits,
        accept: &dyn Fn(u32) -> bool,
        scratch: &mut SearchScratch,
    ) -> Option<Vec<u32>> {
        if !self.is_of(factors) {
            return None;
        }
        let walk = self.walk(factors, query, limits.ef, accept);
        let starts = &mut self.nodes_of(starts.iter().copied());
        let is_done = walk.through(&Listed { index: self, lists }, starts, limits.most, scratch);
        is_done.then(|| self.items_of(scratch))
    }

    fn items_of(&self, scratch: &SearchScratch) -> Vec<u32> {
        scratch.pool.accepted().map(|node| self.columns.items[node as usize]).collect()
    }
}
