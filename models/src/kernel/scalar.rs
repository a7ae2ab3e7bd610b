//! The scalar twin of the vector kernels, which runs on every processor.

use super::lanes::Simd;

const WIDTH: usize = 4;

/// Four numbers in plain arithmetic, which the compiler may put into one register.
#[derive(Clone, Copy)]
pub(super) struct Scalar;

impl Simd<WIDTH> for Scalar {
    type Vector = [f32; WIDTH];
    const COLUMNS: usize = 2;
    const HEIGHT: usize = 8;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Vector {
        [value; WIDTH]
    }

    #[inline(always)]
    fn load(self, from: &[f32; WIDTH]) -> Self::Vector {
        *from
    }

    #[inline(always)]
    fn store(self, vector: Self::Vector, to: &mut [f32; WIDTH]) {
        *to = vector;
    }

    #[inline(always)]
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        std::array::from_fn(|lane| a[lane] * b[lane])
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        std::array::from_fn(|lane| a[lane] * b[lane] + c[lane])
    }

    #[inline(always)]
    fn neg_mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        std::array::from_fn(|lane| c[lane] - a[lane] * b[lane])
    }

    #[inline(always)]
    fn inverse(self, vector: Self::Vector) -> Self::Vector {
        vector.map(f32::recip)
    }

    #[inline(always)]
    fn root(self, vector: Self::Vector) -> Self::Vector {
        vector.map(f32::sqrt)
    }

    #[inline(always)]
    fn sum(self, vector: Self::Vector) -> f32 {
        vector.iter().sum()
    }
}
