//! Interleaved systems: one in each lane.

use super::lanes::Simd;
use super::{LANES, PANEL};

#[inline(always)]
pub(super) fn interleave<const N: usize, S: Simd<N>>(
    simd: S,
    matrices: &[f32],
    size: usize,
    out: &mut [f32],
) {
    for row in 0..size {
        for column in (row / PANEL * PANEL..size).step_by(PANEL) {
            let at = row * size + column;
            simd.transpose_block(&matrices[at..], size * size, &mut out[at * LANES..], LANES);
        }
    }
}

/// How many columns of interleaved systems are summed at once.
const COLUMNS: usize = 8;

/// Cholesky, row after row, each number a vector of lanes; forward substitution goes along, and the answers follow backwards.
#[inline(always)]
pub(super) fn solve_lanes<const N: usize, S: Simd<N>>(
    simd: S,
    a: &mut [f32],
    size: usize,
    pivots: &mut [f32],
    b: &mut [f32],
) {
    let n = pivots.len() / LANES;
    for lane in (0..LANES).step_by(N) {
        let mut systems = Systems { a, size, n, lane };
        for row in 0..n {
            systems.factor_row(simd, row, pivots, b);
        }
        for row in (0..n).rev() {
            systems.substitute(simd, row, b);
        }
    }
}

#[inline(always)]
fn add_up<const N: usize, S: Simd<N>>(simd: S, sums: [S::Vector; 4]) -> S::Vector {
    let one = simd.splat(1.0);
    let low = simd.mul_add(sums[0], one, sums[1]);
    simd.mul_add(low, one, simd.mul_add(sums[2], one, sums[3]))
}

/// `N` of the interleaved systems.
struct Systems<'a> {
    a: &'a mut [f32],
    size: usize,
    n: usize,
    lane: usize,
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
        (row * self.size + column) * LANES + self.lane
    }

    /// Takes what the rows above explain out of a row and its right side, and divides both by the root of the pivot. In place of
    /// the pivot the inverse of its root is left.
    #[inline(always)]
    fn factor_row<const N: usize, S: Simd<N>>(
        &mut self,
        simd: S,
        row: usize,
        pivots: &mut [f32],
        b: &mut [f32],
    ) {
        let right = self.right(simd, row, b);
        let mut scale = simd.splat(1.0);
        let mut column = row;
        while column < self.n {
            let rest = self.n - column;
            let wide = if rest >= COLUMNS { COLUMNS } else { rest.min(4) };
            let sums = match wide {
                COLUMNS => self.subtract::<N, COLUMNS, S>(simd, row, column),
                4 => self.subtract::<N, 4, S>(simd, row, column),
                3 => self.subtract::<N, 3, S>(simd, row, column),
                2 => self.subtract::<N, 2, S>(simd, row, column),
                _ => self.subtract::<N, 1, S>(simd, row, column),
            };
            if column == row {
                simd.store(sums[0], lane_mut(pivots, row * LANES + self.lane));
                scale = simd.inverse_root(sums[0]);
            }
            for (c, sum) in sums.into_iter().enumerate().take(wide) {
                let at = self.at(row, column + c);
                simd.store(simd.mul(scale, sum), lane_mut(self.a, at));
            }
            column += wide;
        }
        let diagonal = self.at(row, row);
        simd.store(scale, lane_mut(self.a, diagonal));
        simd.store(simd.mul(scale, right), lane_mut(b, row * LANES + self.lane));
    }

    /// What is left of a right side.
    #[inline(always)]
    fn right<const N: usize, S: Simd<N>>(&self, simd: S, row: usize, b: &[f32]) -> S::Vector {
        let mut sums = [simd.splat(0.0); 4];
        for above in 0..row {
            let known = simd.load(lane(b, above * LANES + self.lane));
            let factor = simd.load(lane(self.a, self.at(above, row)));
            sums[above % 4] = simd.mul_add(factor, known, sums[above % 4]);
        }
        simd.mul_add(
            simd.splat(-1.0),
            add_up(simd, sums),
            simd.load(lane(b, row * LANES + self.lane)),
        )
    }

    /// Some numbers of a row without what the rows above explain.
    #[inline(always)]
    fn subtract<const N: usize, const C: usize, S: Simd<N>>(
        &self,
        simd: S,
        row: usize,
        column: usize,
    ) -> [S::Vector; COLUMNS] {
        let minus = simd.splat(-1.0);
        let mut sums = [minus; COLUMNS];
        for (c, sum) in sums.iter_mut().enumerate().take(C) {
            *sum = simd.load(lane(self.a, self.at(row, column + c)));
        }
        for above in 0..row {
            let factor = simd.mul(minus, simd.load(lane(self.a, self.at(above, row))));
            let from = self.at(above, column);
            let line = &self.a[from..from + (C - 1) * LANES + N];
            for (c, sum) in sums.iter_mut().enumerate().take(C) {
                *sum = simd.mul_add(factor, simd.load(lane(line, c * LANES)), *sum);
            }
        }
        sums
    }

    /// Solves for the unknown of a row, those after it being known.
    #[inline(always)]
    fn substitute<const N: usize, S: Simd<N>>(&self, simd: S, row: usize, b: &mut [f32]) {
        let mut sums = [simd.splat(0.0); 4];
        for column in row + 1..self.n {
            let sum = &mut sums[column % 4];
            let known = simd.load(lane(b, column * LANES + self.lane));
            *sum = simd.mul_add(simd.load(lane(self.a, self.at(row, column))), known, *sum);
        }
        let place = row * LANES + self.lane;
        let known = add_up(simd, sums);
        let left = simd.mul_add(simd.splat(-1.0), known, simd.load(lane(b, place)));
        let inverse = simd.load(lane(self.a, self.at(row, row)));
        simd.store(simd.mul(inverse, left), lane_mut(b, place));
    }
}
