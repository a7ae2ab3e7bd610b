//! The exhaustive scan: the reference for every approximate search, and the faster way for small
//! sets.

use std::cmp::Ordering;

use crate::factors::Factors;
use crate::kernel;

/// The number of rows scored at a time.
const BLOCK: usize = 256;

/// The order of results: descending by score, ties by index.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "sorts call it with references")]
pub(super) fn by_score(a: &(f32, u32), b: &(f32, u32)) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// Finds exactly the `k` rows of largest `query.row` that `accept` lets through, descending by
/// score, ties by index. O(rows x dim).
///
/// Zero rows score 0 like any other; `accept` decides whether they may be returned. It is called
/// only for rows whose score suffices.
pub fn exact_top(
    factors: &Factors,
    query: &[f32],
    k: usize,
    accept: &dyn Fn(u32) -> bool,
) -> Vec<(f32, u32)> {
    if k == 0 {
        return Vec::new();
    }
    let mut top = Top::new(k);
    let mut scores = [0.0; BLOCK];
    for (block, rows) in factors.values().chunks(BLOCK * factors.dim()).enumerate() {
        let scores = &mut scores[..rows.len() / factors.dim()];
        kernel::dots(query, rows, scores);
        top.offer(scores, (block * BLOCK) as u32, accept);
    }
    top.finish()
}

/// The best `k` rows so far, among further ones.
pub(super) struct Top {
    k: usize,
    entries: Vec<(f32, u32)>,
    /// The score to exceed.
    bar: Option<f32>,
}

impl Top {
    pub(super) fn new(k: usize) -> Self {
        Self { k, entries: Vec::new(), bar: None }
    }

    /// Inserts the sufficient ones of the scores of consecutive rows, starting with row `first`.
    /// Rows must come in ascending order.
    pub(super) fn offer(&mut self, scores: &[f32], first: u32, accept: &dyn Fn(u32) -> bool) {
        // Most scores are below the bar; checking all of them at once takes a few instructions.
        let bar = self.bar.unwrap_or(f32::NEG_INFINITY);
        if self.bar.is_some() && scores.iter().filter(|&&score| score > bar).count() == 0 {
            return;
        }
        for (&score, row) in scores.iter().zip(first..) {
            // Rows come in ascending order, so a tie with the bar loses.
            if self.bar.is_none_or(|bar| score > bar) && accept(row) {
                self.push((score, row));
            }
        }
    }

    fn push(&mut self, entry: (f32, u32)) {
        /// The number of entries beyond twice `k` that may accumulate before the next selection.
        const SLACK: usize = 64;
        self.entries.push(entry);
        if self.entries.len() >= self.k.saturating_mul(2).saturating_add(SLACK) {
            self.select();
            self.bar = self.entries.last().map(|entry| entry.0);
        }
    }

    /// Keeps the best `k`, the worst of them last.
    fn select(&mut self) {
        if self.entries.len() > self.k {
            self.entries.select_nth_unstable_by(self.k - 1, by_score);
            self.entries.truncate(self.k);
        }
    }

    pub(super) fn finish(mut self) -> Vec<(f32, u32)> {
        self.select();
        self.entries.sort_unstable_by(by_score);
        self.entries
    }
}
