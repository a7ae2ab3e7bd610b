//! The times at which requests are due.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Distribution of the times at which requests are due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Arrivals {
    /// At equal intervals.
    #[default]
    Constant,
    /// As a Poisson process: independent of each other, like the requests of many people.
    Poisson,
}

/// The due times of requests, after the start.
#[derive(Clone, Debug)]
pub struct Schedule {
    count: u64,
    rate: f64,
    /// Empty if the times follow from the rate alone.
    moments: Vec<Duration>,
}

impl Schedule {
    /// `count` requests at `rate` a second, which must be positive.
    pub fn new(rate: f64, count: u64, arrivals: Arrivals, seed: u64) -> Self {
        let moments = match arrivals {
            Arrivals::Constant => Vec::new(),
            Arrivals::Poisson => poisson(rate, count, seed),
        };
        Self { count, rate, moments }
    }

    /// The number of requests.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The time at which request `at` is due, counted from 0.
    pub fn due(&self, at: u64) -> Duration {
        let constant = || Duration::from_secs_f64(at as f64 / self.rate);
        self.moments.get(at as usize).copied().unwrap_or_else(constant)
    }

    /// The latest time at which a request is due.
    pub fn end(&self) -> Duration {
        self.due(self.count.saturating_sub(1))
    }
}

/// Gaps are drawn from the exponential distribution.
fn poisson(rate: f64, count: u64, seed: u64) -> Vec<Duration> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut now = 0.0;
    let next = |_| {
        let moment = Duration::from_secs_f64(now);
        now -= (1.0 - rng.random::<f64>()).ln() / rate;
        moment
    };
    (0..count).map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_arrivals_are_at_equal_distances() {
        let schedule = Schedule::new(200.0, 400, Arrivals::Constant, 1);
        assert_eq!(schedule.due(0), Duration::ZERO);
        assert_eq!(schedule.due(100), Duration::from_millis(500));
        assert_eq!(schedule.end(), Duration::from_millis(1_995));
    }

    #[test]
    fn poisson_arrivals_keep_the_rate_and_vary_as_much_as_their_mean() {
        let schedule = Schedule::new(1_000.0, 20_000, Arrivals::Poisson, 1);
        assert!((schedule.end().as_secs_f64() - 20.0).abs() < 0.6, "{:?}", schedule.end());
        let moment = |at: u64| schedule.due(at).as_secs_f64();
        let gaps = (1..20_000).map(|at| moment(at) - moment(at - 1));
        let variance = gaps.map(|gap| (gap - 1e-3).powi(2)).sum::<f64>() / 19_999.0;
        assert!((variance.sqrt() / 1e-3 - 1.0).abs() < 0.05);
    }
}
