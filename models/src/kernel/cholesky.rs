//! Cholesky factorization of a single system, with its rows in vectors.

use super::PANEL;
use super::lanes::{Simd, axpy, dot};

/// Right-looking, four pivots at a time, so that each trailing row is read and written once per
/// four.
#[inline(always)]
pub(super) fn cholesky<const N: usize, S: Simd<N>>(
    simd: S,
    a: &mut [f32],
    width: usize,
    floors: &[f32],
) -> bool {
    let n = floors.len();
    for (step, floors) in floors.as_chunks::<4>().0.iter().enumerate() {
        let pivot = step * 4;
        let (head, tail) = a.split_at_mut((pivot + 4) * width);
        let pivots = &mut head[pivot * width..];
        if !factor_pivots(simd, pivots, pivot, floors) {
            return false;
        }
        for (row, a) in tail.chunks_exact_mut(width).take(n - pivot - 4).enumerate() {
            subtract_pivots(simd, pivots, pivot + 4 + row, a);
        }
    }
    true
}

/// Factors four rows among themselves. Entries left of the diagonal become 0, so that [`solve`] can
/// process whole vectors.
#[inline(always)]
fn factor_pivots<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &mut [f32],
    pivot: usize,
    floors: &[f32; 4],
) -> bool {
    let width = rows.len() / 4;
    let start = pivot / N * N;
    for p in 0..4 {
        let (above, row) = rows.split_at_mut(p * width);
        let row = &mut row[..width];
        for above in above.chunks_exact(width) {
            axpy(simd, -above[pivot + p], &above[start..], &mut row[start..]);
        }
        let value = row[pivot + p];
        // A NaN pivot must fail as well.
        if !(value > floors[p] && value < f32::INFINITY) {
            return false;
        }
        row[pivot / PANEL * PANEL..pivot + p].fill(0.0);
        let factor = simd.splat(value.sqrt().recip());
        for chunk in row[start..].as_chunks_mut::<N>().0 {
            simd.store(simd.mul(factor, simd.load(chunk)), chunk);
        }
    }
    true
}

/// Subtracts the contribution of four factored rows from a row below them.
#[inline(always)]
fn subtract_pivots<const N: usize, S: Simd<N>>(simd: S, pivots: &[f32], row: usize, a: &mut [f32]) {
    let start = row / N * N;
    let chunks = (a.len() - start) / N;
    let a = &mut a[start..].as_chunks_mut::<N>().0[..chunks];
    let mut factors = [simd.splat(0.0); 4];
    let mut rows: [&[[f32; N]]; 4] = [&[]; 4];
    for (p, pivot) in pivots.chunks_exact(start + chunks * N).take(4).enumerate() {
        factors[p] = simd.splat(-pivot[row]);
        rows[p] = &pivot[start..].as_chunks::<N>().0[..chunks];
    }
    let [r0, r1, r2, r3] = rows.map(|row| &row[..chunks]);
    for k in 0..chunks {
        let mut sum = simd.load(&a[k]);
        sum = simd.mul_add(factors[0], simd.load(&r0[k]), sum);
        sum = simd.mul_add(factors[1], simd.load(&r1[k]), sum);
        sum = simd.mul_add(factors[2], simd.load(&r2[k]), sum);
        sum = simd.mul_add(factors[3], simd.load(&r3[k]), sum);
        simd.store(sum, &mut a[k]);
    }
}

#[inline(always)]
pub(super) fn solve<const N: usize, S: Simd<N>>(simd: S, u: &[f32], n: usize, b: &mut [f32]) {
    let width = b.len();
    for (i, row) in u.chunks_exact(width).take(n).enumerate() {
        let start = i / N * N;
        let value = b[i] / row[i];
        axpy(simd, -value, &row[start..], &mut b[start..]);
        b[i] = value;
    }
    b[n..].fill(0.0);
    for (i, row) in u.chunks_exact(width).take(n).enumerate().rev() {
        let start = i / N * N;
        let value = b[i];
        // The row's own unknown must not contribute; unknowns left of it are multiplied with zeros.
        b[i] = 0.0;
        b[i] = (value - dot(simd, &row[start..], &b[start..])) / row[i];
    }
}
