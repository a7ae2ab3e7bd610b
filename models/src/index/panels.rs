//! The scan for many queries at once: a matrix product that never writes its result.
//!
//! Items are stored in panels of [`PRODUCTS`] columns. While a panel is in the L1 cache, every
//! query of a block is multiplied with it, six at a time in registers. Each product is compared
//! once with the results of its query and then discarded.

use super::exact::Top;
use crate::factors::Factors;
use crate::kernel::{self, PRODUCTS, QUERIES};

/// The number of queries that share a panel while it is in the cache.
const BLOCK: usize = 8 * QUERIES;

/// The rows of a table, column by column in panels.
#[derive(Clone, Debug)]
pub struct Panels {
    values: Vec<f32>,
    rows: usize,
    dim: usize,
}

impl Panels {
    /// Rearranges a table. O(rows x dim).
    pub fn new(factors: &Factors) -> Self {
        let (rows, dim) = (factors.rows(), factors.dim());
        let mut values = vec![0.0; rows.next_multiple_of(PRODUCTS) * dim];
        for row in 0..rows {
            let panel = &mut values[row / PRODUCTS * PRODUCTS * dim..];
            let factor = factors.row(row).expect("row < rows");
            for (k, value) in factor.iter().enumerate() {
                panel[k * PRODUCTS + row % PRODUCTS] = *value;
            }
        }
        Self { values, rows, dim }
    }

    /// The `k` rows of largest inner product for each query, descending by score, ties by index.
    /// `accept` receives the query's position and the row, and filters. O(queries x rows x dim).
    ///
    /// `queries` holds `dim` numbers per query.
    pub fn top(
        &self,
        queries: &[f32],
        k: usize,
        accept: &(dyn Fn(usize, u32) -> bool + Sync),
    ) -> Vec<Vec<(f32, u32)>> {
        let mut found = Vec::with_capacity(queries.len() / self.dim.max(1));
        for (at, block) in queries.chunks(BLOCK * self.dim).enumerate() {
            found
                .extend(self.top_of_block(block, k, &|query, row| accept(at * BLOCK + query, row)));
        }
        found
    }

    /// The queries column by column, [`QUERIES`] at a time, padded with zeros.
    fn columns(&self, queries: &[f32]) -> Vec<f32> {
        let n = queries.len() / self.dim;
        let mut columns = vec![0.0; n.next_multiple_of(QUERIES) * self.dim];
        for (at, query) in queries.chunks_exact(self.dim).enumerate() {
            let group = &mut columns[at / QUERIES * QUERIES * self.dim..];
            for (k, value) in query.iter().enumerate() {
                group[k * QUERIES + at % QUERIES] = *value;
            }
        }
        columns
    }

    fn top_of_block(
        &self,
        queries: &[f32],
        k: usize,
        accept: &dyn Fn(usize, u32) -> bool,
    ) -> Vec<Vec<(f32, u32)>> {
        let n = queries.len() / self.dim;
        if k == 0 {
            return vec![Vec::new(); n];
        }
        let columns = self.columns(queries);
        let mut tops: Vec<Top> = (0..n).map(|_| Top::new(k)).collect();
        let mut products = [0.0; QUERIES * PRODUCTS];
        for (panel, rows_of) in self.values.chunks_exact(PRODUCTS * self.dim).enumerate() {
            let first = panel * PRODUCTS;
            let rows = PRODUCTS.min(self.rows - first);
            for (group, queries) in columns.chunks_exact(QUERIES * self.dim).enumerate() {
                kernel::products(rows_of, queries, &mut products);
                let of_group = tops.iter_mut().skip(group * QUERIES).take(QUERIES).enumerate();
                for (at, top) in of_group {
                    let scores = &products[at * PRODUCTS..][..rows];
                    top.offer(scores, first as u32, &|row| accept(group * QUERIES + at, row));
                }
            }
        }
        tops.into_iter().map(Top::finish).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::exact_top;
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng};

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut rng = StdRng::seed_from_u64(seed);
        (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    #[test]
    fn many_queries_find_what_each_finds_alone() {
        for (rows, queries, dim, k) in [(1, 1, 16, 3), (200, 50, 16, 7), (1_000, 7, 48, 20)] {
            let factors = Factors::new(dim, numbers(rows * dim, 1)).unwrap();
            let queries = numbers(queries * dim, 2);
            let accept = |query: usize, row: u32| !(row as usize + query).is_multiple_of(5);
            let many = Panels::new(&factors).top(&queries, k, &accept);
            for (at, query) in queries.chunks(dim).enumerate() {
                let alone = exact_top(&factors, query, k, &|row| accept(at, row));
                let items =
                    |found: &[(f32, u32)]| found.iter().map(|one| one.1).collect::<Vec<_>>();
                assert_eq!(items(&many[at]), items(&alone), "query {at} of {rows} rows");
            }
        }
    }

    #[test]
    fn nothing_wanted_or_nothing_there_is_an_empty_list() {
        let factors = Factors::new(16, numbers(32, 1)).unwrap();
        let query = numbers(16, 2);
        assert_eq!(Panels::new(&factors).top(&query, 0, &|_, _| true), [vec![]]);
        assert_eq!(Panels::new(&factors).top(&query, 3, &|_, _| false), [vec![]]);
        let none = Factors::new(16, Vec::new()).unwrap();
        assert_eq!(Panels::new(&none).top(&query, 3, &|_, _| true), [vec![]]);
    }
}
