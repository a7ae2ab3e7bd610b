//! The walk through the frozen graph.

use super::codes::encode_query;
use super::columns::IndexColumns;
use super::exact::by_score;
use super::head::Head;
use super::pool::Pool;
use crate::factors::Factors;
use crate::kernel::{code_products, dot, prefetch};

/// A walk that scores more than one in this many nodes is abandoned. A scan reads rows in order and
/// is several times faster.
const GIVE_UP: usize = 4;

/// The number of extra candidates, best by their codes, that are scored exactly. They compensate
/// for the rounding of codes.
const SPARE: usize = 16;

/// The number of candidates, best by their codes, from which the best `k` are taken.
pub(super) fn enough_for(k: usize) -> usize {
    2 * k + SPARE
}

/// Scratch memory of a search; once grown, it is reused without allocations.
#[derive(Debug, Default)]
pub struct SearchScratch {
    /// The epoch of the last search that saw each node.
    seen: Vec<u8>,
    epoch: u8,
    pub(super) query: Vec<i16>,
    pub(super) pool: Pool,
    /// The nodes to be scored next.
    pub(super) unseen: Vec<u32>,
    pub(super) products: Vec<i32>,
}

impl SearchScratch {
    fn start(&mut self, nodes: usize, ef: usize) {
        if self.seen.len() < nodes {
            self.seen.resize(nodes, 0);
        }
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.seen.fill(0);
            self.epoch = 1;
        }
        self.pool.start(ef);
    }

    /// Marks a node as seen. Returns true if it was new.
    fn see(&mut self, node: u32) -> bool {
        std::mem::replace(&mut self.seen[node as usize], self.epoch) != self.epoch
    }
}

/// The outgoing edges of nodes, and the score that ranks nodes.
pub(super) trait Ways {
    /// Prefetches the edges of a node that is visited soon.
    fn fetch(&self, node: u32);

    /// Calls `visit` for every node that an edge leads to from this one.
    fn each(&self, node: u32, visit: &mut impl FnMut(u32));

    /// The score of a node, given the product of its codes with the query.
    fn score(&self, product: i32, node: u32) -> i32;
}

/// Follows the links of the graph, ranked by inner product.
impl Ways for IndexColumns {
    fn fetch(&self, node: u32) {
        prefetch(self.places(node));
    }

    fn each(&self, node: u32, visit: &mut impl FnMut(u32)) {
        self.row(node).iter().copied().for_each(visit);
    }

    fn score(&self, product: i32, _: u32) -> i32 {
        product
    }
}

/// One search.
pub(super) struct Walk<'a> {
    pub(super) columns: &'a IndexColumns,
    pub(super) head: &'a Head,
    pub(super) factors: &'a Factors,
    pub(super) query: &'a [f32],
    pub(super) ef: usize,
    pub(super) accept: &'a dyn Fn(u32) -> bool,
}

impl Walk<'_> {
    /// The best `k` accepted rows, in order. `None` if a scan would be cheaper or if fewer than `k`
    /// were found.
    pub(super) fn run(&self, k: usize, scratch: &mut SearchScratch) -> Option<Vec<(f32, u32)>> {
        scratch.start(self.columns.nodes(), self.ef);
        encode_query(self.query, &self.columns.scales, &mut scratch.query);
        let SearchScratch { seen, epoch, query, pool, products, .. } = scratch;
        seen[..self.columns.head as usize].fill(*epoch);
        self.head.scan(query, products, pool, &|node| self.accepts(node));
        if !self.expand_all(self.columns, self.columns.nodes() / GIVE_UP, scratch) {
            return None;
        }
        self.finish(k, &scratch.pool)
    }

    /// The best `k` accepted candidates; `None` if there are fewer.
    pub(super) fn finish(&self, k: usize, pool: &Pool) -> Option<Vec<(f32, u32)>> {
        let mut found: Vec<(f32, u32)> = Vec::with_capacity(enough_for(k));
        let best = pool.accepted().take(enough_for(k));
        found.extend(best.map(|node| (0.0, self.columns.items[node as usize])));
        if found.len() < k {
            return None;
        }
        self.score_exactly(&mut found);
        found.truncate(k);
        Some(found)
    }

    pub(super) fn accepts(&self, node: u32) -> bool {
        (self.accept)(self.columns.items[node as usize])
    }

    /// Replaces approximate scores by exact inner products, and sorts.
    fn score_exactly(&self, found: &mut [(f32, u32)]) {
        let row = |item: u32| self.factors.row(item as usize).expect("nodes are rows of the table");
        for (_, item) in found.iter() {
            prefetch(row(*item));
        }
        for (score, item) in found.iter_mut() {
            *score = dot(self.query, row(*item));
        }
        found.sort_unstable_by(by_score);
    }

    /// Walks from some nodes along `ways`. Returns false if the walk was abandoned.
    pub(super) fn through(
        &self,
        ways: &impl Ways,
        starts: &mut dyn Iterator<Item = u32>,
        most: usize,
        scratch: &mut SearchScratch,
    ) -> bool {
        scratch.start(self.columns.nodes(), self.ef);
        encode_query(self.query, &self.columns.scales, &mut scratch.query);
        scratch.unseen.clear();
        for node in starts {
            if scratch.see(node) {
                scratch.unseen.push(node);
            }
        }
        self.score_unseen(ways, scratch);
        self.expand_all(ways, most, scratch)
    }

    /// Expands the best unexpanded candidate until none is left. Returns false if that scores more
    /// than `most` nodes.
    fn expand_all(&self, ways: &impl Ways, most: usize, scratch: &mut SearchScratch) -> bool {
        let mut scored = 0;
        while let Some(node) = scratch.pool.next() {
            self.look_around(ways, node, scratch);
            scored += scratch.unseen.len();
            if scored > most {
                return false;
            }
            self.score_unseen(ways, scratch);
        }
        true
    }

    /// Offers the collected nodes to the pool.
    fn score_unseen(&self, ways: &impl Ways, scratch: &mut SearchScratch) {
        let SearchScratch { query, pool, unseen, products, .. } = scratch;
        code_products(query, &self.columns.codes, unseen, products);
        for (&product, &node) in products.iter().zip(&*unseen) {
            pool.offer(ways.score(product, node), node, &|node| self.accepts(node));
        }
    }

    /// Collects the unseen neighbours of a node. Prefetches their codes, and the edges of the next
    /// candidate.
    fn look_around(&self, ways: &impl Ways, node: u32, scratch: &mut SearchScratch) {
        scratch.unseen.clear();
        if let Some(next) = scratch.pool.peek() {
            ways.fetch(next);
        }
        ways.each(node, &mut |other| {
            if scratch.see(other) {
                scratch.unseen.push(other);
                prefetch(self.columns.code(other));
            }
        });
    }
}
