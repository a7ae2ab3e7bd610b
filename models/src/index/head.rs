//! The longest vectors, and landmarks where these are not enough, which every search scans before it walks.
//!
//! Inner products grow with length, and the lengths of trained items differ much: most of what anybody asks for is among the longest few
//! thousand. A scan of these costs no more than a short walk, and gives the walk the best places to begin.

use super::PANEL;
use super::columns::IndexColumns;
use super::pool::Pool;
use crate::kernel::panel_products;

/// The codes of the first nodes, [`PANEL`] side by side.
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
