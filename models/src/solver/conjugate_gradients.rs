//! The row problem by conjugate gradients: a few steps from the row's previous value.
//!
//! In the eigenbasis the penalty is diagonal, so a step costs one pass over the row's items: O(n
//! d). The exact solution costs O(n^2 d + n^3). The penalty is also the preconditioner. Every step
//! lowers the row's objective, so alternating over both sides never raises the loss.

use super::{BatchRow, RowSolver, bounded};
use crate::factors::Factors;
use crate::kernel::{self, AHEAD, Cells};

/// Scratch memory for solving rows; once grown, it is reused without allocations.
#[derive(Debug, Default)]
pub struct GradientSolver {
    /// The confidences `c`, and `c t` in `wanted`.
    confidences: Vec<f32>,
    wanted: Vec<f32>,
    /// The diagonal `g + l` and its inverse.
    penalties: Vec<f32>,
    inverse: Vec<f32>,
    /// For `A x = b`: the residual `b - A x`, the direction `p`, and `-A p`.
    residual: Vec<f32>,
    direction: Vec<f32>,
    product: Vec<f32>,
    exact: RowSolver,
}

/// A row, and the items to prefetch after it.
#[derive(Clone, Copy)]
struct Descent<'a> {
    factors: &'a Factors,
    spectrum: &'a [f32],
    row: &'a BatchRow<'a>,
    steps: usize,
    /// The items of the next row.
    next: &'a [u32],
}

impl<'a> Descent<'a> {
    /// The row's cells with all targets 0.
    fn cells<'b>(&self, confidences: &'b [f32], ahead: &'b [u32]) -> Cells<'b>
    where
        'a: 'b,
    {
        let items = self.row.problem.items;
        Cells { table: self.factors.values(), items, confidences, wanted: &[], ahead }
    }
}

impl GradientSolver {
    /// Takes at most `steps` steps per row, starting from `out` (`dim` numbers per row), which
    /// receives the results. `objectives` receives the values of the row problems at these results.
    ///
    /// A row with a prior, or one that overflows single precision, is solved exactly. O(steps x
    /// items x dim).
    pub fn solve(
        &mut self,
        factors: &Factors,
        spectrum: &[f32],
        rows: &[BatchRow<'_>],
        steps: usize,
        out: &mut [f32],
        objectives: &mut Vec<f64>,
    ) {
        objectives.clear();
        for (at, (row, x)) in rows.iter().zip(out.chunks_exact_mut(factors.dim())).enumerate() {
            let next = rows.get(at + 1).map_or(&[][..], |next| next.problem.items);
            objectives.push(self.solve_row(Descent { factors, spectrum, row, steps, next }, x));
        }
    }

    fn solve_row(&mut self, descent: Descent<'_>, x: &mut [f32]) -> f64 {
        if !descent.row.problem.has_prior() {
            let value = self.descend(descent, x);
            if value.is_finite() && kernel::are_finite(x) {
                return f64::from(value);
            }
        }
        self.exact.solve_row(descent.factors, descent.spectrum, descent.row, x)
    }

    fn descend(&mut self, descent: Descent<'_>, x: &mut [f32]) -> f32 {
        let mut value = self.prepare(descent, x);
        let mut left = self.turn(f32::INFINITY);
        let nothing = f32::EPSILON * f32::EPSILON * left;
        for step in 1..=descent.steps {
            let is_last = step == descent.steps;
            let curvature = if is_last { self.curve(descent) } else { self.multiply(descent) };
            let length = left / curvature;
            // No gain is left, or single precision can't measure it.
            if !(left > nothing && length.is_finite()) {
                break;
            }
            kernel::axpy(length, &self.direction, x);
            // The decrease of the value along the direction, without another pass over the items.
            value -= length * left;
            if !is_last {
                kernel::axpy(length, &self.product, &mut self.residual);
                left = self.turn(left);
            }
        }
        value
    }

    /// Prepares the system and its residual at `x`; returns the value there.
    fn prepare(&mut self, descent: Descent<'_>, x: &[f32]) -> f32 {
        let Descent { spectrum, row, .. } = descent;
        let problem = &row.problem;
        for values in
            [&mut self.penalties, &mut self.inverse, &mut self.residual, &mut self.product]
        {
            values.resize(x.len(), 0.0);
        }
        let (penalties, inverse) = (&mut self.penalties, &mut self.inverse);
        kernel::diagonal(row.scale, spectrum, problem.ridge, penalties, inverse);
        self.confidences.clear();
        self.confidences.extend(problem.confidences.iter().map(|c| bounded(*c)));
        self.wanted.clone_from(&self.confidences);
        for (wanted, target) in self.wanted.iter_mut().zip(problem.targets) {
            *wanted *= target;
        }
        // Discard the direction of the previous row: a NaN in it would survive any scaling.
        self.direction.clear();
        self.direction.resize(x.len(), 0.0);
        let Self { residual, penalties, confidences, wanted, .. } = self;
        let penalty = kernel::subtract_diagonal(penalties, x, residual);
        let ahead = problem.items.get(AHEAD..).unwrap_or(&[]);
        let cells = Cells { wanted, ..descent.cells(confidences, ahead) };
        let explained = kernel::add_residuals(cells, x, residual);
        let targets = wanted.iter().enumerate().map(|(at, c)| c * problem.target(at));
        targets.sum::<f32>() + explained + penalty
    }

    /// Computes `-A p`; returns `p'A p`.
    fn multiply(&mut self, descent: Descent<'_>) -> f32 {
        let Self { direction, product, penalties, confidences, .. } = self;
        let penalty = kernel::subtract_diagonal(penalties, direction, product);
        penalty + kernel::add_residuals(descent.cells(confidences, &[]), direction, product)
    }

    /// Returns `p'A p` without computing `-A p`; `product` is unspecified afterwards. Prefetches
    /// the rows of the next items.
    fn curve(&mut self, descent: Descent<'_>) -> f32 {
        let Self { direction, product, penalties, confidences, .. } = self;
        let penalty = kernel::subtract_diagonal(penalties, direction, product);
        penalty + kernel::cells_value(descent.cells(confidences, descent.next), direction)
    }

    /// The next direction, conjugate to the previous one. `before` is the previous `r'D^-1 r`,
    /// infinite for the first direction. Returns the new `r'D^-1 r`.
    fn turn(&mut self, before: f32) -> f32 {
        kernel::next_direction(&self.residual, &self.inverse, before, &mut self.direction)
    }
}
