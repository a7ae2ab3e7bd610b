//! Vectors of eight numbers: AVX2 and FMA.

use std::arch::x86_64::{
    __m256, _mm_add_epi32, _mm_add_ps, _mm_add_ss, _mm_cvtsi128_si32, _mm_cvtss_f32, _mm_loadu_ps,
    _mm_loadu_si128, _mm_movehdup_ps, _mm_movehl_ps, _mm_shuffle_epi32, _mm_storeu_ps,
    _mm256_add_epi32, _mm256_add_ps, _mm256_castpd_ps, _mm256_castps_pd, _mm256_castps128_ps256,
    _mm256_castps256_ps128, _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_div_ps,
    _mm256_extractf128_ps, _mm256_extracti128_si256, _mm256_fmadd_ps, _mm256_fnmadd_ps,
    _mm256_insertf128_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_mul_ps,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256, _mm256_sqrt_ps, _mm256_storeu_ps,
    _mm256_storeu_si256, _mm256_unpackhi_pd, _mm256_unpackhi_ps, _mm256_unpacklo_pd,
    _mm256_unpacklo_ps,
};

use super::lanes::{Simd, both};
use super::{LANES, PANEL};

const WIDTH: usize = 8;

/// Proof that this processor has AVX2 and FMA: only code compiled for them creates a value.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    #[target_feature(enable = "avx2,fma")]
    fn here() -> Self {
        Self(())
    }
}

compile!(Avx2, "avx2,fma");

