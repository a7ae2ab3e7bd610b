//! The loops over vectors of `N` lanes, in safe code that is compiled for each kind of processor.
//!
//! Everything is `#[inline(always)]`, so that it inherits the processor features of its caller.
pub(super) use super::cholesky::{cholesky, solve};
pub(super) use super::codes::{code_products, panel_products};
pub(super) use super::diagonal::{add_scaled, diagonal, next_direction, subtract_diagonal};
pub(super) use super::gram::{add_gram, gram};
pub(super) use super::products::{product, products};
pub(super) use super::rows::{add_residuals, cells_value, gather};
pub(super) use super::side_by_side::{combine_lanes, gather_lanes, gram_lanes, inverse_roots};
pub(super) use super::systems::{interleave, solve_lanes};
use super::{LANES, PANEL};

/// The operations of a kind of processor on `N` numbers at once. A value proves that this processor
/// supports them.
pub(super) trait Simd<const N: usize>: Copy {
    /// `N` numbers.
    type Vector: Copy;
    /// The number of vectors per row that a block of 4 rows may keep in registers.
    const COLUMNS: usize;
    /// The number of rows of one vector that a block may keep in registers: a multiple of 4, at
    /// most [`PANEL`].
    const HEIGHT: usize;

    fn splat(self, value: f32) -> Self::Vector;
    fn load(self, from: &[f32; N]) -> Self::Vector;
    fn store(self, vector: Self::Vector, to: &mut [f32; N]);
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a b + c`.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `c - a b`.
    fn neg_mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    fn sum(self, vector: Self::Vector) -> f32;
    /// [`Self::sum`] of each of four vectors.
    #[inline(always)]
    fn sums(self, vectors: [Self::Vector; 4]) -> [f32; 4] {
        vectors.map(|vector| self.sum(vector))
    }
    /// The exact reciprocal of each number, not an approximation.
    fn inverse(self, vector: Self::Vector) -> Self::Vector;
    /// The square root.
    fn root(self, vector: Self::Vector) -> Self::Vector;

    /// The inner product of two rows of integers; their length is a multiple of 16.
    #[inline(always)]
    fn code_product(self, codes: &[i8], query: &[i16]) -> i32 {
        codes.iter().zip(query).map(|(&code, &number)| i32::from(code) * i32::from(number)).sum()
    }

    /// The inner products of a query with [`PANEL`] rows of codes, interleaved by pairs: the first
    /// two of each row, then the next two.
    #[inline(always)]
    fn panel_products(self, panel: &[i8], query: &[i16], out: &mut [i32; PANEL]) {
        out.fill(0);
        for (pairs, query) in panel.chunks_exact(2 * PANEL).zip(query.chunks_exact(2)) {
            for (out, pair) in out.iter_mut().zip(pairs.chunks_exact(2)) {
                *out += i32::from(pair[0]) * i32::from(query[0]);
                *out += i32::from(pair[1]) * i32::from(query[1]);
            }
        }
    }

    /// Writes [`LANES`] rows as the columns of a block. Each row is multiplied by its weight, and
    /// each number of the block by its own scale. Weight and scale are multiplied first, so a
    /// weight of 0 gives 0 for all finite numbers.
    #[inline(always)]
    fn transpose_scaled(
        self,
        rows: [&[f32; PANEL]; LANES],
        weights: &[f32; LANES],
        scales: &[[f32; LANES]; PANEL],
        to: &mut [[f32; LANES]; PANEL],
    ) {
        for (column, (scales, to)) in scales.iter().zip(to).enumerate() {
            for lane in 0..LANES {
                to[lane] = rows[lane][column] * (weights[lane] * scales[lane]);
            }
        }
    }

    /// Transposes a [`PANEL`] x [`PANEL`] block. `from` has rows `stride` apart, and `to` has rows
    /// `to_stride` apart.
    #[inline(always)]
    fn transpose_block(self, from: &[f32], stride: usize, to: &mut [f32], to_stride: usize) {
        for column in 0..PANEL {
            let to = &mut to[column * to_stride..column * to_stride + PANEL];
            for (row, to) in to.iter_mut().enumerate() {
                *to = from[row * stride + column];
            }
        }
    }
}

#[inline(always)]
pub(super) fn dot<const N: usize, S: Simd<N>>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..n].as_chunks::<N>(), b[..n].as_chunks::<N>());
    // Four sums at once, because a single sum would wait for each addition.
    let (a_quads, a_chunks) = a.as_chunks::<4>();
    let (b_quads, b_chunks) = b.as_chunks::<4>();
    let mut sums = [simd.splat(0.0); 4];
    for (a, b) in a_quads.iter().zip(b_quads) {
        for lane in 0..4 {
            sums[lane] = simd.mul_add(simd.load(&a[lane]), simd.load(&b[lane]), sums[lane]);
        }
    }
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        sums[0] = simd.mul_add(simd.load(a), simd.load(b), sums[0]);
    }
    let one = simd.splat(1.0);
    let low = simd.mul_add(sums[0], one, sums[1]);
    let high = simd.mul_add(sums[2], one, sums[3]);
    let mut sum = simd.sum(simd.mul_add(low, one, high));
    for (a, b) in a_rest.iter().zip(b_rest) {
        sum += a * b;
    }
    sum
}

#[inline(always)]
pub(super) fn are_finite<const N: usize, S: Simd<N>>(simd: S, values: &[f32]) -> bool {
    let (chunks, rest) = values.as_chunks::<N>();
    let (quads, chunks) = chunks.as_chunks::<4>();
    // 0 times a non-finite number is NaN, and NaN survives every sum.
    let zero = simd.splat(0.0);
    let mut sums = [zero; 4];
    for quad in quads {
        for lane in 0..4 {
            sums[lane] = simd.mul_add(simd.load(&quad[lane]), zero, sums[lane]);
        }
    }
    for chunk in chunks {
        sums[0] = simd.mul_add(simd.load(chunk), zero, sums[0]);
    }
    let rest: f32 = rest.iter().map(|value| value * 0.0).sum();
    sums.into_iter().fold(rest, |sum, vector| sum + simd.sum(vector)).is_finite()
}

#[inline(always)]
pub(super) fn dots<const N: usize, S: Simd<N>>(
    simd: S,
    query: &[f32],
    rows: &[f32],
    out: &mut [f32],
) {
    for (row, out) in rows.chunks_exact(query.len().max(1)).zip(out) {
        *out = dot(simd, query, row);
    }
}

#[inline(always)]
pub(super) fn axpy<const N: usize, S: Simd<N>>(simd: S, alpha: f32, x: &[f32], y: &mut [f32]) {
    let n = x.len().min(y.len());
    let (x, x_rest) = x[..n].as_chunks::<N>();
    let (y, y_rest) = y[..n].as_chunks_mut::<N>();
    let factor = simd.splat(alpha);
    for (x, y) in x.iter().zip(y) {
        simd.store(simd.mul_add(factor, simd.load(x), simd.load(y)), y);
    }
    for (x, y) in x_rest.iter().zip(y_rest) {
        *y += alpha * x;
    }
}

#[inline(always)]
pub(super) fn scale_by<const N: usize, S: Simd<N>>(
    simd: S,
    alpha: f32,
    x: &[f32],
    weights: &[f32],
    out: &mut [f32],
) {
    let n = x.len().min(weights.len()).min(out.len());
    let (x, x_rest) = x[..n].as_chunks::<N>();
    let (weights, weights_rest) = weights[..n].as_chunks::<N>();
    let (out, out_rest) = out[..n].as_chunks_mut::<N>();
    let factor = simd.splat(alpha);
    for ((x, weight), out) in x.iter().zip(weights).zip(out) {
        simd.store(simd.mul(factor, simd.mul(simd.load(x), simd.load(weight))), out);
    }
    for ((x, weight), out) in x_rest.iter().zip(weights_rest).zip(out_rest) {
        *out = alpha * x * weight;
    }
}

#[inline(always)]
pub(super) fn transpose<const N: usize, S: Simd<N>>(
    simd: S,
    panel: &[f32],
    out: &mut [f32],
    width: usize,
    column: usize,
) {
    let height = panel.len() / PANEL;
    for at in (0..height).step_by(PANEL) {
        simd.transpose_block(&panel[at..], height, &mut out[at * width + column..], width);
    }
}

/// Packs two numbers into one.
#[inline(always)]
pub(super) fn both([first, second]: [i16; 2]) -> i32 {
    i32::from(first.cast_unsigned()) | i32::from(second) << 16
}
