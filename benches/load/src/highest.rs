//! Searches the highest rate that a server sustains.

use std::time::Duration;

use super::report::{Highest, StepReport};

/// The condition that a rate must meet.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The most that the 99th percentile of latency may be.
    pub max_p99: Duration,
}

/// The relative precision at which the search ends.
const PRECISION: f64 = 0.05;

/// The highest rate to try, in requests a second.
const MOST: f64 = 10_000_000.0;

/// The least share of due requests that must be answered.
const ANSWERED: f64 = 0.98;

impl Bound {
    /// True if a step met the condition without an error.
    pub fn holds(&self, step: &StepReport) -> bool {
        let max = self.max_p99.as_secs_f64() * 1e6;
        step.failed() == 0 && step.latency.p99_us <= max && step.achieved >= ANSWERED * step.rate
    }
}

/// Doubles the rate while the bound holds (halves it while it never did), then bisects the gap.
/// `at` measures a rate.
pub fn highest<E>(
    bound: Bound,
    first: f64,
    mut at: impl FnMut(f64) -> Result<StepReport, E>,
) -> Result<(Highest, Vec<StepReport>), E> {
    let mut search = Search { low: None, high: None, limited_by_client: false, steps: Vec::new() };
    while let Some(rate) = search.next(first) {
        let step = at(rate)?;
        if bound.holds(&step) {
            search.low = Some(rate);
        } else {
            search.high = Some(rate);
            search.limited_by_client = !step.client_kept_up();
        }
        search.steps.push(step);
    }
    let max_p99_us = bound.max_p99.as_secs_f64() * 1e6;
    let Search { low, limited_by_client, steps, .. } = search;
    Ok((Highest { max_p99_us, rate: low, limited_by_client }, steps))
}

struct Search {
    /// The highest rate that held.
    low: Option<f64>,
    /// The lowest that didn't.
    high: Option<f64>,
    limited_by_client: bool,
    steps: Vec<StepReport>,
}

impl Search {
    fn next(&self, first: f64) -> Option<f64> {
        let rate = match (self.low, self.high) {
            (None, None) => first,
            (Some(low), None) => low * 2.0,
            (None, Some(high)) => high / 2.0,
            (Some(low), Some(high)) if high - low > PRECISION * low => f64::midpoint(low, high),
            _ => return None,
        };
        (1.0..=MOST).contains(&rate).then_some(rate)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use super::*;
    use crate::Figures;

    fn step(rate: f64, p99_us: f64, late: f64) -> StepReport {
        StepReport {
            rate,
            seconds: 1.0,
            requests: rate as u64,
            achieved: rate,
            errors: BTreeMap::new(),
            latency: Figures { p99_us, ..Figures::default() },
            service: Figures::default(),
            parts: Vec::new(),
            slices: Vec::new(),
            server_cpu_us_per_request: None,
            server_resident_bytes: None,
            client_cpu_us_per_request: None,
            client_late_share: late,
        }
    }

    fn search(capacity: f64, first: f64, late: f64) -> (Highest, usize) {
        let bound = Bound { max_p99: Duration::from_millis(5) };
        let at = |rate: f64| {
            let p99 = if rate <= capacity { 900.0 } else { 50_000.0 };
            Ok::<_, Infallible>(step(rate, p99, late))
        };
        let (highest, steps) = highest(bound, first, at).unwrap();
        (highest, steps.len())
    }

    #[test]
    fn the_highest_rate_is_found_from_below_and_from_above() {
        for first in [10.0, 1_000.0, 40_000.0] {
            let (highest, steps) = search(3_333.0, first, 0.0);
            let rate = highest.rate.unwrap();
            assert!((3_333.0 / 1.06..=3_333.0).contains(&rate), "{rate}");
            assert!(steps < 20, "{steps}");
        }
    }

    #[test]
    fn where_nothing_holds_there_is_no_rate() {
        assert_eq!(search(0.0, 100.0, 0.0).0.rate, None);
    }

    #[test]
    fn an_error_fails_a_rate_and_a_late_client_is_told() {
        let bound = Bound { max_p99: Duration::from_millis(5) };
        let errors = BTreeMap::from([("503".to_owned(), 1)]);
        assert!(!bound.holds(&StepReport { errors, ..step(10.0, 1.0, 0.0) }));
        assert!(!bound.holds(&StepReport { achieved: 5.0, ..step(10.0, 1.0, 0.0) }));
        assert!(bound.holds(&step(10.0, 1.0, 0.0)));
        assert!(search(300.0, 100.0, 0.5).0.limited_by_client);
    }
}
