//! An index of vectors that are newer than the frozen graph; `hnsw_rs` inserts them one by one.

use std::fmt;

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;

use crate::kernel::dot;

/// The number of links per vector on the upper layers; the lowest has twice as many.
const M: usize = 16;
/// The number of layers, more than any set of vectors fills.
const MAX_LAYERS: usize = 16;
/// The number of candidates that an insertion considers.
const EF_CONSTRUCTION: usize = 64;

/// A distance that falls as the inner product grows. It is never negative, because `hnsw_rs`
/// asserts that.
struct Remoteness;

impl Distance<f32> for Remoteness {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        // Beyond this bound the exponential would become infinite, or 0 for all alike.
        const MOST: f32 = 80.0;
        (-dot(a, b).clamp(-MOST, MOST)).exp()
    }
}

/// A growing set of vectors of one width, searchable by inner product while it grows.
///
/// Vectors are never removed; callers must know which keys are still valid.
pub struct LiveIndex {
    hnsw: Hnsw<'static, f32, Remoteness>,
    dim: usize,
}

impl fmt::Debug for LiveIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vectors = self.hnsw.get_nb_point();
        f.debug_struct("LiveIndex").field("vectors", &vectors).finish_non_exhaustive()
    }
}

impl LiveIndex {
    /// An empty set of vectors of width `dim`, sized for about `expected` vectors.
    pub fn new(dim: usize, expected: usize) -> Self {
        Self { hnsw: Hnsw::new(M, expected, MAX_LAYERS, EF_CONSTRUCTION, Remoteness), dim }
    }

    /// Inserts a finite vector. Vectors of another width are ignored, because no search can match
    /// them. About O(log n) distances.
    pub fn insert(&self, key: usize, vector: &[f32]) {
        if vector.len() == self.dim {
            self.hnsw.insert_slice((vector, key));
        }
    }

    /// The keys of approximately the `k` vectors of largest inner product, best first; empty for a
    /// query of another width.
    pub fn search(&self, query: &[f32], k: usize, ef: usize) -> Vec<usize> {
        if query.len() != self.dim || self.hnsw.get_nb_point() == 0 || k == 0 {
            return Vec::new();
        }
        let found = self.hnsw.search(query, k, ef.max(k));
        found.into_iter().map(|one| one.get_origin_id()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factors::Factors;
    use crate::index::exact_top;
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    #[test]
    fn what_was_taken_in_is_found() {
        let mut rng = StdRng::seed_from_u64(3);
        let values: Vec<f32> = (0..3000 * 16).map(|_| rng.random_range(-2.0..2.0)).collect();
        let factors = Factors::new(16, values).unwrap();
        let live = LiveIndex::new(16, 3000);
        assert!(live.search(&[1.0; 16], 5, 64).is_empty());
        factors.values().chunks(16).enumerate().for_each(|(at, row)| live.insert(at + 7, row));
        let mut hits = 0;
        for query in factors.values().chunks(16).step_by(100) {
            let exact = exact_top(&factors, query, 10, &|_| true);
            let found = live.search(query, 10, 128);
            hits += exact.iter().filter(|one| found.contains(&(one.1 as usize + 7))).count();
        }
        assert!(hits >= 285, "{hits} of 300");
    }

    #[test]
    fn other_widths_and_huge_products_are_no_trouble() {
        let live = LiveIndex::new(16, 4);
        live.insert(1, &[1.0; 32]);
        assert!(live.search(&[1.0; 16], 3, 8).is_empty());
        live.insert(2, &[1e18; 16]);
        live.insert(3, &[-1e18; 16]);
        live.insert(4, &[0.0; 16]);
        assert_eq!(live.search(&[1e18; 16], 3, 8), [2, 4, 3]);
        assert!(live.search(&[1.0; 32], 3, 8).is_empty());
    }
}
