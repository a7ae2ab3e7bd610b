//! One half-sweep: all rows of one side are solved against the other side in parallel.

use guanxi_models::Factors;
use guanxi_models::kernel;
use guanxi_models::params::FoldIn;
use guanxi_models::solver::{BatchRow, BatchSolver, GradientSolver, RowProblem};
use rayon::prelude::*;

use super::basis::table;
use super::error::AlsError;
use super::matrix::Side;

/// The number of rows per task, large enough that most of its batches are full.
const CHUNK: usize = 1024;

/// The system that the rows of one side are solved against.
pub(super) struct HalfSweep<'a> {
    pub(super) side: &'a Side,
    /// The other side, in the eigenbasis of its Gram matrix.
    pub(super) factors: &'a Factors,
    pub(super) spectrum: &'a [f32],
    pub(super) ridge: Ridge,
    /// The factor of the spectrum in each row (`b_i`). Empty if all are 1.
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

/// The prior of one row: a mean and its strength.
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

/// The method that solves the rows.
pub(super) enum Method {
    Exact,
    /// Some steps of conjugate gradients that start from these rows.
    Gradients {
        steps: usize,
        start: Vec<f32>,
    },
}

#[derive(Default)]
struct Worker {
    exact: BatchSolver,
    gradients: GradientSolver,
    objectives: Vec<f64>,
}

impl HalfSweep<'_> {
    /// Solves every row. Returns the rows and the sum of `observe` over them; `observe` receives
    /// the row's index, the row, and the minimum of its objective.
    pub(super) fn solve(
        &self,
        method: Method,
        prior: impl Fn(usize) -> Prior + Sync,
        observe: impl Fn(usize, &[f32], f64) -> f64 + Sync,
    ) -> Result<(Factors, f64), AlsError> {
        let dim = self.factors.dim();
        let (steps, mut rows) = match method {
            Method::Exact => (None, vec![0.0; self.side.rows() * dim]),
            Method::Gradients { steps, start } => (Some(steps), start),
        };
        let chunks: Vec<(f64, bool)> = rows
            .par_chunks_mut(CHUNK * dim)
            .enumerate()
            .map_init(Worker::default, |worker, (chunk, rows)| {
                let first = chunk * CHUNK;
                let numbers = first..first + rows.len() / dim;
                let priors: Vec<Prior> = numbers.clone().map(&prior).collect();
                let problems =
                    numbers.clone().zip(&priors).map(|(row, prior)| self.row(row, prior));
                let problems: Vec<BatchRow<'_>> = problems.collect();
                self.solve_chunk(steps, worker, &problems, rows);
                let solved = numbers.zip(rows.chunks_exact(dim)).zip(&worker.objectives);
                let sum = solved.map(|((row, x), least)| observe(row, x, *least)).sum();
                // Checked here, while the rows are in the cache.
                (sum, kernel::are_finite(rows))
            })
            .collect();
        let are_finite = chunks.iter().all(|chunk| chunk.1);
        Ok((table(dim, rows, are_finite)?, chunks.iter().map(|chunk| chunk.0).sum()))
    }

    /// Solves only the rows with these indices, exactly and without priors.
    pub(super) fn solve_some(&self, numbers: &[u32]) -> Result<Factors, AlsError> {
        let dim = self.factors.dim();
        let none = Prior::none();
        let problems: Vec<BatchRow<'_>> =
            numbers.iter().map(|&row| self.row(row as usize, &none)).collect();
        let mut rows = vec![0.0; numbers.len() * dim];
        self.solve_chunk(None, &mut Worker::default(), &problems, &mut rows);
        Ok(Factors::new(dim, rows)?)
    }

    /// Solves some rows exactly, or by the given number of conjugate-gradient steps.
    fn solve_chunk(
        &self,
        steps: Option<usize>,
        worker: &mut Worker,
        problems: &[BatchRow<'_>],
        rows: &mut [f32],
    ) {
        let Worker { exact, gradients, objectives } = worker;
        let Self { factors, spectrum, .. } = self;
        match steps {
            Some(steps) => {
                gradients.solve(factors, spectrum, problems, steps, rows, objectives);
            }
            None => exact.solve(factors, spectrum, problems, rows, objectives),
        }
    }

    fn row<'a>(&'a self, row: usize, prior: &'a Prior) -> BatchRow<'a> {
        let cells = self.side.row(row);
        let problem = RowProblem {
            items: cells.others,
            confidences: cells.confidences,
            targets: cells.targets,
            ridge: self.ridge.of(cells.others.len()),
            prior_strength: prior.strength,
            prior_mean: &prior.mean,
        };
        BatchRow { problem, scale: self.scales.get(row).copied().unwrap_or(1.0) }
    }

    /// `l |x|^2` of a solved row `x`.
    pub(super) fn penalty(&self, row: usize, x: &[f32]) -> f64 {
        let ridge = self.ridge.of(self.side.starts.range(row).len());
        f64::from(ridge) * f64::from(kernel::dot(x, x))
    }
}
