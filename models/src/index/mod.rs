//! Nearest neighbours by inner product.

use crate::factors::Factors;
use crate::kernel::dot;

/// The search structure over the items of a model.
#[derive(Clone, Debug, Default)]
pub struct ItemIndex;

/// Scratch memory of a search; reused, it allocates nothing in the long run.
#[derive(Debug, Default)]
pub struct SearchScratch;

impl ItemIndex {
    /// Finds about the `k` items of largest `query.q_i` among those that `accept` lets through: descending by score, ties by number.
    pub fn search(
        &self,
        factors: &Factors,
        query: &[f32],
        k: usize,
        _ef: usize,
        accept: &dyn Fn(u32) -> bool,
        _scratch: &mut SearchScratch,
    ) -> Vec<(f32, u32)> {
        exact_top(factors, query, k, accept)
    }
}

/// Finds exactly the `k` rows of largest `query.row` among those that `accept` lets through: descending by score, ties by number. O(rows x dim).
pub fn exact_top(
    factors: &Factors,
    query: &[f32],
    k: usize,
    accept: &dyn Fn(u32) -> bool,
) -> Vec<(f32, u32)> {
    let mut all: Vec<(f32, u32)> = (0..factors.rows() as u32)
        .filter(|&row| accept(row))
        .map(|row| (dot(query, factors.row(row as usize).expect("row < rows")), row))
        .collect();
    all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    all.truncate(k);
    all
}
