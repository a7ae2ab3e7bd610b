//! The row problem: the least-squares problem of iALS for the vector of one user or item:
//!
//! `min_p  sum_{i in S} c_i (t_i - p.q_i)^2 + p' diag(g) p + l |p|^2 + s |p - m|^2`
//!
//! in the eigenbasis in which the weighted Gram matrix is `diag(g)`.
//!
//! Let `D = diag(1 / (g + l + s))`, and let `b = D s m` be the solution without items. With the
//! items' rows `W = C^1/2 Y D^1/2` and `r = C^1/2 (t - Y b)`, the solution is `b + D^1/2 z`. Here
//! `z` comes from the smaller of two systems:
//!
//! - dual, `n <= d` items, as most rows have: `z = W' (1 + W W')^-1 r`;
//! - primal: `z = (1 + W' W)^-1 W' r`.
//!
//! Both are solved in single precision. If the pivots show that this would lose too many digits,
//! the row is solved again in double precision. Causes are near duplicates of huge confidence and
//! missing penalties.

mod batch;
mod conjugate_gradients;
mod dense;
#[cfg(test)]
mod tests;

use crate::factors::Factors;
use crate::kernel::{self, PANEL};
pub use batch::{BatchRow, BatchSolver};
pub use conjugate_gradients::GradientSolver;
use dense::DenseSolver;

/// The factor by which a pivot may shrink before single precision counts as too coarse.
const PIVOT_FLOOR: f32 = 1e-3;

/// The maximum confidence. Larger ones are clamped to it, so that no product overflows.
const MAX_CONFIDENCE: f32 = 1e12;

/// The number of rows that the primal system processes at a time: enough to amortize its loads and
/// stores, few enough for the cache.
const BLOCK: usize = 4 * PANEL;

/// One row to solve. All slices over items are parallel.
#[derive(Clone, Copy, Debug)]
pub struct RowProblem<'a> {
    /// Row indices into the other side's factors; rows beyond the last count as zeros.
    pub items: &'a [u32],
    /// `c_i`: the confidences; values that are not positive count as 0.
    pub confidences: &'a [f32],
    /// `t_i`: 1 for, 0 against; empty if all are 1.
    pub targets: &'a [f32],
    /// `l`: the ridge.
    pub ridge: f32,
    /// `s`: the strength of the prior; 0 for none.
    pub prior_strength: f32,
    /// `m`: the mean of the prior, `dim` numbers, or empty if `s` is 0.
    pub prior_mean: &'a [f32],
}

/// The confidence clamped to `0..=MAX_CONFIDENCE`.
#[expect(clippy::manual_clamp, reason = "`clamp` would pass on what is not a number")]
fn bounded(confidence: f32) -> f32 {
    // Branch-free. NaN becomes 0, since `max` returns the other operand.
    confidence.max(0.0).min(MAX_CONFIDENCE)
}

impl RowProblem<'_> {
    fn confidence(&self, n: usize) -> f32 {
        bounded(self.confidences[n])
    }

    fn target(&self, n: usize) -> f32 {
        self.targets.get(n).copied().unwrap_or(1.0)
    }

    /// `s`, or 0.
    fn prior(&self) -> f32 {
        if self.has_prior() { self.prior_strength } else { 0.0 }
    }

    fn has_prior(&self) -> bool {
        self.prior_strength > 0.0
    }
}

/// Scratch memory for solving rows; once grown, it is reused without allocations.
#[derive(Debug, Default)]
pub struct RowSolver {
    /// `b`.
    offset: Vec<f32>,
    /// `D^1/2`.
    root: Vec<f32>,
    /// Rows of `W`.
    rows: Vec<f32>,
    /// `r` of the rows in `rows`.
    residuals: Vec<f32>,
    /// `W'`.
    transposed: Vec<f32>,
    matrix: Vec<f32>,
    floors: Vec<f32>,
    z: Vec<f32>,
    /// The square roots of the confidences of the same rows.
    weights: Vec<f32>,
    /// The spectrum, scaled for the current row.
    spectrum: Vec<f32>,
    dense: DenseSolver,
}

