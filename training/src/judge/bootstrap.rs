//! Confidence intervals of figures by the percentile bootstrap over users (Efron and Tibshirani
//! 1993, chapter 13).
//!
//! Each resample draws as many users as there are, with replacement. The spread of a figure over
//! 1,000 resamples estimates its spread over other users of the same kind. All systems are
//! evaluated on the same resamples, so the difference of two systems has its own interval (the
//! paired bootstrap). That interval is far narrower than the two separate intervals suggest.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::data::draw::mix;
use crate::judge::figures::{FIGURES, Figures, Marks};

/// The number of resamples.
pub const RESAMPLES: usize = 1_000;

/// The share of resamples outside an interval, half of it on each side.
const LEFT_OUT: f64 = 0.05;

/// A mean and its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The mean over the actual users.
    pub mean: f64,
    /// The lower bound: 2.5 % of the resamples are below.
    pub low: f64,
    /// The upper bound: 2.5 % of the resamples are above.
    pub high: f64,
}

impl Interval {
    /// Half of the interval's width.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// True if the interval excludes 0: chance does not explain the difference.
    pub fn is_beyond_noise(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// The means of several systems over the same resamples of users.
#[derive(Debug)]
pub struct Bootstrap {
    /// The first row covers the actual users, the others one resample each: `1 + RESAMPLES` rows of
    /// `systems x FIGURES`.
    means: Vec<Vec<f64>>,
}

impl Bootstrap {
    /// Draws the resamples. `systems` holds the marks of each system for the same users in the same
    /// order. O([`RESAMPLES`] x users x systems).
    ///
    /// Each resample has its own seed, so the number of threads doesn't matter.
    pub fn new(systems: &[&[Marks]], seed: u64) -> Self {
        let users = systems.first().map_or(0, |marks| marks.len());
        assert!(systems.iter().all(|marks| marks.len() == users), "all are of the same users");
        let width = systems.len() * FIGURES;
        let table = beside_each_other(systems, users);
        let draw = |draw: usize| {
            let mut rng = StdRng::seed_from_u64(mix(seed, draw as u32, 0));
            mean(&table, width, users, |_| rng.random_range(0..users))
        };
        let as_it_is = mean(&table, width, users, |at| at);
        let draws: Vec<_> = (0..RESAMPLES).into_par_iter().map(draw).collect();
        Self { means: std::iter::once(as_it_is).chain(draws).collect() }
    }

    /// The figures of a system.
    pub fn figures(&self, system: usize) -> Figures<Interval> {
        Figures::from_fn(|figure| self.interval(|means| means[system * FIGURES + figure]))
    }

    /// The figures of `one` minus those of `other`.
    pub fn difference(&self, one: usize, other: usize) -> Figures<Interval> {
        let at = |system: usize, figure| system * FIGURES + figure;
        Figures::from_fn(|figure| {
            self.interval(|means| means[at(one, figure)] - means[at(other, figure)])
        })
    }

    fn interval(&self, value: impl Fn(&[f64]) -> f64) -> Interval {
        let mut values: Vec<f64> = self.means.iter().map(|means| value(means)).collect();
        let mean = values.remove(0);
        values.sort_unstable_by(f64::total_cmp);
        let at = |share| quantile(&values, share);
        Interval { mean, low: at(LEFT_OUT / 2.0), high: at(1.0 - LEFT_OUT / 2.0) }
    }
}

/// The marks of all systems, one row per user.
fn beside_each_other(systems: &[&[Marks]], users: usize) -> Vec<f32> {
    let row = |user: usize| systems.iter().flat_map(move |marks| marks[user].to_array());
    (0..users).flat_map(row).collect()
}

/// The mean of the rows that `pick` returns, one pick per user; all 0 without users.
fn mean(
    table: &[f32],
    width: usize,
    users: usize,
    mut pick: impl FnMut(usize) -> usize,
) -> Vec<f64> {
    let mut sums = vec![0.0_f64; width];
    for at in 0..users {
        let row = pick(at) * width;
        let row = &table[row..row + width];
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let n = users.max(1) as f64;
    sums.into_iter().map(|sum| sum / n).collect()
}

/// The quantile of ascending values, interpolated linearly between the two nearest.
fn quantile(ascending: &[f64], share: f64) -> f64 {
    let place = share * (ascending.len() - 1) as f64;
    let (below, above) = (ascending[place.floor() as usize], ascending[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks with the value `value(user)` in every figure.
    fn marks(users: usize, value: impl Fn(usize) -> f32) -> Vec<Marks> {
        (0..users).map(|user| Figures::from_fn(|_| value(user))).collect()
    }

    /// Values spread without pattern, with a standard deviation of 1 / sqrt(12).
    fn spread(user: usize) -> f32 {
        crate::data::draw::uniform(5, user as u32, 0) as f32
    }

    #[test]
    fn the_interval_is_as_wide_as_the_central_limit_theorem_says() {
        let users = 3_000;
        let interval = Bootstrap::new(&[&marks(users, spread)], 1).figures(0).ndcg_at_20;
        let expected = 1.96 / (12.0 * users as f64).sqrt();
        assert!((interval.half_width() / expected - 1.0).abs() < 0.1, "{interval:?}");
        assert!(interval.low < interval.mean && interval.mean < interval.high);
    }

    #[test]
    fn a_small_difference_that_every_user_has_is_beyond_noise() {
        let (one, other) = (marks(300, |user| spread(user) + 0.01), marks(300, spread));
        let bootstrap = Bootstrap::new(&[&one, &other], 1);
        let difference = bootstrap.difference(0, 1).recall_at_10;
        assert!(difference.is_beyond_noise() && difference.half_width() < 1e-6);
        assert!(bootstrap.figures(0).recall_at_10.low < bootstrap.figures(1).recall_at_10.mean);
    }

    #[test]
    fn users_of_their_own_mind_make_a_difference_uncertain() {
        let other = marks(100, |user| spread(user + 1_000));
        let bootstrap = Bootstrap::new(&[&marks(100, spread), &other], 1);
        assert!(!bootstrap.difference(0, 1).recall_at_20.is_beyond_noise());
    }

    #[test]
    fn the_seed_decides_and_the_number_of_threads_does_not() {
        let marks = marks(200, spread);
        let with = |threads, seed| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Bootstrap::new(&[&marks], seed).figures(0))
        };
        assert_eq!(with(1, 1), with(3, 1));
        assert_ne!(with(1, 1), with(1, 2));
    }

    #[test]
    fn nobody_gives_0_and_one_user_no_width() {
        assert_eq!(Bootstrap::new(&[&[]], 1).figures(0), Figures::default());
        let one = Bootstrap::new(&[&marks(1, |_| 0.5)], 1).figures(0).ndcg_at_10;
        assert_eq!(one, Interval { mean: 0.5, low: 0.5, high: 0.5 });
    }
}
