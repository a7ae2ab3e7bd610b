//! Dual systems, with one unknown per item of the row: sixteen rows of `W` are interleaved from the
//! start.

use super::super::{subtract_prior, weigh};
use super::penalty::Penalty;
use super::systems::{Systems, by_lane, dots, grow};
use super::{Batch, BatchRow};
use crate::kernel::{self, LANES, LaneRows, PANEL};

/// Memory for the dual systems of one batch.
#[derive(Debug, Default)]
pub(super) struct Dual {
    /// By lane, padded to whole panels: the square roots of the confidences, and `r`.
    weights: Vec<f32>,
    residuals: Vec<f32>,
    /// The same values, interleaved.
    weights_of: Vec<f32>,
    residuals_of: Vec<f32>,
    /// `D^1/2`, interleaved.
    roots: Vec<f32>,
    /// `W`, interleaved, one row per unknown, in the sheets of [`kernel::gather_lanes`].
    rows: Vec<f32>,
    /// `W' z`, interleaved.
    sums: Vec<f32>,
}

impl Dual {
    /// Builds and solves the systems. Writes `W' z` by lane into `answers` and returns the
    /// objectives.
    pub(super) fn solve(
        &mut self,
        batch: Batch<'_>,
        penalty: &Penalty,
        systems: &mut Systems,
        answers: &mut [f32],
    ) -> [f32; LANES] {
        let (n, dim) = (batch.unknowns(), batch.factors.dim());
        self.reserve(n, dim);
        self.weigh(batch, penalty, n.next_multiple_of(PANEL));
        kernel::transpose(penalty.roots(), &mut self.roots, LANES, 0);
        self.gather(batch, n);
        systems.reserve(n);
        systems.right[..n * LANES].copy_from_slice(&self.residuals_of[..n * LANES]);
        let rows = &self.rows[..n * dim * LANES];
        kernel::gram_lanes(rows, n, &mut systems.matrix, Systems::width(n));
        systems.solve(n);
        let z = &systems.right[..n * LANES];
        kernel::combine_lanes(rows, z, &mut self.sums);
        by_lane(&self.sums, dim, answers);
        dots(&self.residuals_of[..n * LANES], z)
    }

    /// Grows the buffers without clearing them, so that batches of different sizes clear nothing.
    fn reserve(&mut self, n: usize, dim: usize) {
        grow(&mut self.rows, n * dim * LANES);
        let Self { weights, residuals, weights_of, residuals_of, .. } = self;
        for values in [weights, residuals, weights_of, residuals_of] {
            grow(values, n.next_multiple_of(PANEL) * LANES);
        }
        self.roots.resize(dim * LANES, 0.0);
        self.sums.resize(dim * LANES, 0.0);
    }

    /// Prepares the square roots of the confidences and `r`; zeros if a lane has no item.
    fn weigh(&mut self, batch: Batch<'_>, penalty: &Penalty, padded: usize) {
        for lane in 0..LANES {
            let of_lane = lane * padded..(lane + 1) * padded;
            let weights = &mut self.weights[of_lane.clone()];
            let residuals = &mut self.residuals[of_lane];
            if lane >= batch.members.len() {
                weights.fill(0.0);
                residuals.fill(0.0);
                continue;
            }
            let problem = &batch.row(lane).problem;
            weigh(problem, 0, weights, residuals);
            subtract_prior(batch.factors, problem, penalty.offset(lane), weights, residuals);
        }
        let size = LANES * padded;
        kernel::transpose(&self.weights[..size], &mut self.weights_of, LANES, 0);
        kernel::transpose(&self.residuals[..size], &mut self.residuals_of, LANES, 0);
    }

    /// Gathers the rows of `W`, and prefetches the first rows of the next batch.
    fn gather(&mut self, batch: Batch<'_>, n: usize) {
        let dim = batch.factors.dim();
        let weights = self.weights_of.as_chunks::<LANES>().0;
        let out = &mut self.rows[..n * dim * LANES];
        batch
            .following
            .iter()
            .take(LANES)
            .for_each(|member| fetch_cells(&batch.rows[member.row()]));
        let mut items = batch.items_at(0);
        for (at, weights) in weights[..n].iter().enumerate() {
            let ahead = if at + 1 < n { batch.items_at(at + 1) } else { batch.first_items_after() };
            let table = batch.factors.values();
            let rows = LaneRows { table, items, ahead, weights, scales: &self.roots };
            kernel::gather_lanes(rows, at, out);
            items = ahead;
        }
    }
}

impl Batch<'_> {
    /// The items at one position of all lanes' rows; arbitrary for shorter rows.
    fn items_at(self, at: usize) -> [u32; LANES] {
        let mut items = [0; LANES];
        for (item, member) in items.iter_mut().zip(self.members) {
            let row = self.rows[member.row()].problem.items;
            *item = row.get(at).copied().unwrap_or(0);
        }
        items
    }

    /// The first items of the rows after the batch.
    fn first_items_after(self) -> [u32; LANES] {
        let members = self.following.get(..LANES).unwrap_or(self.following);
        Self { members, ..self }.items_at(0)
    }
}

/// Prefetches the cells of a row.
fn fetch_cells(row: &BatchRow<'_>) {
    kernel::prefetch(row.problem.items);
    kernel::prefetch(row.problem.confidences);
    kernel::prefetch(row.problem.targets);
}
