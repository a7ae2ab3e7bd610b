//! Vectors of sixteen numbers: AVX-512F and BW.

use std::arch::x86_64::{
    __m512, _mm_add_ps, _mm_loadu_ps, _mm_loadu_si128, _mm_storeu_ps, _mm256_castps256_ps128,
    _mm256_cvtepi8_epi16, _mm256_extractf128_ps, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm512_add_epi32, _mm512_add_ps, _mm512_castpd_ps, _mm512_castps_pd, _mm512_castps128_ps512,
    _mm512_castps512_ps256, _mm512_cvtepi8_epi16, _mm512_div_ps, _mm512_extractf64x4_pd,
    _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_insertf32x4, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_madd_epi16, _mm512_mul_ps, _mm512_reduce_add_epi32, _mm512_reduce_add_ps,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512, _mm512_sqrt_ps, _mm512_storeu_ps,
    _mm512_storeu_si512, _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd,
    _mm512_unpacklo_ps, _mm512_zextpd256_pd512, _mm512_zextsi256_si512,
};

use super::lanes::{Simd, both};

const WIDTH: usize = 16;

/// Proof that this processor has AVX-512F and BW: only code compiled for it creates a value.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    #[target_feature(enable = "avx512f,avx512bw")]
    fn here() -> Self {
        Self(())
    }
}

compile!(Avx512, "avx512f,avx512bw");

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
    fn sums(self, vectors: [__m512; 4]) -> [f32; 4] {
        // SAFETY: `self` proves the feature.
        unsafe { four_sums(vectors) }
    }

    #[inline(always)]
    fn inverse(self, vector: __m512) -> __m512 {
        // SAFETY: `self` proves the feature.
        unsafe { _mm512_div_ps(_mm512_set1_ps(1.0), vector) }
    }

    #[inline(always)]
    fn root(self, vector: __m512) -> __m512 {
        // SAFETY: `self` proves the feature.
        unsafe { _mm512_sqrt_ps(vector) }
    }

    #[inline(always)]
    fn code_product(self, codes: &[i8], query: &[i16]) -> i32 {
        // SAFETY: `self` proves the features.
        unsafe { code_product(codes, query) }
    }

    #[inline(always)]
    fn panel_products(self, panel: &[i8], query: &[i16], out: &mut [i32; WIDTH]) {
        // SAFETY: `self` proves the features.
        unsafe { panel_sums(panel, query, out) }
    }

    #[inline(always)]
    fn transpose_scaled(
        self,
        rows: [&[f32; WIDTH]; WIDTH],
        weights: &[f32; WIDTH],
        scales: &[[f32; WIDTH]; WIDTH],
        to: &mut [[f32; WIDTH]; WIDTH],
    ) {
        let weights = self.load(weights);
        for group in 0..WIDTH / 4 {
            // SAFETY: `self` proves the feature.
            let columns = unsafe { four_columns(&rows, group) };
            for (j, column) in columns.iter().enumerate() {
                let at = group * 4 + j;
                let scale = self.mul(weights, self.load(&scales[at]));
                self.store(self.mul(*column, scale), &mut to[at]);
            }
        }
    }

    #[inline(always)]
    fn transpose_block(self, from: &[f32], stride: usize, to: &mut [f32], to_stride: usize) {
        let rows = std::array::from_fn(|row| &from[row * stride..].as_chunks::<WIDTH>().0[0]);
        for group in 0..WIDTH / 4 {
            // SAFETY: `self` proves the feature.
            let columns = unsafe { four_columns(&rows, group) };
            for (j, column) in columns.iter().enumerate() {
                let to = &mut to[(group * 4 + j) * to_stride..];
                self.store(*column, &mut to.as_chunks_mut::<WIDTH>().0[0]);
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn code_product(codes: &[i8], query: &[i16]) -> i32 {
    let (codes, codes_rest) = codes.as_chunks::<32>();
    let (query, query_rest) = query.as_chunks::<32>();
    let mut sum = _mm512_setzero_si512();
    for (codes, query) in codes.iter().zip(query) {
        // SAFETY: the arrays hold the 32 bytes and the 32 numbers of 2 bytes that are read.
        let (codes, query) = unsafe {
            (_mm256_loadu_si256(codes.as_ptr().cast()), _mm512_loadu_si512(query.as_ptr().cast()))
        };
        sum = _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_cvtepi8_epi16(codes), query));
    }
    let rests = codes_rest.as_chunks::<16>().0.iter().zip(query_rest.as_chunks::<16>().0);
    for (codes, query) in rests {
        // SAFETY: the arrays hold the 16 bytes and the 16 numbers of 2 bytes that are read.
        let (codes, query) = unsafe {
            (_mm_loadu_si128(codes.as_ptr().cast()), _mm256_loadu_si256(query.as_ptr().cast()))
        };
        let rest = _mm256_madd_epi16(_mm256_cvtepi8_epi16(codes), query);
        sum = _mm512_add_epi32(sum, _mm512_zextsi256_si512(rest));
    }
    _mm512_reduce_add_epi32(sum)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn panel_sums(panel: &[i8], query: &[i16], out: &mut [i32; WIDTH]) {
    let mut sums = [_mm512_setzero_si512(); 2];
    let pairs = panel.as_chunks::<32>().0.iter().zip(query.as_chunks::<2>().0);
    for (at, (pairs, query)) in pairs.enumerate() {
        // SAFETY: the array holds the 32 bytes that are read.
        let codes = _mm512_cvtepi8_epi16(unsafe { _mm256_loadu_si256(pairs.as_ptr().cast()) });
        let query = _mm512_set1_epi32(both(*query));
        sums[at % 2] = _mm512_add_epi32(sums[at % 2], _mm512_madd_epi16(codes, query));
    }
    let sum = _mm512_add_epi32(sums[0], sums[1]);
    // SAFETY: the array has room for the 16 numbers.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), sum) }
}

/// The sums of four vectors. They are transposed in blocks of four while they are added, which
/// takes half the steps of four single sums.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn four_sums([a, b, c, d]: [__m512; 4]) -> [f32; 4] {
    let pairs = |x, y| _mm512_add_ps(_mm512_unpacklo_ps(x, y), _mm512_unpackhi_ps(x, y));
    let (ab, cd) = (_mm512_castps_pd(pairs(a, b)), _mm512_castps_pd(pairs(c, d)));
    let (low, high) = (_mm512_unpacklo_pd(ab, cd), _mm512_unpackhi_pd(ab, cd));
    let quarters = _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high));
    let high = _mm512_castpd_ps(_mm512_zextpd256_pd512(_mm512_extractf64x4_pd::<1>(
        _mm512_castps_pd(quarters),
    )));
    let halves = _mm512_castps512_ps256(_mm512_add_ps(quarters, high));
    let sums = _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps::<1>(halves));
    let mut out = [0.0; 4];
    // SAFETY: the array has room for the 4 numbers.
    unsafe { _mm_storeu_ps(out.as_mut_ptr(), sums) };
    out
}

