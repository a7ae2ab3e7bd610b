//! The row problem by conjugate gradients: a few steps from where the row was before.
//!
//! In the eigenbasis the penalty is diagonal, so that a step costs one pass over the row's items: O(n d), where the exact answer
//! costs O(n^2 d + n^3). The penalty is also the preconditioner. Every step lowers the row problem, so that alternating over
//! both sides still never raises the loss.

use super::{BatchRow, RowSolver, bounded};
use crate::factors::Factors;
use crate::kernel::{self, AHEAD, Cells};

/// Scratch memory for solving rows; reused, it allocates nothing in the long run.
#[derive(Debug, Default)]
pub struct GradientSolver {
    /// `c`, and `c t`.
    confidences: Vec<f32>,
    wanted: Vec<f32>,
    /// The diagonal `g + l`, and its inverse.
    penalties: Vec<f32>,
    inverse: Vec<f32>,
    /// Of `A x = b`: `b - A x`, the direction `p`, and `-A p`.
    residual: Vec<f32>,
    direction: Vec<f32>,
    product: Vec<f32>,
    exact: RowSolver,
}

/// A row, and what will be needed after it.
#[derive(Clone, Copy)]
struct Descent<'a> {
    factors: &'a Factors,
    spectrum: &'a [f32],
    row: &'a BatchRow<'a>,
    steps: usize,
    /// The items of the row that comes next.
    next: &'a [u32],
}

impl GradientSolver {
    /// Takes at most `steps` in every row from `out` on (`dim` numbers for each), which become the answers; `objectives` takes the values of
    /// the row problems there.
    ///
    /// A row with a prior, and one whose numbers grow out of single precision, is solved exactly. O(steps x items x dim).
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
            if x.iter().fold(value.is_finite(), |all, value| all & value.is_finite()) {
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
            let length = left / self.multiply(descent, if is_last { descent.next } else { &[] });
            // Nothing is left to gain, or single precision can't tell what.
            if !(left > nothing && length.is_finite()) {
                break;
            }
            kernel::axpy(length, &self.direction, x);
            // What a step along the direction lowers the value by: no other look at the items.
            value -= length * left;
            if !is_last {
                kernel::axpy(length, &self.product, &mut self.residual);
                left = self.turn(left);
            }
        }
        value
    }

    /// Prepares the system and what is left of it at `x`; returns the value there.
    fn prepare(&mut self, descent: Descent<'_>, x: &[f32]) -> f32 {
        let Descent { factors, spectrum, row, .. } = descent;
        let problem = &row.problem;
        self.penalties.clear();
        self.penalties.extend(spectrum.iter().map(|g| row.scale * g + problem.ridge));
        self.inverse.clear();
        self.inverse.extend(self.penalties.iter().map(|d| d.recip()));
        self.confidences.clear();
        self.confidences.extend(problem.confidences.iter().map(|c| bounded(*c)));
        self.wanted.clone_from(&self.confidences);
        for (wanted, target) in self.wanted.iter_mut().zip(problem.targets) {
            *wanted *= target;
        }
        // Nothing of the row before: what is not a number stays so, however little of it is kept.
        self.direction.clear();
        self.direction.resize(x.len(), 0.0);
        let Self { residual, penalties, confidences, wanted, .. } = self;
        residual.clear();
        residual.extend(penalties.iter().zip(x).map(|(d, x)| -d * x));
        let penalty = -kernel::dot(residual, x);
        let cells = Cells {
            table: factors.values(),
            items: problem.items,
            confidences,
            wanted,
            ahead: problem.items.get(AHEAD..).unwrap_or(&[]),
        };
        let explained = kernel::add_residuals(cells, x, residual);
        let targets = wanted.iter().enumerate().map(|(at, c)| c * problem.target(at));
        targets.sum::<f32>() + explained + penalty
    }

    /// Makes `-A p`; returns `p'A p`. Fetches the rows of items to come.
    fn multiply(&mut self, descent: Descent<'_>, ahead: &[u32]) -> f32 {
        let Self { direction, product, penalties, confidences, .. } = self;
        product.clear();
        product.extend(penalties.iter().zip(&*direction).map(|(d, p)| -d * p));
        let penalty = -kernel::dot(product, direction);
        let items = descent.row.problem.items;
        let table = descent.factors.values();
        let cells = Cells { table, items, confidences, wanted: &[], ahead };
        penalty + kernel::add_residuals(cells, direction, product)
    }

    /// The next direction, conjugate to the last, of which `before` was left; the first where that is infinite. Returns what is left.
    fn turn(&mut self, before: f32) -> f32 {
        let Self { direction, residual, inverse, product: preconditioned, .. } = self;
        preconditioned.clear();
        preconditioned.extend(residual.iter().zip(&*inverse).map(|(r, d)| r * d));
        let left = kernel::dot(residual, preconditioned);
        let kept = left / before;
        for (p, z) in direction.iter_mut().zip(&*preconditioned) {
            *p = z + kept * *p;
        }
        left
    }
}
