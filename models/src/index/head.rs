//! The head of an index: the longest vectors, and landmarks if these are not enough. Every search
//! scans it before it walks.
//!
//! Inner products grow with length, and the lengths of trained items vary much, so most results are
//! among the longest few thousand. Scanning them costs no more than a short walk, and yields the
//! best starting points for the walk.

use super::PANEL;
use super::columns::IndexColumns;
use super::pool::Pool;
use crate::kernel::panel_products;

/// The codes of the first nodes, interleaved by [`PANEL`].
#[derive(Clone, Debug, Default)]
pub(super) struct Head(Vec<i8>);

impl Head {
    /// Rearranges the codes. O(head x dim).
    pub(super) fn new(columns: &IndexColumns) -> Self {
        let (dim, head) = (columns.scales.len(), columns.head as usize);
        let mut panels = vec![0; head * dim];
        for node in 0..head {
            let panel = &mut panels[node / PANEL * PANEL * dim..];
            for (pair, codes) in columns.code(node as u32).chunks_exact(2).enumerate() {
                let place = (pair * PANEL + node % PANEL) * 2;
                panel[place..place + 2].copy_from_slice(codes);
            }
        }
        Self(panels)
    }

    /// Offers every node to a pool. `products` is scratch memory. O(head x dim).
    pub(super) fn scan(
        &self,
        query: &[i16],
        products: &mut Vec<i32>,
        pool: &mut Pool,
        accept: &dyn Fn(u32) -> bool,
    ) {
        panel_products(query, &self.0, products);
        for (block, scores) in products.as_chunks::<PANEL>().0.iter().enumerate() {
            if scores.iter().copied().fold(i32::MIN, i32::max) < pool.bar() {
                continue;
            }
            for (&score, node) in scores.iter().zip(block * PANEL..) {
                pool.offer(score, node as u32, accept);
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }
}
