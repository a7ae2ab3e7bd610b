//! Products of queries and rows.

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
