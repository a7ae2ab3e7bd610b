//! The best candidates of `for-you` so far, and the bound below which no other candidate is scored.

use super::Parts;
use crate::kernel::prefetch;
use crate::recommend::page::best;

/// The shortlist grows to twice this many pages before all but the best are dropped.
const PAGES: usize = 4;

/// The best candidates so far.
///
/// An item that is not among the nearest has at most the embedding score of the last of them. If
/// that plus its other sums is below the `k`-th score so far, it is not scored.
pub(super) struct Shortlist {
    /// Scores with their items: the `k` best so far are among them.
    pub(super) scored: Vec<(f32, u32)>,
    /// The nearest items, ascending: scored from the start.
    nearest: Vec<u32>,
    /// The most that the embedding adds to any other item.
    most_taste: f32,
    /// The bound that the sums of another item must reach.
    pub(super) needed: f32,
    k: usize,
}

impl Shortlist {
    pub(super) fn new(scored: Vec<(f32, u32)>, most_taste: f32, k: usize) -> Self {
        let mut nearest: Vec<u32> = scored.iter().map(|&(_, item)| item).collect();
        nearest.sort_unstable();
        let worst = scored.iter().map(|&(score, _)| score).fold(f32::INFINITY, f32::min);
        let needed = if scored.len() == k { worst - most_taste } else { f32::MIN };
        Self { scored, nearest, most_taste, needed, k }
    }

    /// Considers the items of own lists and friends, the largest sums first: a good page early
    /// raises the bound.
    pub(super) fn consider_all(&mut self, parts: &Parts<'_>) {
        let mut left = parts.sums.noted_from(self.needed, |item| parts.popularity(item));
        let first = PAGES * self.k;
        if left.len() > first {
            left.select_nth_unstable_by(first, |a, b| b.0.total_cmp(&a.0));
            self.consider_each(&left[..first], parts);
            self.thin();
            left.drain(..first);
            left.retain(|(sums, _)| *sums >= self.needed);
        }
        self.consider_each(&left, parts);
    }

    fn consider_each(&mut self, candidates: &[(f32, u32)], parts: &Parts<'_>) {
        /// Rows are fetched this many candidates ahead, because they lie anywhere.
        const AHEAD: usize = 6;
        for (at, &(sums, item)) in candidates.iter().enumerate() {
            if let Some(&(_, ahead)) = candidates.get(at + AHEAD) {
                parts
                    .context
                    .world
                    .model()
                    .learned
                    .item_factors
                    .row(ahead as usize)
                    .into_iter()
                    .for_each(prefetch);
            }
            self.consider(item, sums, parts);
        }
    }

    /// Scores an item that may be listed and can be among the best.
    pub(super) fn consider(&mut self, item: u32, sums: f32, parts: &Parts<'_>) {
        if sums < self.needed || self.nearest.binary_search(&item).is_ok() {
            return;
        }
        if parts.context.allowed.contains(item) {
            self.scored.push((parts.embedding(item) + sums, item));
        }
        if self.scored.len() >= 2 * PAGES * self.k {
            self.thin();
        }
    }

    /// Drops all but the best.
    pub(super) fn thin(&mut self) {
        self.scored = best(std::mem::take(&mut self.scored), self.k);
        if self.scored.len() == self.k {
            self.needed = self.scored[self.k - 1].0 - self.most_taste;
        }
    }
}
