//! Interleaved systems, one per lane.

use super::lanes::Simd;
use super::{LANES, PANEL};

#[inline(always)]
pub(super) fn interleave<const N: usize, S: Simd<N>>(
    simd: S,
    matrices: &[f32],
    size: usize,
    out: &mut [f32],
    width: usize,
) {
    for row in 0..size {
        for column in (row / PANEL * PANEL..size).step_by(PANEL) {
            let from = &matrices[row * size + column..];
            let to = &mut out[(row * width + column) * LANES..];
            simd.transpose_block(from, size * size, to, LANES);
        }
    }
}

/// The number of rows factored together. The factored rows above are then loaded once for all four.
const ROWS: usize = 4;

/// Cholesky, four rows at a time, where each number is a vector of lanes. Forward substitution runs
/// along; back substitution follows.
#[inline(always)]
pub(super) fn solve_lanes<const N: usize, S: Simd<N>>(
    simd: S,
    a: &mut [f32],
    width: usize,
    pivots: &mut [f32],
    b: &mut [f32],
) {
    let n = pivots.len() / LANES;
    for lane in (0..LANES).step_by(N) {
        let mut systems = Systems { a, width, n, lane };
        for row in (0..n).step_by(ROWS) {
            systems.factor(simd, row, pivots, b);
        }
        for row in (0..n).step_by(ROWS).rev() {
            systems.substitute(simd, row, b);
        }
    }
}

/// `N` of the interleaved systems.
struct Systems<'a> {
    a: &'a mut [f32],
    width: usize,
    n: usize,
    lane: usize,
}

/// Four rows of a factor at the diagonal, with their right-hand sides.
struct Triangle<V> {
    rows: [[V; ROWS]; ROWS],
    /// The inverse square roots of the pivots.
    scales: [V; ROWS],
    right: [V; ROWS],
}

#[inline(always)]
fn lane<const N: usize>(values: &[f32], at: usize) -> &[f32; N] {
    &values[at..at + N].as_chunks::<N>().0[0]
}

#[inline(always)]
fn lane_mut<const N: usize>(values: &mut [f32], at: usize) -> &mut [f32; N] {
    &mut values[at..at + N].as_chunks_mut::<N>().0[0]
}

