//! Recall of the index: the same queries, answered by search and by exhaustive scoring.

mod widths;

use guanxi_models::filter::Filter;
use guanxi_models::recommend::Scratch;
use guanxi_models::recommend::scenario::Input;
use guanxi_models::{About, ItemIdx, Query, QueryError, Scenario, Search, World};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::index::sample;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::data::draw::mix;
use crate::judge::bootstrap::Interval;
pub use widths::{WIDTHS, Width};

/// The list length that is compared.
pub const K: usize = 10;

/// The scenarios whose lists come from an index search.
fn scenarios() -> impl Iterator<Item = Scenario> {
    Scenario::ALL.iter().copied().filter(|scenario| scenario.spec().is_searched)
}

/// The queries of a recall measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecallSampling {
    /// The number of queries of each kind.
    pub queries: usize,
    /// The seed that draws them.
    pub seed: u64,
    /// The number of candidates that a search keeps. `None` uses the effort that the index was
    /// calibrated to.
    pub ef: Option<usize>,
}

/// The recall of one scenario with filters of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecallRow {
    /// The scenario.
    pub scenario: String,
    /// The filter's condition; `None` if there is no filter.
    pub filter: Option<String>,
    /// The mean share of all items that pass the filter.
    pub share: f64,
    /// The number of queries.
    pub queries: usize,
    /// The share of the exact top 10 that is found: the mean over queries, with its 95 % interval.
    pub recall: Interval,
    /// The number of lists that are shorter than they could be.
    pub short: usize,
}

/// Measures every kind of query. O(queries x items x dim) per row, because each answer is also
/// found by scoring every item.
pub fn measure(world: &World, sampling: RecallSampling) -> Result<Vec<RecallRow>, QueryError> {
    let all = Width { name: None, filters: vec![None] };
    let widths: Vec<Width> = std::iter::once(all).chain(widths::of(world, sampling.seed)).collect();
    let kinds = scenarios().flat_map(|scenario| widths.iter().map(move |width| (scenario, width)));
    kinds.map(|(scenario, width)| row(world, sampling, scenario, width)).collect()
}

fn row(
    world: &World,
    sampling: RecallSampling,
    scenario: Scenario,
    width: &Width,
) -> Result<RecallRow, QueryError> {
    let queries = queries(world, sampling, scenario, width);
    let both = |scratch: &mut Scratch, query: &Query| {
        let found = items(world, query, scratch)?;
        let exact = Query { search: Search::Exact, ..query.clone() };
        Ok(overlap(&items(world, &exact, scratch)?, &found))
    };
    let overlaps: Vec<Overlap> =
        queries.par_iter().map_init(Scratch::default, both).collect::<Result<_, QueryError>>()?;
    let shares: Vec<f64> = overlaps.iter().filter_map(|overlap| overlap.share).collect();
    Ok(RecallRow {
        scenario: scenario.name().to_owned(),
        filter: width.name.clone(),
        share: width.share(world),
        queries: shares.len(),
        recall: interval(&shares),
        short: overlaps.iter().filter(|overlap| overlap.is_short).count(),
    })
}

/// Draws users and items without replacement; filters take turns.
fn queries(
    world: &World,
    sampling: RecallSampling,
    scenario: Scenario,
    width: &Width,
) -> Vec<Query> {
    let RecallSampling { queries, seed, ef } = sampling;
    let is_of_item = scenario.spec().requires(Input::Item);
    let names =
        if is_of_item { trained(world) } else { (0..world.counts().users as u32).collect() };
    let mut rng = StdRng::seed_from_u64(mix(seed, scenario.place() as u32, 0));
    let drawn = sample(&mut rng, names.len(), queries.min(names.len()));
    let filters = width.filters.iter().cycle();
    let query = |(at, filter): (usize, &Option<Filter>)| {
        let name = names[at];
        let id = if is_of_item { world.item_ids().name(name) } else { world.user_ids().name(name) };
        let id = id.map(std::string::ToString::to_string);
        let (about, user) = match id {
            Some(item) if is_of_item => (About::Item(item), None),
            user => (About::Nothing, user),
        };
        let filter = filter.clone();
        Query {
            scenario,
            user,
            about,
            filter,
            limit: K,
            search: Search::Index { ef },
            ..Query::default()
        }
    };
    drawn.into_iter().zip(filters).map(query).collect()
}

/// The items that have a nonzero row.
fn trained(world: &World) -> Vec<u32> {
    let has_direction = |item: &u32| {
        let row = world.model().learned.item_factors.row(*item as usize);
        row.is_some_and(|row| row.iter().any(|value| *value != 0.0))
    };
    (0..world.counts().items as u32).filter(has_direction).collect()
}

fn items(world: &World, query: &Query, scratch: &mut Scratch) -> Result<Vec<ItemIdx>, QueryError> {
    Ok(world.recommend(query, scratch)?.items.into_iter().map(|one| one.id).collect())
}

struct Overlap {
    /// `None` if there is nothing to find.
    share: Option<f64>,
    is_short: bool,
}

fn overlap(exact: &[ItemIdx], found: &[ItemIdx]) -> Overlap {
    let hits = exact.iter().filter(|item| found.contains(item)).count();
    let share = (!exact.is_empty()).then(|| hits as f64 / exact.len() as f64);
    Overlap { share, is_short: found.len() < exact.len() }
}

/// The interval of the mean, by the normal approximation.
fn interval(shares: &[f64]) -> Interval {
    /// The number of standard deviations that contain 95 % of a normal distribution.
    const DEVIATIONS: f64 = 1.96;
    let n = shares.len().max(1) as f64;
    let mean = shares.iter().sum::<f64>() / n;
    let squares = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>();
    let half = DEVIATIONS * (squares / (n - 1.0).max(1.0) / n).sqrt();
    Interval { mean, low: (mean - half).max(0.0), high: (mean + half).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_counts_against_the_true_list() {
        let ids = |numbers: &[u32]| numbers.iter().copied().map(ItemIdx).collect::<Vec<_>>();
        let some = overlap(&ids(&[1, 2, 3, 4]), &ids(&[4, 9, 1]));
        assert_eq!((some.share, some.is_short), (Some(0.5), true));
        assert_eq!(overlap(&[], &[]).share, None);
    }

    #[test]
    fn an_interval_is_as_wide_as_the_shares_differ() {
        let same = interval(&[0.9; 50]);
        assert!((same.mean - 0.9).abs() < 1e-12 && same.half_width() < 1e-9);
        let half: Vec<f64> = (0..100).map(|at| f64::from(at % 2)).collect();
        assert!((interval(&half).half_width() - 0.0985).abs() < 1e-3);
    }
}
