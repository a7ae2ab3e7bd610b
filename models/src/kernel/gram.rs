//! Gram matrices, computed block by block in registers.

use super::lanes::Simd;

#[inline(always)]
pub(super) fn add_gram<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &[f32],
    n: usize,
    a: &mut [f32],
    width: usize,
) {
    blocks::<N, S, true>(simd, rows, n, a, width);
}

#[inline(always)]
pub(super) fn gram<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &[f32],
    n: usize,
    a: &mut [f32],
    width: usize,
) {
    blocks::<N, S, false>(simd, rows, n, a, width);
}

/// All blocks on and right of the diagonal, added to `a` or written over it.
#[inline(always)]
fn blocks<const N: usize, S: Simd<N>, const ADD: bool>(
    simd: S,
    rows: &[f32],
    n: usize,
    a: &mut [f32],
    width: usize,
) {
    for band in (0..n).step_by(N) {
        let end = n.min(band + N);
        let mut column = band;
        while column < width {
            let vectors = ((width - column) / N).min(S::COLUMNS);
            let mut row = band;
            while row < end {
                // With only four rows, a column of one vector would wait for each sum in turn.
                let height = if vectors == 1 { (end - row).min(S::HEIGHT) } else { 4 };
                let block =
                    Block { rows, a: &mut a[row * width..(row + height) * width], row, column };
                match (vectors, height) {
                    (4, _) => block.sum::<N, 4, 4, S, ADD>(simd, width),
                    (3, _) => block.sum::<N, 3, 4, S, ADD>(simd, width),
                    (2, _) => block.sum::<N, 2, 4, S, ADD>(simd, width),
                    (_, 16) => block.sum::<N, 1, 16, S, ADD>(simd, width),
                    (_, 12) => block.sum::<N, 1, 12, S, ADD>(simd, width),
                    (_, 8) => block.sum::<N, 1, 8, S, ADD>(simd, width),
                    _ => block.sum::<N, 1, 4, S, ADD>(simd, width),
                }
                row += height;
            }
            column += vectors * N;
        }
    }
}

/// Some rows by some vectors of a Gram matrix, small enough to be summed in registers.
struct Block<'a> {
    rows: &'a [f32],
    a: &'a mut [f32],
    row: usize,
    column: usize,
}

impl Block<'_> {
    #[inline(always)]
    fn sum<const N: usize, const C: usize, const R: usize, S: Simd<N>, const ADD: bool>(
        self,
        simd: S,
        width: usize,
    ) {
        let mut sums = [[simd.splat(0.0); C]; R];
        for row in self.rows.chunks_exact(width) {
            let left = &row[self.row..self.row + R];
            let right = &row[self.column..self.column + C * N].as_chunks::<N>().0[..C];
            for r in 0..R {
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
                let sum = if ADD { simd.mul_add(sum, one, simd.load(a)) } else { sum };
                simd.store(sum, a);
            }
        }
    }
}
