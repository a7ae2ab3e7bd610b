//! The test that a gain exceeds noise.

/// The mean; 0 for an empty slice.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The number of standard errors beyond which a gain is significant. One or two would let noise
/// through, because the best of many strengths is taken.
const STANDARD_ERRORS: f64 = 3.0;

/// True if the mean of paired differences exceeds 0 by more than noise explains. O(n).
pub(crate) fn is_beyond_noise(differences: &[f64]) -> bool {
    let n = differences.len() as f64;
    if n < 2.0 {
        return false;
    }
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
    mean > STANDARD_ERRORS * (squares / (n - 1.0) / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_what_the_spread_over_users_explains() {
        let swing = |n: usize, shift: f64| -> Vec<f64> {
            (0..n).map(|at| if at % 2 == 0 { shift + 0.1 } else { shift - 0.1 }).collect()
        };
        assert!(is_beyond_noise(&swing(1_000, 0.02)));
        assert!(!is_beyond_noise(&swing(100, 0.02)));
        assert!(!is_beyond_noise(&swing(1_000, -0.02)));
        assert!(!is_beyond_noise(&[]) && !is_beyond_noise(&[1.0]));
    }
}