impl Systems<'_> {
    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> usize {
        (row * self.width + column) * LANES + self.lane
    }

    /// `C` numbers of a row.
    #[inline(always)]
    fn line<const N: usize, const C: usize, S: Simd<N>>(
        &self,
        simd: S,
        row: usize,
        column: usize,
    ) -> [S::Vector; C] {
        let at = self.at(row, column);
        let line = &self.a[at..at + (C - 1) * LANES + N];
        std::array::from_fn(|c| simd.load(lane(line, c * LANES)))
    }

    /// Subtracts the contribution of the rows above from four rows and their right-hand sides, then
    /// divides them by the roots of their pivots. The pivots are replaced by the inverses of their
    /// roots.
    #[inline(always)]
    fn factor<const N: usize, S: Simd<N>>(
        &mut self,
        simd: S,
        row: usize,
        pivots: &mut [f32],
        b: &mut [f32],
    ) {
        let mut triangle = self.diagonal(simd, row, b);
        let pivots = &mut pivots[row * LANES + self.lane..];
        triangle.divide::<0, N, S>(simd, pivots);
        triangle.divide::<1, N, S>(simd, pivots);
        triangle.divide::<2, N, S>(simd, pivots);
        triangle.divide::<3, N, S>(simd, pivots);
        for r in 0..ROWS {
            for c in r..ROWS {
                let at = self.at(row + r, row + c);
                simd.store(triangle.rows[r][c], lane_mut(self.a, at));
            }
            simd.store(triangle.right[r], lane_mut(b, (row + r) * LANES + self.lane));
        }
        for column in (row + ROWS..self.n).step_by(S::COLUMNS) {
            match S::COLUMNS {
                4 => self.tile::<N, 4, S>(simd, row, column, &triangle),
                _ => self.tile::<N, 2, S>(simd, row, column, &triangle),
            }
        }
    }

    /// The block at the diagonal and its right-hand sides, minus the contribution of the rows
    /// above.
    #[inline(always)]
    fn diagonal<const N: usize, S: Simd<N>>(
        &self,
        simd: S,
        row: usize,
        b: &[f32],
    ) -> Triangle<S::Vector> {
        let mut rows: [[S::Vector; ROWS]; ROWS] =
            std::array::from_fn(|r| self.line(simd, row + r, row));
        let mut right: [S::Vector; ROWS] =
            std::array::from_fn(|r| simd.load(lane(b, (row + r) * LANES + self.lane)));
        for above in 0..row {
            let factors: [S::Vector; ROWS] = self.line(simd, above, row);
            for r in 0..ROWS {
                for c in r..ROWS {
                    rows[r][c] = simd.neg_mul_add(factors[r], factors[c], rows[r][c]);
                }
            }
        }
        // A separate loop, because sixteen registers can't hold the block and these.
        for above in 0..row {
            let factors: [S::Vector; ROWS] = self.line(simd, above, row);
            let known = simd.load(lane(b, above * LANES + self.lane));
            for r in 0..ROWS {
                right[r] = simd.neg_mul_add(factors[r], known, right[r]);
            }
        }
        Triangle { rows, scales: [simd.splat(1.0); ROWS], right }
    }

    /// Four rows by some columns right of the diagonal.
    #[inline(always)]
    fn tile<const N: usize, const C: usize, S: Simd<N>>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
        triangle: &Triangle<S::Vector>,
    ) {
        let mut sums: [[S::Vector; C]; ROWS] =
            std::array::from_fn(|r| self.line(simd, row + r, column));
        for above in 0..row {
            let factors: [S::Vector; ROWS] = self.line(simd, above, row);
            let known: [S::Vector; C] = self.line(simd, above, column);
            for r in 0..ROWS {
                for c in 0..C {
                    sums[r][c] = simd.neg_mul_add(factors[r], known[c], sums[r][c]);
                }
            }
        }
        for r in 0..ROWS {
            // Indexed by constants known at compile time, so that the sums stay in registers.
            let mut sum = sums[r];
            for (known, factors) in sums.iter().zip(&triangle.rows).take(r) {
                for c in 0..C {
                    sum[c] = simd.neg_mul_add(factors[r], known[c], sum[c]);
                }
            }
            sums[r] = sum.map(|sum| simd.mul(triangle.scales[r], sum));
        }
        for (r, sums) in sums.into_iter().enumerate() {
            let at = self.at(row + r, column);
            let line = &mut self.a[at..at + (C - 1) * LANES + N];
            for (c, sum) in sums.into_iter().enumerate() {
                simd.store(sum, lane_mut(line, c * LANES));
            }
        }
    }

    /// Solves for four unknowns, given those after them.
    #[inline(always)]
    fn substitute<const N: usize, S: Simd<N>>(&self, simd: S, row: usize, b: &mut [f32]) {
        let place = |r: usize| (row + r) * LANES + self.lane;
        let mut sums: [S::Vector; ROWS] = std::array::from_fn(|r| simd.load(lane(b, place(r))));
        for column in row + ROWS..self.n {
            let known = simd.load(lane(b, column * LANES + self.lane));
            for (r, sum) in sums.iter_mut().enumerate() {
                let factor = simd.load(lane(self.a, self.at(row + r, column)));
                *sum = simd.neg_mul_add(factor, known, *sum);
            }
        }
        for r in (0..ROWS).rev() {
            let line: [S::Vector; ROWS] = self.line(simd, row + r, row);
            for c in r + 1..ROWS {
                sums[r] = simd.neg_mul_add(line[c], sums[c], sums[r]);
            }
            sums[r] = simd.mul(line[r], sums[r]);
            simd.store(sums[r], lane_mut(b, place(r)));
        }
    }
}

impl<V: Copy> Triangle<V> {
    /// Writes the pivot of row `ROW`, divides the row by its root, and subtracts the row's
    /// contribution from those below. The pivot is replaced by the inverse of its root.
    #[inline(always)]
    fn divide<const ROW: usize, const N: usize, S: Simd<N, Vector = V>>(
        &mut self,
        simd: S,
        pivots: &mut [f32],
    ) {
        let pivot = self.rows[ROW][ROW];
        simd.store(pivot, lane_mut(pivots, ROW * LANES));
        let scale = simd.inverse(simd.root(pivot));
        self.scales[ROW] = scale;
        self.right[ROW] = simd.mul(scale, self.right[ROW]);
        for c in ROW + 1..ROWS {
            self.rows[ROW][c] = simd.mul(scale, self.rows[ROW][c]);
        }
        self.rows[ROW][ROW] = scale;
        for r in ROW + 1..ROWS {
            let factor = self.rows[ROW][r];
            for c in r..ROWS {
                self.rows[r][c] = simd.neg_mul_add(factor, self.rows[ROW][c], self.rows[r][c]);
            }
            self.right[r] = simd.neg_mul_add(factor, self.right[ROW], self.right[r]);
        }
    }
}