impl RowSolver {
    /// Writes the minimizer into `out` (`dim` numbers). O(n^2 d + n^3) for n items <= d, else O(n
    /// d^2 + d^3).
    ///
    /// The result is finite for any confidences, and does not depend on what was solved before.
    pub fn solve(
        &mut self,
        factors: &Factors,
        spectrum: &[f32],
        problem: &RowProblem<'_>,
        out: &mut [f32],
    ) {
        let n = problem.items.len();
        let solved = self.penalise(spectrum, problem)
            && match n {
                0 => true,
                _ if n <= factors.dim() => self.solve_dual(factors, problem),
                _ => self.solve_primal(factors, problem),
            };
        if solved && self.write(n > 0, out) {
            return;
        }
        self.dense.solve(factors, spectrum, problem, out);
    }

    /// Like [`Self::solve`], with a row-specific scale of the spectrum. Returns the value of the
    /// row problem without its prior.
    fn solve_row(
        &mut self,
        factors: &Factors,
        spectrum: &[f32],
        row: &BatchRow<'_>,
        out: &mut [f32],
    ) -> f64 {
        let mut scaled = std::mem::take(&mut self.spectrum);
        scaled.clear();
        scaled.extend(spectrum.iter().map(|g| row.scale * g));
        self.solve(factors, &scaled, &row.problem, out);
        let value = objective(factors, &scaled, &row.problem, out);
        self.spectrum = scaled;
        value
    }

    /// Prepares `D^1/2` and `b`. Returns false if a coordinate has no penalty.
    fn penalise(&mut self, spectrum: &[f32], problem: &RowProblem<'_>) -> bool {
        let flat = problem.ridge + if problem.has_prior() { problem.prior_strength } else { 0.0 };
        self.root.clear();
        self.root.extend(spectrum.iter().map(|g| (g + flat).sqrt().recip()));
        self.offset.clear();
        self.offset.resize(spectrum.len(), 0.0);
        if problem.has_prior() {
            for ((b, root), m) in self.offset.iter_mut().zip(&self.root).zip(problem.prior_mean) {
                *b = root * problem.prior_strength * root * m;
            }
        }
        // The squares of the largest root must stay far from infinity. This is false for NaN, too.
        self.root.iter().all(|root| *root < 1e12)
    }

    /// Gathers the rows of `W` and `r` from item `from` on, as many as fit into `height` rows, with
    /// zeros below them.
    fn gather(&mut self, factors: &Factors, problem: &RowProblem<'_>, from: usize, height: usize) {
        let items = &problem.items[from..problem.items.len().min(from + height)];
        self.rows.resize(height * factors.dim(), 0.0);
        self.residuals.resize(height, 0.0);
        self.weights.resize(height, 0.0);
        let part = RowProblem { items, ..*problem };
        weigh(problem, from, &mut self.weights, &mut self.residuals);
        subtract_prior(factors, &part, &self.offset, &self.weights, &mut self.residuals);
        kernel::gather(factors.values(), items, &self.weights, &self.root, &mut self.rows);
    }

    fn solve_dual(&mut self, factors: &Factors, problem: &RowProblem<'_>) -> bool {
        let (n, dim) = (problem.items.len(), factors.dim());
        let width = n.next_multiple_of(PANEL);
        self.gather(factors, problem, 0, width);
        self.transposed.resize(dim * width, 0.0);
        for (panel, rows) in self.rows.chunks_exact(PANEL * dim).enumerate() {
            kernel::transpose(rows, &mut self.transposed, width, panel * PANEL);
        }
        let pivots = n.next_multiple_of(4);
        self.start_matrix(pivots, width);
        kernel::add_gram(&self.transposed, pivots, &mut self.matrix, width);
        if !self.factor(pivots, width) {
            return false;
        }
        kernel::solve(&self.matrix, pivots, &mut self.residuals);
        self.accumulate(dim);
        true
    }

