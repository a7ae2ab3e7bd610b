//! The systems of a batch: made one by one, factored together, read back one by one.

use super::super::{BLOCK, PIVOT_FLOOR, RowProblem, subtract_prior, weigh};
use super::{Batch, BatchRow};
use crate::kernel::{self, LANES, PANEL, Rows};

/// How many lanes ahead the cells of a row are fetched.
const LOOKAHEAD: usize = 3;

/// Memory for one batch. What is per lane lies `size` or `dim` numbers apart.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// The matrices, each row-major, and the same interleaved.
    matrices: Vec<f32>,
    interleaved: Vec<f32>,
    /// The right sides by lane; interleaved they become the answers; and these by lane.
    residuals: Vec<f32>,
    right: Vec<f32>,
    answers: Vec<f32>,
    /// Diagonals before and pivots after factoring, interleaved.
    diagonals: Vec<f32>,
    pivots: Vec<f32>,
    /// Which lanes have penalties in all coordinates, and lost no pivot.
    is_sound: [bool; LANES],
    /// `D^1/2` and `b` by lane, and from what the roots of the lane before were made.
    roots: Vec<f32>,
    offsets: Vec<f32>,
    last: (f32, f32),
    /// Of a dual system, by lane: the roots of the confidences.
    weights: Vec<f32>,
    /// Of a primal system: the squares of the residuals.
    squares: [f32; LANES],
    /// Rows of `W`, as rows or as columns.
    panel: Vec<f32>,
}

impl Lanes {
    /// Makes and solves the systems of a batch.
    pub(super) fn factor(&mut self, batch: Batch<'_>) {
        let (size, pivots) = (batch.size(), batch.pivots());
        self.reserve(size, batch.factors.dim());
        for lane in 0..batch.members.len() {
            fetch_cells(batch.row_after(lane, LOOKAHEAD));
            self.penalise(batch, lane);
            if batch.is_dual() {
                self.prepare_dual(batch, lane);
            } else {
                self.prepare_primal(batch, lane);
            }
        }
        kernel::transpose(&self.residuals[..LANES * size], &mut self.right, LANES, 0);
        let matrices = &self.matrices[..LANES * size * size];
        kernel::interleave(matrices, size, pivots, &mut self.interleaved);
        self.diagonals.clear();
        for at in 0..pivots {
            let diagonal = &mut self.interleaved[(at * size + at) * LANES..][..LANES];
            for value in diagonal.iter_mut() {
                *value += 1.0;
            }
            self.diagonals.extend_from_slice(diagonal);
        }
        self.pivots.resize(pivots * LANES, 0.0);
        kernel::solve_lanes(&mut self.interleaved, size, &mut self.pivots, &mut self.right);
        let right = self.right[..LANES * size].chunks_exact(PANEL * LANES);
        for (at, panel) in right.enumerate() {
            kernel::transpose(panel, &mut self.answers, size, at * PANEL);
        }
        self.judge();
    }

    /// Makes room; what there is of it stays, so that batches of other sizes clear nothing.
    fn reserve(&mut self, size: usize, dim: usize) {
        let Self { matrices, interleaved, residuals, right, answers, weights, .. } = self;
        let wide = dim * size.max(BLOCK);
        let grow = |values: &mut Vec<f32>, n: usize| values.resize(values.len().max(n), 0.0);
        grow(matrices, LANES * size * size);
        grow(interleaved, LANES * size * size);
        for values in [residuals, right, answers, weights] {
            grow(values, LANES * size);
        }
        grow(&mut self.roots, LANES * dim);
        grow(&mut self.offsets, LANES * dim);
        grow(&mut self.panel, wide);
    }

    /// Prepares `D^1/2` and `b` of a lane.
    fn penalise(&mut self, batch: Batch<'_>, lane: usize) {
        let row = batch.row(lane);
        let dim = batch.factors.dim();
        let flat = row.problem.ridge + row.problem.prior();
        let (known, root) = self.roots.split_at_mut(lane * dim);
        let root = &mut root[..dim];
        if lane > 0 && self.last == (row.scale, flat) {
            root.copy_from_slice(&known[(lane - 1) * dim..]);
            self.is_sound[lane] = self.is_sound[lane - 1];
        } else {
            for (root, g) in root.iter_mut().zip(batch.spectrum) {
                *root = (row.scale * g + flat).sqrt().recip();
            }
            self.is_sound[lane] = root.iter().all(|root| *root < 1e12);
        }
        self.last = (row.scale, flat);
        let offset = &mut self.offsets[lane * dim..(lane + 1) * dim];
        offset.fill(0.0);
        if row.problem.has_prior() {
            for ((b, root), m) in offset.iter_mut().zip(root).zip(row.problem.prior_mean) {
                *b = *root * *root * row.problem.prior_strength * m;
            }
        }
    }

