//! Products of queries with rows, and of rows with a matrix.

use super::lanes::Simd;
use super::{PRODUCTS, QUERIES};

#[inline(always)]
pub(super) fn products<const N: usize, S: Simd<N>>(
    simd: S,
    panel: &[f32],
    queries: &[f32],
    out: &mut [f32],
) {
    let mut column = 0;
    while column < PRODUCTS {
        match S::COLUMNS {
            4 => multiply::<N, 4, S>(simd, panel, queries, column, out),
            _ => multiply::<N, 2, S>(simd, panel, queries, column, out),
        }
        column += if S::COLUMNS == 4 { 4 * N } else { 2 * N };
    }
}

/// Some vectors of the products of all queries, summed in registers.
#[inline(always)]
fn multiply<const N: usize, const C: usize, S: Simd<N>>(
    simd: S,
    panel: &[f32],
    queries: &[f32],
    column: usize,
    out: &mut [f32],
) {
    let mut sums = [[simd.splat(0.0); C]; QUERIES];
    for (line, query) in panel.chunks_exact(PRODUCTS).zip(queries.as_chunks::<QUERIES>().0) {
        let line = &line[column..column + C * N].as_chunks::<N>().0[..C];
        for q in 0..QUERIES {
            let factor = simd.splat(query[q]);
            for c in 0..C {
                sums[q][c] = simd.mul_add(factor, simd.load(&line[c]), sums[q][c]);
            }
        }
    }
    for (sums, out) in sums.into_iter().zip(out.chunks_exact_mut(PRODUCTS)) {
        let out = out[column..column + C * N].as_chunks_mut::<N>().0;
        for (sum, out) in sums.into_iter().zip(out) {
            simd.store(sum, out);
        }
    }
}

/// The number of rows that are multiplied with a matrix at once.
const HEIGHT: usize = 6;

#[inline(always)]
pub(super) fn product<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &[f32],
    matrix: &[f32],
    width: usize,
    out: &mut [f32],
) {
    for (rows, out) in rows.chunks(HEIGHT * width).zip(out.chunks_mut(HEIGHT * width)) {
        let mut column = 0;
        while column < width {
            let columns = if width - column >= S::COLUMNS * N { S::COLUMNS } else { 1 };
            let part = Part { rows, matrix, width, column };
            match (rows.len() == HEIGHT * width, columns) {
                (true, 4) => part.multiply::<N, HEIGHT, 4, S>(simd, out),
                (true, 2) => part.multiply::<N, HEIGHT, 2, S>(simd, out),
                (true, _) => part.multiply::<N, HEIGHT, 1, S>(simd, out),
                (_, 4) => part.multiply_each::<N, 4, S>(simd, out),
                (_, 2) => part.multiply_each::<N, 2, S>(simd, out),
                _ => part.multiply_each::<N, 1, S>(simd, out),
            }
            column += columns * N;
        }
    }
}

/// Some rows and some columns of a matrix.
struct Part<'a> {
    rows: &'a [f32],
    matrix: &'a [f32],
    width: usize,
    column: usize,
}

impl Part<'_> {
    /// `R` rows by `C` vectors, summed in registers.
    #[inline(always)]
    fn multiply<const N: usize, const R: usize, const C: usize, S: Simd<N>>(
        &self,
        simd: S,
        out: &mut [f32],
    ) {
        let width = self.width;
        let rows: [&[f32]; R] = std::array::from_fn(|r| &self.rows[r * width..(r + 1) * width]);
        let mut sums = [[simd.splat(0.0); C]; R];
        for (k, line) in self.matrix.chunks_exact(width).take(width).enumerate() {
            let line = &line[self.column..self.column + C * N].as_chunks::<N>().0[..C];
            for r in 0..R {
                let factor = simd.splat(rows[r][k]);
                for c in 0..C {
                    sums[r][c] = simd.mul_add(factor, simd.load(&line[c]), sums[r][c]);
                }
            }
        }
        for (sums, out) in sums.into_iter().zip(out.chunks_exact_mut(width)) {
            let out = out[self.column..self.column + C * N].as_chunks_mut::<N>().0;
            for (sum, out) in sums.into_iter().zip(out) {
                simd.store(sum, out);
            }
        }
    }

    /// The same row by row.
    #[inline(always)]
    fn multiply_each<const N: usize, const C: usize, S: Simd<N>>(&self, simd: S, out: &mut [f32]) {
        for (rows, out) in self.rows.chunks(self.width).zip(out.chunks_mut(self.width)) {
            Part { rows, ..*self }.multiply::<N, 1, C, S>(simd, out);
        }
    }
}