impl Simd<WIDTH> for Avx2 {
    type Vector = __m256;
    const COLUMNS: usize = 2;
    const HEIGHT: usize = 8;

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        // SAFETY: `self` proves the features.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &[f32; WIDTH]) -> __m256 {
        // SAFETY: `self` proves the features; the array holds the 8 numbers that are read.
        unsafe { _mm256_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, vector: __m256, to: &mut [f32; WIDTH]) {
        // SAFETY: `self` proves the features; the array has room for the 8 numbers.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves the features.
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: `self` proves the features.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn neg_mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: `self` proves the features.
        unsafe { _mm256_fnmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn code_product(self, codes: &[i8], query: &[i16]) -> i32 {
        // SAFETY: `self` proves the features.
        unsafe { code_product(codes, query) }
    }

    #[inline(always)]
    fn panel_products(self, panel: &[i8], query: &[i16], out: &mut [i32; PANEL]) {
        // SAFETY: `self` proves the features.
        unsafe { panel_sums(panel, query, out) }
    }

    #[inline(always)]
    fn inverse(self, vector: __m256) -> __m256 {
        // SAFETY: `self` proves the features.
        unsafe { _mm256_div_ps(_mm256_set1_ps(1.0), vector) }
    }

    #[inline(always)]
    fn root(self, vector: __m256) -> __m256 {
        // SAFETY: `self` proves the features.
        unsafe { _mm256_sqrt_ps(vector) }
    }

    #[inline(always)]
    fn sum(self, vector: __m256) -> f32 {
        // SAFETY: `self` proves the features.
        unsafe {
            let four =
                _mm_add_ps(_mm256_castps256_ps128(vector), _mm256_extractf128_ps::<1>(vector));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }

    #[inline(always)]
    fn sums(self, vectors: [__m256; 4]) -> [f32; 4] {
        // SAFETY: `self` proves the features.
        unsafe { four_sums(vectors) }
    }

    #[inline(always)]
    fn transpose_scaled(
        self,
        rows: [&[f32; PANEL]; LANES],
        weights: &[f32; LANES],
        scales: &[[f32; LANES]; PANEL],
        to: &mut [[f32; LANES]; PANEL],
    ) {
        // Indexed with bounds known at compile time, because chains of zipped iterators leave a
        // branch at each store.
        for half in 0..LANES / WIDTH {
            let rows = &rows.as_chunks::<WIDTH>().0[half];
            let weights = self.load(&weights.as_chunks::<WIDTH>().0[half]);
            for group in 0..PANEL / 4 {
                // SAFETY: `self` proves the features.
                let columns = unsafe { four_columns(rows, group) };
                for (j, column) in columns.iter().enumerate() {
                    let at = group * 4 + j;
                    let scale = self.load(&scales[at].as_chunks::<WIDTH>().0[half]);
                    let column = self.mul(*column, self.mul(weights, scale));
                    self.store(column, &mut to[at].as_chunks_mut::<WIDTH>().0[half]);
                }
            }
        }
    }

    #[inline(always)]
    fn transpose_block(self, from: &[f32], stride: usize, to: &mut [f32], to_stride: usize) {
        let mut rows = [&[0.0; PANEL]; PANEL];
        for (r, row) in rows.iter_mut().enumerate() {
            *row = &from[r * stride..].as_chunks::<PANEL>().0[0];
        }
        for half in 0..PANEL / WIDTH {
            for group in 0..PANEL / 4 {
                // SAFETY: `self` proves the features.
                let columns = unsafe { four_columns(&rows.as_chunks::<WIDTH>().0[half], group) };
                for (j, column) in columns.iter().enumerate() {
                    let to = &mut to[(group * 4 + j) * to_stride..][..PANEL];
                    self.store(*column, &mut to.as_chunks_mut::<WIDTH>().0[half]);
                }
            }
        }
    }
}

/// The sums of four vectors. They are transposed in blocks of four while they are added, which
/// takes half the steps of four single sums.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn four_sums([a, b, c, d]: [__m256; 4]) -> [f32; 4] {
    let pairs = |x, y| _mm256_add_ps(_mm256_unpacklo_ps(x, y), _mm256_unpackhi_ps(x, y));
    let (ab, cd) = (_mm256_castps_pd(pairs(a, b)), _mm256_castps_pd(pairs(c, d)));
    let (low, high) = (_mm256_unpacklo_pd(ab, cd), _mm256_unpackhi_pd(ab, cd));
    let halves = _mm256_add_ps(_mm256_castpd_ps(low), _mm256_castpd_ps(high));
    let sums = _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps::<1>(halves));
    let mut out = [0.0; 4];
    // SAFETY: the array has room for the 4 numbers.
    unsafe { _mm_storeu_ps(out.as_mut_ptr(), sums) };
    out
}

/// Four columns of eight rows; `group` selects which four.
///
/// Halves of vectors are combined as they are loaded: vector `j` holds the four numbers of the rows
/// `j` and `4 + j`. Then only 4 x 4 blocks must be transposed.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn four_columns(rows: &[&[f32; PANEL]; WIDTH], group: usize) -> [__m256; 4] {
    let halves: [__m256; 4] = std::array::from_fn(|j| {
        // SAFETY: a quarter of a row holds the 4 numbers that are read.
        let quarter =
            |row: usize| unsafe { _mm_loadu_ps(rows[row].as_chunks::<4>().0[group].as_ptr()) };
        _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(quarter(j)), quarter(4 + j))
    });
    let low_01 = _mm256_castps_pd(_mm256_unpacklo_ps(halves[0], halves[1]));
    let low_23 = _mm256_castps_pd(_mm256_unpacklo_ps(halves[2], halves[3]));
    let high_01 = _mm256_castps_pd(_mm256_unpackhi_ps(halves[0], halves[1]));
    let high_23 = _mm256_castps_pd(_mm256_unpackhi_ps(halves[2], halves[3]));
    [
        _mm256_castpd_ps(_mm256_unpacklo_pd(low_01, low_23)),
        _mm256_castpd_ps(_mm256_unpackhi_pd(low_01, low_23)),
        _mm256_castpd_ps(_mm256_unpacklo_pd(high_01, high_23)),
        _mm256_castpd_ps(_mm256_unpackhi_pd(high_01, high_23)),
    ]
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn code_product(codes: &[i8], query: &[i16]) -> i32 {
    let mut sum = _mm256_setzero_si256();
    for (codes, query) in codes.as_chunks::<16>().0.iter().zip(query.as_chunks::<16>().0) {
        // SAFETY: the arrays hold the 16 bytes and the 16 numbers of 2 bytes that are read.
        let (codes, query) = unsafe {
            (_mm_loadu_si128(codes.as_ptr().cast()), _mm256_loadu_si256(query.as_ptr().cast()))
        };
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepi8_epi16(codes), query));
    }
    let four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two)))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn panel_sums(panel: &[i8], query: &[i16], out: &mut [i32; PANEL]) {
    let mut sums = [_mm256_setzero_si256(); 2];
    let pairs = panel.as_chunks::<16>().0.as_chunks::<2>().0;
    for (halves, query) in pairs.iter().zip(query.as_chunks::<2>().0) {
        let query = _mm256_set1_epi32(both(*query));
        for (sum, half) in sums.iter_mut().zip(halves) {
            // SAFETY: the array holds the 16 bytes that are read.
            let codes = _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(half.as_ptr().cast()) });
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(codes, query));
        }
    }
    for (sum, out) in sums.into_iter().zip(out.as_chunks_mut::<WIDTH>().0) {
        // SAFETY: the array has room for the 8 numbers.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), sum) }
    }
}
