//! Sixteen numbers at a time: AVX-512F.

use std::arch::x86_64::{
    __m512, _mm512_castpd_ps, _mm512_castps_pd, _mm512_div_ps, _mm512_fmadd_ps, _mm512_fnmadd_ps,
    _mm512_loadu_ps, _mm512_mul_ps, _mm512_reduce_add_ps, _mm512_set1_ps, _mm512_shuffle_f32x4,
    _mm512_sqrt_ps, _mm512_storeu_ps, _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd,
    _mm512_unpacklo_ps,
};

use super::lanes::Simd;

const WIDTH: usize = 16;

/// The proof that this processor has AVX-512F: only code compiled for it makes one.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    #[target_feature(enable = "avx512f")]
    fn here() -> Self {
        Self(())
    }

    /// Writes rows of a block as its columns, `stride` apart.
    #[inline(always)]
    fn store_columns(self, rows: &[__m512; WIDTH], to: &mut [f32], stride: usize) {
        // SAFETY: `self` proves the feature.
        let columns = unsafe { transpose_quarters(&transpose_quads(rows)) };
        for (column, to) in columns.into_iter().zip(to.chunks_mut(stride)) {
            self.store(column, &mut to.as_chunks_mut::<WIDTH>().0[0]);
        }
    }
}

super::compile!(Avx512, "avx512f");

impl Simd<WIDTH> for Avx512 {
    type Vector = __m512;
    const COLUMNS: usize = 4;
    const HEIGHT: usize = 16;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        // SAFETY: `self` proves the feature.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &[f32; WIDTH]) -> __m512 {
        // SAFETY: `self` proves the feature; the array holds the 16 numbers that are read.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, vector: __m512, to: &mut [f32; WIDTH]) {
        // SAFETY: `self` proves the feature; the array has room for the 16 numbers.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` proves the feature.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: `self` proves the feature.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn neg_mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: `self` proves the feature.
        unsafe { _mm512_fnmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn sum(self, vector: __m512) -> f32 {
        // SAFETY: `self` proves the feature.
        unsafe { _mm512_reduce_add_ps(vector) }
    }

    #[inline(always)]
    fn inverse_root(self, vector: __m512) -> __m512 {
        // SAFETY: `self` proves the feature.
        unsafe { _mm512_div_ps(_mm512_set1_ps(1.0), _mm512_sqrt_ps(vector)) }
    }

    #[inline(always)]
    fn transpose_scaled(
        self,
        rows: [&[f32; WIDTH]; WIDTH],
        weights: &[f32; WIDTH],
        scales: &[f32; WIDTH],
        to: &mut [f32],
        stride: usize,
    ) {
        let scales = self.load(scales);
        let scaled = std::array::from_fn(|row| {
            self.mul(self.splat(weights[row]), self.mul(self.load(rows[row]), scales))
        });
        self.store_columns(&scaled, to, stride);
    }

    #[inline(always)]
    fn transpose_block(self, from: &[f32], stride: usize, to: &mut [f32], to_stride: usize) {
        let mut rows = [self.splat(0.0); WIDTH];
        for (row, from) in rows.iter_mut().zip(from.chunks(stride)) {
            *row = self.load(&from.as_chunks::<WIDTH>().0[0]);
        }
        self.store_columns(&rows, to, to_stride);
    }
}

/// Transposes each 4 x 4 block: vector `4 j + c` then holds, in quarter `q`, column `4 q + c` of rows `4 j` to `4 j + 3`.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose_quads(rows: &[__m512; WIDTH]) -> [__m512; WIDTH] {
    let mut quads = *rows;
    for (rows, quads) in rows.as_chunks::<4>().0.iter().zip(quads.as_chunks_mut::<4>().0) {
        let low_01 = _mm512_castps_pd(_mm512_unpacklo_ps(rows[0], rows[1]));
        let low_23 = _mm512_castps_pd(_mm512_unpacklo_ps(rows[2], rows[3]));
        let high_01 = _mm512_castps_pd(_mm512_unpackhi_ps(rows[0], rows[1]));
        let high_23 = _mm512_castps_pd(_mm512_unpackhi_ps(rows[2], rows[3]));
        quads[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(low_01, low_23));
        quads[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low_01, low_23));
        quads[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high_01, high_23));
        quads[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high_01, high_23));
    }
    quads
}

/// Transposes the 4 x 4 arrangement of quarters that [`transpose_quads`] leaves.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose_quarters(quads: &[__m512; WIDTH]) -> [__m512; WIDTH] {
    /// Quarters 0 and 2 of both arguments.
    const EVEN: i32 = 0x88;
    /// Quarters 1 and 3 of both arguments.
    const ODD: i32 = 0xdd;
    let mut columns = *quads;
    for c in 0..4 {
        let even_low = _mm512_shuffle_f32x4::<EVEN>(quads[c], quads[4 + c]);
        let even_high = _mm512_shuffle_f32x4::<EVEN>(quads[8 + c], quads[12 + c]);
        let odd_low = _mm512_shuffle_f32x4::<ODD>(quads[c], quads[4 + c]);
        let odd_high = _mm512_shuffle_f32x4::<ODD>(quads[8 + c], quads[12 + c]);
        columns[c] = _mm512_shuffle_f32x4::<EVEN>(even_low, even_high);
        columns[4 + c] = _mm512_shuffle_f32x4::<EVEN>(odd_low, odd_high);
        columns[8 + c] = _mm512_shuffle_f32x4::<ODD>(even_low, even_high);
        columns[12 + c] = _mm512_shuffle_f32x4::<ODD>(odd_low, odd_high);
    }
    columns
}