    fn solve_primal(&mut self, factors: &Factors, problem: &RowProblem<'_>) -> bool {
        let (n, dim) = (problem.items.len(), factors.dim());
        self.start_matrix(dim, dim);
        self.z.clear();
        for from in (0..n).step_by(BLOCK) {
            self.gather(factors, problem, from, BLOCK.min(n - from));
            kernel::add_gram(&self.rows, dim, &mut self.matrix, dim);
            self.accumulate(dim);
        }
        if !self.factor(dim, dim) {
            return false;
        }
        kernel::solve(&self.matrix, dim, &mut self.z);
        true
    }

    /// Makes `matrix` the identity of `pivots` rows.
    fn start_matrix(&mut self, pivots: usize, width: usize) {
        self.z.clear();
        self.matrix.clear();
        self.matrix.resize(pivots * width, 0.0);
        for i in 0..pivots {
            self.matrix[i * width + i] = 1.0;
        }
    }

    fn factor(&mut self, pivots: usize, width: usize) -> bool {
        self.floors.clear();
        let diagonal = self.matrix.iter().step_by(width + 1).take(pivots);
        self.floors.extend(diagonal.map(|value| PIVOT_FLOOR * value));
        kernel::cholesky(&mut self.matrix, width, &self.floors)
    }

    /// `z += W' r` over the rows gathered.
    fn accumulate(&mut self, dim: usize) {
        self.z.resize(dim, 0.0);
        for (row, residual) in self.rows.chunks_exact(dim).zip(&self.residuals) {
            kernel::axpy(*residual, row, &mut self.z);
        }
    }

    /// Writes `b + D^1/2 z`, or `b` alone. Returns false if the result is not finite.
    fn write(&self, with_items: bool, out: &mut [f32]) -> bool {
        assert_eq!(out.len(), self.offset.len(), "a row has one number per eigenvalue");
        if with_items {
            return kernel::add_scaled(&self.offset, &self.root, &self.z, out);
        }
        out.copy_from_slice(&self.offset);
        kernel::are_finite(out)
    }
}

/// The square roots of the confidences from item `from` on, and the targets multiplied with them;
/// zeros after the last item.
fn weigh(row: &RowProblem<'_>, from: usize, weights: &mut [f32], residuals: &mut [f32]) {
    let end = row.items.len().min(from + weights.len());
    let confidences = &row.confidences[from..end];
    weights[confidences.len()..].fill(0.0);
    residuals[confidences.len()..].fill(0.0);
    for (weight, confidence) in weights.iter_mut().zip(confidences) {
        *weight = bounded(*confidence).sqrt();
    }
    let residuals = &mut residuals[..confidences.len()];
    residuals.copy_from_slice(&weights[..confidences.len()]);
    for (residual, target) in residuals.iter_mut().zip(row.targets.get(from..end).unwrap_or(&[])) {
        *residual *= target;
    }
}

/// Subtracts the prior's share, `C^1/2 Y b`, from the residuals.
fn subtract_prior(
    factors: &Factors,
    row: &RowProblem<'_>,
    offset: &[f32],
    weights: &[f32],
    residuals: &mut [f32],
) {
    if !row.has_prior() {
        return;
    }
    for ((residual, weight), &item) in residuals.iter_mut().zip(weights).zip(row.items) {
        if let Some(factor) = factors.row(item as usize) {
            *residual -= weight * kernel::dot(factor, offset);
        }
    }
}

/// `sum c (t - x.y)^2 + sum g x^2 + l |x|^2`.
fn objective(factors: &Factors, spectrum: &[f32], problem: &RowProblem<'_>, x: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (at, &item) in problem.items.iter().enumerate() {
        let product = factors.row(item as usize).map_or(0.0, |row| kernel::dot(x, row));
        let error = f64::from(problem.target(at) - product);
        sum += f64::from(problem.confidence(at)) * error * error;
    }
    let flat = f64::from(problem.ridge);
    let penalty =
        x.iter().zip(spectrum).map(|(x, g)| (f64::from(*g) + flat) * f64::from(*x) * f64::from(*x));
    sum + penalty.sum::<f64>()
}
