//! The random numbers of a market.

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::params::MarketParams;

/// An independent stream of random numbers per part, so that an extra draw in one part doesn't
/// change the others.
pub(super) fn stream(params: &MarketParams, part: u64) -> StdRng {
    StdRng::seed_from_u64(params.seed ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// A number below `n` (at least 1), small ones more often: approximately Zipf's law with exponent
/// 1.
pub(super) fn zipf(n: usize, uniform: f64) -> usize {
    let drawn = ((n as f64 + 1.0).ln() * uniform).exp() as usize;
    drawn.clamp(1, n) - 1
}
