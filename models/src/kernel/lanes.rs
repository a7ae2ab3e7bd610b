//! The loops, over vectors of `N` lanes: safe code that each kind of processor compiles for itself.
//!
//! Everything is `#[inline(always)]`, so that it takes on the features of the function that it is compiled into.
use super::PANEL;

/// What a kind of processor can do with `N` numbers at once. A value is the proof that this processor can.
pub(super) trait Simd<const N: usize>: Copy {
    /// `N` numbers.
    type Vector: Copy;
    /// How many vectors side by side a block of 4 rows may hold in registers.
    const COLUMNS: usize;

    fn splat(self, value: f32) -> Self::Vector;
    fn load(self, from: &[f32; N]) -> Self::Vector;
    fn store(self, vector: Self::Vector, to: &mut [f32; N]);
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a b + c`.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    fn sum(self, vector: Self::Vector) -> f32;

    /// Writes the [`PANEL`] x [`PANEL`] block at the start of `from`, rows `stride` apart, as the columns of the block at
    /// the start of `to`, rows `to_stride` apart.
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
    // Four sums at once: one alone would wait for each addition in turn.
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

#[inline(always)]
pub(super) fn add_gram<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &[f32],
    n: usize,
    a: &mut [f32],
    width: usize,
) {
    for panel in (0..n).step_by(PANEL) {
        let end = n.min(panel + PANEL);
        let mut column = panel;
        while column < width {
            let columns = ((width - column) / N).min(S::COLUMNS);
            for row in (panel..end).step_by(4) {
                let block = Block { rows, a: &mut a[row * width..(row + 4) * width], row, column };
                match columns {
                    4 => block.add::<N, 4, S>(simd, width),
                    3 => block.add::<N, 3, S>(simd, width),
                    2 => block.add::<N, 2, S>(simd, width),
                    _ => block.add::<N, 1, S>(simd, width),
                }
            }
            column += columns * N;
        }
    }
}

/// Four rows by some vectors of a Gram matrix, small enough to be summed in registers.
struct Block<'a> {
    rows: &'a [f32],
    a: &'a mut [f32],
    row: usize,
    column: usize,
}

impl Block<'_> {
    #[inline(always)]
    fn add<const N: usize, const C: usize, S: Simd<N>>(self, simd: S, width: usize) {
        let mut sums = [[simd.splat(0.0); C]; 4];
        for row in self.rows.chunks_exact(width) {
            let left = &row[self.row..self.row + 4];
            let right = &row[self.column..self.column + C * N].as_chunks::<N>().0[..C];
            for r in 0..4 {
                let factor = simd.splat(left[r]);
                for c in 0..C {
                    sums[r][c] = simd.mul_add(factor, simd.load(&right[c]), sums[r][c]);
                }
            }
        }
        let one = simd.splat(1.0);
        for (sums, a) in sums.into_iter().zip(self.a.chunks_exact_mut(width)) {
            let a = a[self.column..self.column + C * N].as_chunks_mut::<N>().0;
            for (sum, a) in sums.into_iter().zip(a) {
                simd.store(simd.mul_add(sum, one, simd.load(a)), a);
            }
        }
    }
}

/// Right-looking, four pivots at a time, so that each trailing row is read and written once per four.
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

/// Factors four rows among themselves. What lies left of the diagonal becomes 0, so that [`solve`] may take whole vectors.
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
        // A pivot that is not a number must fail as well.
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

/// Takes the part that four factored rows explain out of a row below them.
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
        // The row's own unknown must not count; unknowns left of it meet zeros.
        b[i] = 0.0;
        b[i] = (value - dot(simd, &row[start..], &b[start..])) / row[i];
    }
}
