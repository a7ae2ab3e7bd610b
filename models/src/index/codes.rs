//! Vectors quantized to one byte per number. A walk reads one cache line per vector, where the full
//! row takes four.
//!
//! Each column has its own scale, because the columns of an embedding vary much in size. A query is
//! brought to the same scales and kept in two bytes per number; its rounding error is negligible
//! beside that of the codes. Products of the two rank rows nearly as inner products do. The best
//! candidates of a walk are scored again, exactly.

use crate::factors::Factors;

/// The largest code.
const LARGEST: f32 = 127.0;
/// The largest number of a query, if the width allows it.
const LARGEST_OF_QUERY: i32 = 8191;

/// The value of one code step, per column.
pub(super) fn scales(factors: &Factors) -> Vec<f32> {
    let mut largest = vec![0.0_f32; factors.dim()];
    for row in factors.values().chunks_exact(factors.dim()) {
        for (largest, value) in largest.iter_mut().zip(row) {
            *largest = largest.max(value.abs());
        }
    }
    largest.into_iter().map(|value| value / LARGEST).collect()
}

/// Appends a row's codes.
pub(super) fn encode(row: &[f32], scales: &[f32], codes: &mut Vec<i8>) {
    codes.extend(row.iter().zip(scales).map(|(value, scale)| {
        let code = if *scale > 0.0 { value / scale } else { 0.0 };
        code.round() as i8
    }));
}

/// Replaces `out` by the query as integers. Their products with codes rank like inner products, up
/// to rounding.
pub(super) fn encode_query(query: &[f32], scales: &[f32], out: &mut Vec<i16>) {
    let dim = scales.len().max(1) as i32;
    let most = LARGEST_OF_QUERY.min(i32::MAX / (LARGEST as i32 * dim)) as f32;
    let scaled = || query.iter().zip(scales).map(|(value, scale)| value * scale);
    let largest = scaled().map(f32::abs).fold(0.0, f32::max);
    let step = if largest > 0.0 { most / largest } else { 0.0 };
    out.clear();
    out.extend(scaled().map(|value| (value * step).round() as i16));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_codes_follow_inner_products() {
        let value = |at: usize| ((at * 7919 % 1000) as f32 / 500.0 - 1.0) * (at % 16 + 1) as f32;
        let factors = Factors::new(16, (0..16 * 40).map(value).collect::<Vec<_>>()).unwrap();
        let scales = scales(&factors);
        let query: Vec<f32> = (0..16).map(|at| value(at * 31) / (at + 1) as f32).collect();
        let mut encoded = Vec::new();
        encode_query(&query, &scales, &mut encoded);
        let largest = query.iter().zip(&scales).map(|(q, s)| (q * s).abs()).fold(0.0, f32::max);
        let step = f64::from(largest) / 8191.0;
        for row in factors.values().chunks_exact(16) {
            let mut codes = Vec::new();
            encode(row, &scales, &mut codes);
            let product: i32 =
                codes.iter().zip(&encoded).map(|(c, q)| i32::from(*c) * i32::from(*q)).sum();
            let exact: f32 = row.iter().zip(&query).map(|(x, q)| x * q).sum();
            // At most half a step for every code.
            let off: f32 = query.iter().zip(&scales).map(|(q, s)| (q * s / 2.0).abs()).sum();
            let bound = f64::from(off) + step * 16.0 * 127.0;
            assert!((f64::from(product) * step - f64::from(exact)).abs() <= bound);
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let factors = Factors::new(16, vec![0.0; 32]).unwrap();
        let (mut codes, mut query) = (Vec::new(), Vec::new());
        encode(factors.row(0).unwrap(), &scales(&factors), &mut codes);
        encode_query(&[1.0; 16], &scales(&factors), &mut query);
        assert_eq!((codes, query), (vec![0; 16], vec![0; 16]));
    }
}
