//! The systems of a batch side by side, and their answers.

use super::super::PIVOT_FLOOR;
use crate::kernel::{self, LANES, PANEL};

/// `(1 + A) z = r` in each lane, the numbers of all lanes side by side.
#[derive(Debug, Default)]
pub(super) struct Systems {
    /// `A`, row-major: what makes a system fills its upper triangle.
    pub(super) matrix: Vec<f32>,
    /// `r`, then `z`.
    pub(super) right: Vec<f32>,
    /// Diagonals before and pivots after factoring.
    diagonals: Vec<f32>,
    pivots: Vec<f32>,
}

impl Systems {
    /// How many numbers each system has in a row of [`Self::matrix`]: odd for the multiples of 4 that `n` is, so that those of a
    /// column, which are needed together, do not all fall into the same few places of the nearest cache.
    pub(super) const fn width(n: usize) -> usize {
        n + 1
    }

    /// Makes room for `n` unknowns; what there is of it stays, so that smaller systems clear nothing.
    pub(super) fn reserve(&mut self, n: usize) {
        grow(&mut self.matrix, n * Self::width(n) * LANES);
        grow(&mut self.right, n * LANES);
    }

    /// Solves all systems of `n` unknowns, a multiple of 4.
    pub(super) fn solve(&mut self, n: usize) {
        self.diagonals.clear();
        for at in 0..n {
            let diagonal = &mut self.matrix[(at * Self::width(n) + at) * LANES..][..LANES];
            for value in diagonal.iter_mut() {
                *value += 1.0;
            }
            self.diagonals.extend_from_slice(diagonal);
        }
        self.pivots.resize(n * LANES, 0.0);
        kernel::solve_lanes(&mut self.matrix, Self::width(n), &mut self.pivots, &mut self.right);
    }

    /// The lanes of which no pivot lost too many digits.
    pub(super) fn sound(&self) -> [bool; LANES] {
        let mut is_sound = [true; LANES];
        let diagonals = self.diagonals.as_chunks::<LANES>().0;
        for (pivots, diagonals) in self.pivots.as_chunks::<LANES>().0.iter().zip(diagonals) {
            for lane in 0..LANES {
                // Written so that what is not a number is not sound.
                is_sound[lane] &=
                    pivots[lane] > PIVOT_FLOOR * diagonals[lane] && pivots[lane] < f32::INFINITY;
            }
        }
        is_sound
    }
}

/// Makes room for `n` numbers; what there is of it stays.
pub(super) fn grow(values: &mut Vec<f32>, n: usize) {
    values.resize(values.len().max(n), 0.0);
}

/// Writes numbers that stand side by side, `width` of each lane, as one row for each lane.
pub(super) fn by_lane(side_by_side: &[f32], width: usize, out: &mut [f32]) {
    for (at, panel) in side_by_side.chunks_exact(PANEL * LANES).enumerate() {
        kernel::transpose(panel, out, width, at * PANEL);
    }
}

/// The inner products of two columns of numbers side by side, one for each lane.
pub(super) fn dots(a: &[f32], b: &[f32]) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums
}