    fn prepare_dual(&mut self, batch: Batch<'_>, lane: usize) {
        let (size, dim, pivots) = (batch.size(), batch.factors.dim(), batch.pivots());
        let row = &batch.row(lane).problem;
        let weights = &mut self.weights[lane * size..(lane + 1) * size];
        let residuals = &mut self.residuals[lane * size..(lane + 1) * size];
        weigh(row, 0, weights, residuals);
        let offset = &self.offsets[lane * dim..(lane + 1) * dim];
        subtract_prior(batch.factors, row, offset, weights, residuals);
        for from in (0..size).step_by(PANEL) {
            let rows = Rows {
                table: batch.factors.values(),
                items: row.items.get(from..).unwrap_or(&[]),
                ahead: ahead(batch, lane, from + PANEL),
                weights: &weights[from..],
                scales: &self.roots[lane * dim..(lane + 1) * dim],
            };
            kernel::gather_columns(rows, &mut self.panel[..dim * size], size, from);
        }
        let matrix = &mut self.matrices[lane * size * size..(lane + 1) * size * size];
        let n = row.items.len().next_multiple_of(4);
        kernel::gram(&self.panel[..dim * size], n, matrix, size);
        // Lanes with more unknowns go on here: nothing but zeros may be found.
        matrix[n * size..pivots * size].fill(0.0);
    }

    fn prepare_primal(&mut self, batch: Batch<'_>, lane: usize) {
        let dim = batch.factors.dim();
        let row = &batch.row(lane).problem;
        let (root, offset) = (&self.roots[lane * dim..][..dim], &self.offsets[lane * dim..][..dim]);
        let matrix = &mut self.matrices[lane * dim * dim..(lane + 1) * dim * dim];
        let right = &mut self.residuals[lane * dim..(lane + 1) * dim];
        right.fill(0.0);
        self.squares[lane] = 0.0;
        for (block, items) in row.items.chunks(BLOCK).enumerate() {
            let (mut weights, mut residuals) = ([0.0; BLOCK], [0.0; BLOCK]);
            let (weights, residuals) = (&mut weights[..items.len()], &mut residuals[..items.len()]);
            weigh(row, block * BLOCK, weights, residuals);
            subtract_prior(
                batch.factors,
                &RowProblem { items, ..*row },
                offset,
                weights,
                residuals,
            );
            let panel = &mut self.panel[..items.len() * dim];
            kernel::gather(batch.factors.values(), items, weights, root, panel);
            let sum = if block == 0 { kernel::gram } else { kernel::add_gram };
            sum(panel, dim, matrix, dim);
            for (row, residual) in panel.chunks_exact(dim).zip(&*residuals) {
                kernel::axpy(*residual, row, right);
            }
            self.squares[lane] += kernel::dot(residuals, residuals);
        }
    }

    /// Finds the lanes of which a pivot lost too many digits.
    fn judge(&mut self) {
        let diagonals = self.diagonals.as_chunks::<LANES>().0;
        for (pivots, diagonals) in self.pivots.as_chunks::<LANES>().0.iter().zip(diagonals) {
            for lane in 0..LANES {
                // Written so that what is not a number is not sound.
                self.is_sound[lane] &=
                    pivots[lane] > PIVOT_FLOOR * diagonals[lane] && pivots[lane] < f32::INFINITY;
            }
        }
    }

    /// Writes the answer of a lane; returns the objective, or nothing where single precision was too coarse.
    pub(super) fn write(&mut self, batch: Batch<'_>, lane: usize, out: &mut [f32]) -> Option<f64> {
        if !self.is_sound[lane] {
            return None;
        }
        let (size, dim) = (batch.size(), batch.factors.dim());
        let of_lane = lane * size..(lane + 1) * size;
        let (answers, residuals) =
            (&self.answers[of_lane.clone()], &self.residuals[of_lane.clone()]);
        let (root, offset) = (&self.roots[lane * dim..][..dim], &self.offsets[lane * dim..][..dim]);
        let explained = kernel::dot(residuals, answers);
        let objective = if batch.is_dual() {
            let weights = &mut self.weights[of_lane];
            for (weight, answer) in weights.iter_mut().zip(answers) {
                *weight *= answer;
            }
            kernel::combine(batch.factors.values(), batch.row(lane).problem.items, weights, out);
            for (out, root) in out.iter_mut().zip(root) {
                *out *= root;
            }
            explained
        } else {
            out.copy_from_slice(answers);
            self.squares[lane] - explained
        };
        for ((out, root), b) in out.iter_mut().zip(root).zip(offset) {
            *out = b + root * *out;
        }
        let is_finite =
            out.iter().fold(objective.is_finite(), |all, value| all & value.is_finite());
        is_finite.then_some(f64::from(objective))
    }
}

/// The items that will be gathered next: those of this lane from `from` on, else the first of the next.
fn ahead(batch: Batch<'_>, lane: usize, from: usize) -> &[u32] {
    match batch.row(lane).problem.items.get(from..) {
        Some(items) if !items.is_empty() => items,
        _ => batch.row_after(lane, 1).map_or(&[], |row| row.problem.items),
    }
}

/// Fetches the cells of a row.
fn fetch_cells(row: Option<&BatchRow<'_>>) {
    if let Some(BatchRow { problem, .. }) = row {
        kernel::prefetch(problem.items);
        kernel::prefetch(problem.confidences);
        kernel::prefetch(problem.targets);
    }
}
