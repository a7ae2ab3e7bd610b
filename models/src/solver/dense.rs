//! The row problem in double precision, for the few rows that exceed single precision.

use super::RowProblem;
use crate::factors::Factors;

/// The smallest share of its diagonal that a valid pivot keeps. Below it a pivot is noise, and its
/// coordinate is left at 0.
const NOISE: f64 = 1e-13;

#[derive(Debug, Default)]
pub(super) struct DenseSolver {
    /// The lower triangle, row-major.
    matrix: Vec<f64>,
    right: Vec<f64>,
}

impl DenseSolver {
    pub(super) fn solve(
        &mut self,
        factors: &Factors,
        spectrum: &[f32],
        problem: &RowProblem<'_>,
        out: &mut [f32],
    ) {
        self.start(spectrum, problem);
        for (n, &item) in problem.items.iter().enumerate() {
            if let Some(row) = factors.row(item as usize) {
                self.add(row, problem.confidence(n), problem.target(n));
            }
        }
        self.factor();
        self.substitute();
        for (out, value) in out.iter_mut().zip(&self.right) {
            *out = value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
        }
    }

    fn start(&mut self, spectrum: &[f32], problem: &RowProblem<'_>) {
        let dim = spectrum.len();
        self.matrix.clear();
        self.matrix.resize(dim * dim, 0.0);
        self.right.clear();
        self.right.resize(dim, 0.0);
        let strength = if problem.has_prior() { f64::from(problem.prior_strength) } else { 0.0 };
        for (k, g) in spectrum.iter().enumerate() {
            self.matrix[k * dim + k] = f64::from(*g) + f64::from(problem.ridge) + strength;
        }
        for (right, mean) in self.right.iter_mut().zip(problem.prior_mean) {
            *right = strength * f64::from(*mean);
        }
    }

    fn add(&mut self, row: &[f32], confidence: f32, target: f32) {
        let (dim, c, t) = (row.len(), f64::from(confidence), f64::from(target));
        for (k, &x) in row.iter().enumerate() {
            let weighted = c * f64::from(x);
            self.right[k] += weighted * t;
            for (a, &y) in self.matrix[k * dim..=k * dim + k].iter_mut().zip(row) {
                *a += weighted * f64::from(y);
            }
        }
    }

    /// Cholesky, row after row. A coordinate with a noise pivot is decoupled from all others.
    fn factor(&mut self) {
        let dim = self.right.len();
        for i in 0..dim {
            let (above, row) = self.matrix.split_at_mut(i * dim);
            let diagonal = row[i];
            for (j, above) in above.chunks_exact(dim).enumerate() {
                let known: f64 = above[..j].iter().zip(&row[..j]).map(|(x, y)| x * y).sum();
                row[j] = if above[j].is_finite() { (row[j] - known) / above[j] } else { 0.0 };
            }
            let pivot = diagonal - row[..i].iter().map(|x| x * x).sum::<f64>();
            row[i] = if pivot > NOISE * diagonal { pivot.sqrt() } else { f64::INFINITY };
        }
    }

    fn substitute(&mut self) {
        let dim = self.right.len();
        for i in 0..dim {
            let row = &self.matrix[i * dim..=i * dim + i];
            let known: f64 = row[..i].iter().zip(&self.right).map(|(x, y)| x * y).sum();
            self.right[i] = (self.right[i] - known) / row[i];
        }
        for i in (0..dim).rev() {
            let (before, after) = self.right.split_at_mut(i);
            let row = &self.matrix[i * dim..=i * dim + i];
            after[0] /= row[i];
            for (value, x) in before.iter_mut().zip(row) {
                *value -= x * after[0];
            }
        }
    }
}
