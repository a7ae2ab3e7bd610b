//! Operations of rows with a diagonal matrix: all work of solving a row except its pass over the
//! items.

use super::lanes::Simd;

#[inline(always)]
pub(super) fn diagonal<const N: usize, S: Simd<N>>(
    simd: S,
    alpha: f32,
    x: &[f32],
    beta: f32,
    diagonal: &mut [f32],
    inverse: &mut [f32],
) {
    let (factor, flat) = (simd.splat(alpha), simd.splat(beta));
    let out = diagonal.as_chunks_mut::<N>().0.iter_mut().zip(inverse.as_chunks_mut::<N>().0);
    for (x, (diagonal, inverse)) in x.as_chunks::<N>().0.iter().zip(out) {
        let value = simd.mul_add(factor, simd.load(x), flat);
        simd.store(value, diagonal);
        simd.store(simd.inverse(value), inverse);
    }
}

#[inline(always)]
pub(super) fn subtract_diagonal<const N: usize, S: Simd<N>>(
    simd: S,
    diagonal: &[f32],
    x: &[f32],
    out: &mut [f32],
) -> f32 {
    let minus = simd.splat(-1.0);
    let mut sum = simd.splat(0.0);
    let rows = diagonal.as_chunks::<N>().0.iter().zip(x.as_chunks::<N>().0);
    for ((d, x), out) in rows.zip(out.as_chunks_mut::<N>().0) {
        let x = simd.load(x);
        let product = simd.mul(simd.load(d), x);
        sum = simd.mul_add(product, x, sum);
        simd.store(simd.mul(minus, product), out);
    }
    simd.sum(sum)
}

#[inline(always)]
pub(super) fn next_direction<const N: usize, S: Simd<N>>(
    simd: S,
    r: &[f32],
    inverse: &[f32],
    before: f32,
    direction: &mut [f32],
) -> f32 {
    let rows = r.as_chunks::<N>().0.iter().zip(inverse.as_chunks::<N>().0);
    let mut sum = simd.splat(0.0);
    for (r, inverse) in rows.clone() {
        let r = simd.load(r);
        sum = simd.mul_add(simd.mul(r, simd.load(inverse)), r, sum);
    }
    let left = simd.sum(sum);
    let kept = simd.splat(left / before);
    for ((r, inverse), out) in rows.zip(direction.as_chunks_mut::<N>().0) {
        let old = simd.mul(kept, simd.load(out));
        simd.store(simd.mul_add(simd.load(r), simd.load(inverse), old), out);
    }
    left
}

#[inline(always)]
pub(super) fn add_scaled<const N: usize, S: Simd<N>>(
    simd: S,
    base: &[f32],
    scales: &[f32],
    x: &[f32],
    out: &mut [f32],
) -> bool {
    // 0 times a non-finite number is NaN, and NaN survives every sum.
    let (zero, mut check) = (simd.splat(0.0), simd.splat(0.0));
    let rows = scales.as_chunks::<N>().0.iter().zip(x.as_chunks::<N>().0);
    let rows = rows.zip(base.as_chunks::<N>().0);
    for (((scales, x), base), out) in rows.zip(out.as_chunks_mut::<N>().0) {
        let value = simd.mul_add(simd.load(scales), simd.load(x), simd.load(base));
        check = simd.mul_add(value, zero, check);
        simd.store(value, out);
    }
    simd.sum(check).is_finite()
}
