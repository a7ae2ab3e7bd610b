//! The scan of some nodes by their codes.

use super::codes::encode_query;
use super::pool::Pool;
use super::search::{SearchScratch, Walk};
use crate::kernel::{code_products, prefetch};

/// The number of nodes scored at a time, while the next ones are prefetched.
const BLOCK: usize = 16;

impl Walk<'_> {
    /// The best `k` accepted rows among some distinct nodes, in order; `None` if there are fewer.
    pub(super) fn among(
        &self,
        nodes: &mut dyn Iterator<Item = u32>,
        k: usize,
        scratch: &mut SearchScratch,
    ) -> Option<Vec<(f32, u32)>> {
        self.scan(nodes, &|product, _| product, scratch);
        self.finish(k, &scratch.pool)
    }

    /// Fills the pool with the best accepted ones of some distinct nodes. They are ranked by
    /// `score`, which receives the product of the codes.
    pub(super) fn scan(
        &self,
        nodes: &mut dyn Iterator<Item = u32>,
        score: &impl Fn(i32, u32) -> i32,
        scratch: &mut SearchScratch,
    ) {
        let SearchScratch { query, pool, unseen, products, .. } = scratch;
        encode_query(self.query, &self.columns.scales, query);
        pool.start(self.ef);
        unseen.clear();
        unseen.extend(nodes);
        let mut blocks = unseen.chunks(BLOCK).peekable();
        while let Some(block) = blocks.next() {
            let next = blocks.peek().copied().unwrap_or_default();
            for &node in next {
                prefetch(self.columns.code(node));
            }
            code_products(query, &self.columns.codes, block, products);
            for (&product, &node) in products.iter().zip(block) {
                self.offer(score(product, node), node, pool);
            }
        }
    }

    /// Calls `accept` only for nodes with a sufficient score. A walk traverses rejected nodes; a
    /// scan has no use for them.
    fn offer(&self, score: i32, node: u32, pool: &mut Pool) {
        if score >= pool.bar() && self.accepts(node) {
            pool.offer(score, node, &|_| true);
        }
    }
}
