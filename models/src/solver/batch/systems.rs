//! The interleaved systems of a batch, and their solutions.

use super::super::PIVOT_FLOOR;
use crate::kernel::{self, LANES, PANEL};

/// `(1 + A) z = r` in each lane, with the numbers of all lanes interleaved.
#[derive(Debug, Default)]
pub(super) struct Systems {
    /// `A`, row-major; callers fill its upper triangle.
    pub(super) matrix: Vec<f32>,
    /// `r`, then `z`.
    pub(super) right: Vec<f32>,
    /// The diagonals before factoring, and the pivots after it.
    diagonals: Vec<f32>,
    pivots: Vec<f32>,
}

impl Systems {
    /// The row width of each system in [`Self::matrix`]. It is odd, while `n` is a multiple of 4.
    /// So the numbers of a column, which are needed together, don't all map to the same few L1
    /// cache sets.
    pub(super) const fn width(n: usize) -> usize {
        n + 1
    }

    /// Grows the buffers for `n` unknowns without clearing them, so that smaller systems clear
    /// nothing.
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

    /// True for lanes in which no pivot lost too many digits.
    pub(super) fn sound(&self) -> [bool; LANES] {
        let mut is_sound = [true; LANES];
        let diagonals = self.diagonals.as_chunks::<LANES>().0;
        for (pivots, diagonals) in self.pivots.as_chunks::<LANES>().0.iter().zip(diagonals) {
            for lane in 0..LANES {
                // Written so that NaN counts as unsound.
                is_sound[lane] &=
                    pivots[lane] > PIVOT_FLOOR * diagonals[lane] && pivots[lane] < f32::INFINITY;
            }
        }
        is_sound
    }
}

/// Grows a buffer to `n` numbers and keeps its contents.
pub(super) fn grow(values: &mut Vec<f32>, n: usize) {
    values.resize(values.len().max(n), 0.0);
}

/// Converts interleaved numbers, `width` per lane, to one row per lane.
pub(super) fn by_lane(side_by_side: &[f32], width: usize, out: &mut [f32]) {
    for (at, panel) in side_by_side.chunks_exact(PANEL * LANES).enumerate() {
        kernel::transpose(panel, out, width, at * PANEL);
    }
}

/// The inner products of two columns of interleaved numbers, one per lane.
pub(super) fn dots(a: &[f32], b: &[f32]) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums
}
