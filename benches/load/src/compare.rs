//! Two runs side by side: ratios with an interval.
//!
//! The seconds of a run are its samples. A figure of a run is the median over its seconds. The
//! interval of a ratio comes from resampling the seconds of both runs (the percentile bootstrap,
//! Efron and Tibshirani 1993, chapter 13).

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::LoadError;
use super::report::{Report, Slice, StepReport};

/// The number of bootstrap resamples.
const DRAWS: usize = 2_000;

/// The least number of seconds for an interval.
const LEAST_SECONDS: usize = 5;

/// A figure of one rate in two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Requests a second.
    pub rate: f64,
    /// The figure.
    pub figure: &'static str,
    /// Its value in the first run, in microseconds.
    pub a: f64,
    /// In the second.
    pub b: f64,
    /// The second over the first, with its 95 % confidence interval.
    pub ratio: Ratio,
}

/// The quotient of two figures with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The quotient of the two figures.
    pub mean: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// All figures of all rates that two runs have in common.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Rate by rate.
    pub changes: Vec<Change>,
    /// The rates at which the second run failed more often, with the counts.
    pub more_errors: Vec<(f64, u64, u64)>,
}

type Figure = (&'static str, fn(&Slice) -> Option<f64>);

const FIGURES: [Figure; 3] = [
    ("p50", |slice| Some(slice.p50_us)),
    ("p99", |slice| Some(slice.p99_us)),
    ("server cpu", |slice| slice.server_cpu_us_per_request),
];

impl Comparison {
    /// Compares the rates that both have.
    pub fn new(a: &Report, b: &Report) -> Result<Self, LoadError> {
        let mut compared = Self { changes: Vec::new(), more_errors: Vec::new() };
        for (one, other) in pairs(a, b) {
            let (before, after) = (seconds(one)?, seconds(other)?);
            for (name, figure) in FIGURES {
                compared.changes.extend(change(one.rate, name, figure, before, after));
            }
            let failed = (one.failed(), other.failed());
            compared
                .more_errors
                .extend((failed.1 > failed.0).then_some((one.rate, failed.0, failed.1)));
        }
        if compared.changes.is_empty() {
            return Err(LoadError::NoCommonRate { a: a.created.clone(), b: b.created.clone() });
        }
        Ok(compared)
    }

    /// The figures that grew by more than a share, beyond what chance explains.
    pub fn regressions(&self, share: f64) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.ratio.low > 1.0 + share)
    }
}

fn pairs<'a>(
    a: &'a Report,
    b: &'a Report,
) -> impl Iterator<Item = (&'a StepReport, &'a StepReport)> {
    a.steps.iter().filter_map(|one| {
        let same = |other: &&StepReport| (other.rate / one.rate - 1.0).abs() < 1e-6;
        Some((one, b.steps.iter().find(same)?))
    })
}

/// The whole seconds of a step: the last one may be a part.
fn seconds(step: &StepReport) -> Result<&[Slice], LoadError> {
    let whole = &step.slices[..step.slices.len().saturating_sub(1)];
    if whole.len() < LEAST_SECONDS {
        let (seconds, least) = (whole.len(), LEAST_SECONDS + 1);
        return Err(LoadError::TooShort { seconds, rate: step.rate, least });
    }
    Ok(whole)
}

fn change(
    rate: f64,
    name: &'static str,
    figure: fn(&Slice) -> Option<f64>,
    before: &[Slice],
    after: &[Slice],
) -> Option<Change> {
    let values = |slices: &[Slice]| slices.iter().map(figure).collect::<Option<Vec<f64>>>();
    let (before, after) = (values(before)?, values(after)?);
    let (a, b) = (median(before.clone()), median(after.clone()));
    let mut rng = StdRng::seed_from_u64(0);
    let mut drawn = |values: &[f64]| {
        let draw = values.iter().map(|_| values[rng.random_range(0..values.len())]);
        median(draw.collect())
    };
    let mut ratios: Vec<f64> = (0..DRAWS).map(|_| drawn(&after) / drawn(&before)).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| ratios[(share * (DRAWS - 1) as f64) as usize];
    let ratio = Ratio { mean: b / a, low: at(0.025), high: at(0.975) };
    (a > 0.0).then_some(Change { rate, figure: name, a, b, ratio })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}
