//! The row problem by conjugate gradients: a few steps from where the row was before.
//!
//! In the eigenbasis the penalty is diagonal, so that a step costs one pass over the row's items: O(n d), where the exact answer
//! costs O(n^2 d + n^3). The penalty is also the preconditioner. Every step lowers the row problem, so that alternating over
//! both sides still never raises the loss.

use super::{BatchRow, RowSolver, bounded};
use crate::factors::Factors;
use crate::kernel;

/// Scratch memory for solving rows; reused, it allocates nothing in the long run.
#[derive(Debug, Default)]
pub struct GradientSolver {
    /// `c`, and `c t`.
    confidences: Vec<f32>,
    wanted: Vec<f32>,
    /// The diagonal `g + l`, and its inverse.
    penalties: Vec<f32>,
    inverse: Vec<f32>,
    /// Of `A x = b`: `b`, `b - A x`, the direction `p`, and `A p`.
    right: Vec<f32>,
    residual: Vec<f32>,
    direction: Vec<f32>,
    product: Vec<f32>,
    exact: RowSolver,
}

impl GradientSolver {
    /// Takes at most `steps` from `x` on, which becomes the answer; returns the value of the row problem there.
    ///
    /// A row with a prior, and one whose numbers grow out of single precision, is solved exactly. O(steps x items x dim).
    pub fn solve(
        &mut self,
        factors: &Factors,
        spectrum: &[f32],
        row: &BatchRow<'_>,
        steps: usize,
        x: &mut [f32],
    ) -> f64 {
        if !row.problem.has_prior() {
            let value = self.descend(factors, spectrum, row, steps, x);
            if x.iter().fold(value.is_finite(), |all, value| all & value.is_finite()) {
                return f64::from(value);
            }
        }
        self.exact.solve_row(factors, spectrum, row, x)
    }

    fn descend(
        &mut self,
        factors: &Factors,
        spectrum: &[f32],
        row: &BatchRow<'_>,
        steps: usize,
        x: &mut [f32],
    ) -> f32 {
        self.prepare(factors, spectrum, row, x);
        let mut left = self.turn(f32::INFINITY);
        for _ in 0..steps {
            self.multiply(factors, row.problem.items);
            let length = left / kernel::dot(&self.direction, &self.product);
            // Nothing is left to gain, or single precision can't tell what.
            if !(left > 0.0 && length.is_finite()) {
                break;
            }
            kernel::axpy(length, &self.direction, x);
            kernel::axpy(-length, &self.product, &mut self.residual);
            left = self.turn(left);
        }
        // x.A x - 2 x.b + t.C t, by what is known of A x: no other look at the items.
        let targets = self.wanted.iter().enumerate().map(|(at, c)| c * row.problem.target(at));
        targets.sum::<f32>() - kernel::dot(x, &self.right) - kernel::dot(x, &self.residual)
    }

    /// Prepares the system and what is left of it at `x`.
    fn prepare(&mut self, factors: &Factors, spectrum: &[f32], row: &BatchRow<'_>, x: &[f32]) {
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
        self.right.resize(x.len(), 0.0);
        kernel::combine(factors.values(), problem.items, &self.wanted, &mut self.right);
        self.direction.clear();
        self.direction.extend_from_slice(x);
        self.multiply(factors, problem.items);
        self.residual.clone_from(&self.right);
        kernel::axpy(-1.0, &self.product, &mut self.residual);
    }

    /// `A p`.
    fn multiply(&mut self, factors: &Factors, items: &[u32]) {
        let Self { direction, product, penalties, confidences, .. } = self;
        product.clear();
        product.extend(penalties.iter().zip(&*direction).map(|(d, p)| d * p));
        kernel::add_projections(factors.values(), items, confidences, direction, product);
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
