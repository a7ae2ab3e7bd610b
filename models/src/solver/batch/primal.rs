//! Primal systems, with one unknown per dimension: built one by one, then interleaved.

use super::super::{BLOCK, RowProblem, subtract_prior, weigh};
use super::Batch;
use super::penalty::Penalty;
use super::systems::{Systems, by_lane, dots};
use crate::kernel::{self, LANES};

/// Memory for the primal systems of one batch. Per-lane data is stored consecutively.
#[derive(Debug, Default)]
pub(super) struct Primal {
    matrices: Vec<f32>,
    /// `W' r`, and the same values interleaved.
    right: Vec<f32>,
    right_of: Vec<f32>,
    /// `r . r`.
    squares: [f32; LANES],
    /// Rows of `W`.
    panel: Vec<f32>,
}

impl Primal {
    /// Builds and solves the systems. Writes `z` by lane into `answers` and returns the objectives.
    pub(super) fn solve(
        &mut self,
        batch: Batch<'_>,
        penalty: &Penalty,
        systems: &mut Systems,
        answers: &mut [f32],
    ) -> [f32; LANES] {
        let dim = batch.factors.dim();
        self.matrices.resize(LANES * dim * dim, 0.0);
        self.right.resize(LANES * dim, 0.0);
        self.right_of.resize(LANES * dim, 0.0);
        self.panel.resize(BLOCK * dim, 0.0);
        for lane in 0..batch.members.len() {
            self.make(batch, penalty, lane);
        }
        systems.reserve(dim);
        kernel::interleave(&self.matrices, dim, &mut systems.matrix, Systems::width(dim));
        kernel::transpose(&self.right, &mut self.right_of, LANES, 0);
        systems.right[..dim * LANES].copy_from_slice(&self.right_of);
        systems.solve(dim);
        let z = &systems.right[..dim * LANES];
        by_lane(z, dim, answers);
        let explained = dots(&self.right_of, z);
        std::array::from_fn(|lane| self.squares[lane] - explained[lane])
    }

    /// Builds the system of a lane.
    fn make(&mut self, batch: Batch<'_>, penalty: &Penalty, lane: usize) {
        let dim = batch.factors.dim();
        let row = &batch.row(lane).problem;
        let matrix = &mut self.matrices[lane * dim * dim..(lane + 1) * dim * dim];
        let right = &mut self.right[lane * dim..(lane + 1) * dim];
        right.fill(0.0);
        self.squares[lane] = 0.0;
        for (block, items) in row.items.chunks(BLOCK).enumerate() {
            let (mut weights, mut residuals) = ([0.0; BLOCK], [0.0; BLOCK]);
            let (weights, residuals) = (&mut weights[..items.len()], &mut residuals[..items.len()]);
            weigh(row, block * BLOCK, weights, residuals);
            let part = RowProblem { items, ..*row };
            subtract_prior(batch.factors, &part, penalty.offset(lane), weights, residuals);
            let panel = &mut self.panel[..items.len() * dim];
            kernel::gather(batch.factors.values(), items, weights, penalty.root(lane), panel);
            let sum = if block == 0 { kernel::gram } else { kernel::add_gram };
            sum(panel, dim, matrix, dim);
            for (row, residual) in panel.chunks_exact(dim).zip(&*residuals) {
                kernel::axpy(*residual, row, right);
            }
            self.squares[lane] += kernel::dot(residuals, residuals);
        }
    }
}
