//! Eight numbers at a time: AVX2 and FMA.

use std::arch::x86_64::{
    __m256, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehdup_ps, _mm_movehl_ps,
    _mm256_castps256_ps128, _mm256_div_ps, _mm256_extractf128_ps, _mm256_fmadd_ps,
    _mm256_fnmadd_ps, _mm256_loadu_ps, _mm256_mul_ps, _mm256_set1_ps, _mm256_sqrt_ps,
    _mm256_storeu_ps,
};

use super::lanes::Simd;

const WIDTH: usize = 8;

/// The proof that this processor has AVX2 and FMA: only code compiled for them makes one.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    #[target_feature(enable = "avx2,fma")]
    fn here() -> Self {
        Self(())
    }
}

super::compile!(Avx2, "avx2,fma");

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
    fn inverse_root(self, vector: __m256) -> __m256 {
        // SAFETY: `self` proves the features.
        unsafe { _mm256_div_ps(_mm256_set1_ps(1.0), _mm256_sqrt_ps(vector)) }
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
}
