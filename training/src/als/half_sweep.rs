//! One side solved against the other, all rows in parallel.

use guanxi_models::Factors;
use guanxi_models::kernel;
use guanxi_models::params::FoldIn;
use guanxi_models::solver::{RowProblem, RowSolver};
use rayon::prelude::*;

use super::AlsError;
use super::matrix::Side;

/// Rows that one task takes.
const CHUNK: usize = 64;

/// How many of the next row's factors are fetched while a row is solved; the solver fetches the others itself.
const AHEAD: usize = 12;

/// What the rows of one side are solved against.
pub(super) struct HalfSweep<'a> {
    pub(super) side: &'a Side,
    /// The other side, in the eigenbasis of its Gram matrix.
    pub(super) factors: &'a Factors,
    pub(super) spectrum: &'a [f32],
    pub(super) ridge: Ridge,
    /// What the spectrum is multiplied with in each row (`b_i`); empty for 1.
    pub(super) scales: &'a [f32],
}

/// `l = lam (n + unobserved)^nu`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ridge {
    pub(super) lam: f32,
    pub(super) unobserved: f32,
    pub(super) exponent: f32,
}

impl Ridge {
    pub(super) fn of(self, n: usize) -> f32 {
        let fold_in = FoldIn {
            ridge: self.lam,
            unobserved: self.unobserved,
            ridge_exponent: self.exponent,
            ..FoldIn::default()
        };
        fold_in.ridge_of(n)
    }
}

/// The prior of one row.
pub(super) struct Prior {
    pub(super) strength: f32,
    /// Empty where the strength is 0.
    pub(super) mean: Vec<f32>,
}

impl Prior {
    pub(super) fn none() -> Self {
        Self { strength: 0.0, mean: Vec::new() }
    }
}

#[derive(Default)]
struct Worker {
    solver: RowSolver,
    spectrum: Vec<f32>,
}

impl HalfSweep<'_> {
    /// Solves every row; returns them and the sum of `observe` over them.
    pub(super) fn solve(
        &self,
        prior: impl Fn(usize) -> Prior + Sync,
        observe: impl Fn(usize, &[f32]) -> f64 + Sync,
    ) -> Result<(Factors, f64), AlsError> {
        let dim = self.factors.dim();
        let mut rows = vec![0.0; self.side.rows() * dim];
        let sums: Vec<f64> = rows
            .par_chunks_mut(CHUNK * dim)
            .enumerate()
            .map_init(Worker::default, |worker, (chunk, rows)| {
                let rows = rows.chunks_exact_mut(dim).enumerate();
                let mut sum = 0.0;
                for (row, out) in rows.map(|(at, out)| (chunk * CHUNK + at, out)) {
                    self.solve_row(worker, row, &prior(row), out);
                    sum += observe(row, out);
                }
                sum
            })
            .collect();
        Ok((Factors::new(dim, rows)?, sums.iter().sum()))
    }

    fn solve_row(&self, worker: &mut Worker, row: usize, prior: &Prior, out: &mut [f32]) {
        self.fetch(row + 1);
        let cells = self.side.row(row);
        let problem = RowProblem {
            items: cells.others,
            confidences: cells.confidences,
            targets: cells.targets,
            ridge: self.ridge.of(cells.others.len()),
            prior_strength: prior.strength,
            prior_mean: &prior.mean,
        };
        let Some(scale) = self.scales.get(row) else {
            return worker.solver.solve(self.factors, self.spectrum, &problem, out);
        };
        worker.spectrum.clear();
        worker.spectrum.extend(self.spectrum.iter().map(|g| scale * g));
        worker.solver.solve(self.factors, &worker.spectrum, &problem, out);
    }

    fn fetch(&self, row: usize) {
        let others = self.side.row(row).others.iter().take(AHEAD);
        others.filter_map(|&other| self.factors.row(other as usize)).for_each(kernel::prefetch);
    }

    /// `sum c (t - x.y)^2 + sum_k scale g_k x_k^2` of a solved row `x`.
    pub(super) fn error(&self, row: usize, x: &[f32]) -> f64 {
        let cells = self.side.row(row);
        let mut sum = 0.0;
        for (at, &other) in cells.others.iter().enumerate() {
            let factor =
                self.factors.row(other as usize).expect("a matrix has only rows there are");
            let error = f64::from(cells.targets[at] - kernel::dot(x, factor));
            sum += f64::from(cells.confidences[at]) * error * error;
        }
        let scale = f64::from(self.scales.get(row).copied().unwrap_or(1.0));
        let squares = x.iter().map(|x| f64::from(*x) * f64::from(*x));
        let unobserved: f64 = squares.zip(self.spectrum).map(|(xx, g)| xx * f64::from(*g)).sum();
        sum + scale * unobserved
    }

    /// `l |x|^2` of a solved row `x`.
    pub(super) fn penalty(&self, row: usize, x: &[f32]) -> f64 {
        let ridge = self.ridge.of(self.side.starts.range(row).len());
        f64::from(ridge) * f64::from(kernel::dot(x, x))
    }
}