/// Four columns of sixteen rows; `group` selects which four.
///
/// Quarters of vectors are combined as they are loaded, which costs no shuffles. Vector `j` holds
/// the four numbers of the rows `j`, `4 + j`, `8 + j` and `12 + j`. Then only 4 x 4 blocks must be
/// transposed.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn four_columns(rows: &[&[f32; WIDTH]; WIDTH], group: usize) -> [__m512; 4] {
    let quarters: [__m512; 4] = std::array::from_fn(|j| {
        // SAFETY: a quarter holds the 4 numbers that are read.
        let quarter =
            |row: usize| unsafe { _mm_loadu_ps(rows[row].as_chunks::<4>().0[group].as_ptr()) };
        let first = _mm512_castps128_ps512(quarter(j));
        let second = _mm512_insertf32x4::<1>(first, quarter(4 + j));
        let third = _mm512_insertf32x4::<2>(second, quarter(8 + j));
        _mm512_insertf32x4::<3>(third, quarter(12 + j))
    });
    let low_01 = _mm512_castps_pd(_mm512_unpacklo_ps(quarters[0], quarters[1]));
    let low_23 = _mm512_castps_pd(_mm512_unpacklo_ps(quarters[2], quarters[3]));
    let high_01 = _mm512_castps_pd(_mm512_unpackhi_ps(quarters[0], quarters[1]));
    let high_23 = _mm512_castps_pd(_mm512_unpackhi_ps(quarters[2], quarters[3]));
    [
        _mm512_castpd_ps(_mm512_unpacklo_pd(low_01, low_23)),
        _mm512_castpd_ps(_mm512_unpackhi_pd(low_01, low_23)),
        _mm512_castpd_ps(_mm512_unpacklo_pd(high_01, high_23)),
        _mm512_castpd_ps(_mm512_unpackhi_pd(high_01, high_23)),
    ]
}
