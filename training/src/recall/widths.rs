//! Filters that pass a given share of a catalogue, made from the catalogue's own values.

use std::collections::BTreeMap;

use guanxi_models::filter::{Filter, Range};
use guanxi_models::record::Item;
use guanxi_models::{ItemIdx, World};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// The shares to find filters for.
pub const WIDTHS: [f64; 4] = [0.5, 0.1, 0.01, 0.001];

/// The number of price ranges drawn per share.
const RANGES: usize = 20;

/// The largest factor by which a filter's share may differ from the target share.
const NEAR: f64 = 2.0;

/// Filters of about the same share.
#[derive(Clone, Debug, PartialEq)]
pub struct Width {
    /// The filters' condition; `None` if there is no filter.
    pub name: Option<String>,
    /// The filters, used in turn.
    pub filters: Vec<Option<Filter>>,
}

impl Width {
    fn new(kind: &str, width: f64, filters: Vec<Filter>) -> Self {
        let name = format!("{kind} ({} %)", 100.0 * width);
        Self { name: Some(name), filters: filters.into_iter().map(Some).collect() }
    }

    /// The mean share of all items that pass the filters.
    pub(super) fn share(&self, world: &World) -> f64 {
        let items = world.counts().items;
        let passing = |filter: &Filter| world.catalogue().condition(filter, items).set().len();
        let counts =
            self.filters.iter().map(|filter| filter.as_ref().map_or(items as u64, passing));
        counts.sum::<u64>() as f64 / (self.filters.len() * items).max(1) as f64
    }
}

/// For each share, the nearest category, tag or merchant, and price ranges.
pub(super) fn of(world: &World, seed: u64) -> Vec<Width> {
    let known: Vec<&Item> = (0..world.counts().items as u32)
        .filter_map(|item| Some(&**world.item_at(ItemIdx(item))?))
        .collect();
    let listed: Vec<&Item> = known.into_iter().filter(|item| item.is_listed()).collect();
    let (named, prices) = (named(&listed), prices(&listed));
    let items = world.counts().items as f64;
    let mut rng = StdRng::seed_from_u64(seed);
    let mut widths = Vec::new();
    for width in WIDTHS {
        widths.extend(
            nearest(&named, width * items).map(|filter| Width::new("set", width, vec![filter])),
        );
        widths.extend(
            ranges(&prices, (width * items) as usize, &mut rng)
                .map(|filters| Width::new("price", width, filters)),
        );
    }
    widths
}

/// The number of items per category, tag and merchant. A category includes its subcategories.
fn named(items: &[&Item]) -> Vec<(Filter, usize)> {
    let mut categories: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut tags, mut merchants) = (categories.clone(), categories.clone());
    for item in items {
        for path in item.category.iter().flat_map(|path| with_ancestors(path)) {
            *categories.entry(path).or_default() += 1;
        }
        item.tags.iter().for_each(|tag| *tags.entry(tag).or_default() += 1);
        item.merchant.iter().for_each(|name| *merchants.entry(name).or_default() += 1);
    }
    filters(categories, Filter::Category)
        .chain(filters(tags, |tag| Filter::TagsAny(vec![tag])))
        .chain(filters(merchants, |name| Filter::Merchant(vec![name])))
        .collect()
}

fn filters(
    counts: BTreeMap<&str, usize>,
    filter: fn(String) -> Filter,
) -> impl Iterator<Item = (Filter, usize)> {
    counts.into_iter().map(move |(name, count)| (filter(name.to_owned()), count))
}

fn with_ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::once(path).chain(path.match_indices('/').map(|(at, _)| &path[..at]))
}

fn nearest(named: &[(Filter, usize)], count: f64) -> Option<Filter> {
    let off = |found: usize| (found as f64 / count).ln().abs();
    let best = named.iter().min_by(|a, b| off(a.1).total_cmp(&off(b.1)))?;
    (off(best.1) <= NEAR.ln()).then(|| best.0.clone())
}

/// The known prices, ascending.
fn prices(items: &[&Item]) -> Vec<f64> {
    let mut prices: Vec<f64> = items.iter().filter_map(|item| item.price).collect();
    prices.sort_unstable_by(f64::total_cmp);
    prices
}

/// Random price ranges that hold `count` items each; `None` if there are too few items.
fn ranges(prices: &[f64], count: usize, rng: &mut StdRng) -> Option<Vec<Filter>> {
    let starts = prices.len().checked_sub(count.max(1))?;
    let range = |_| {
        let start = rng.random_range(0..=starts);
        let (gte, lte) = (Some(prices[start]), Some(prices[start + count.max(1) - 1]));
        Filter::Price(Range { gte, lte, ..Range::default() })
    };
    Some((0..RANGES).map(range).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use guanxi_models::Model;

    use super::*;

    #[test]
    fn a_filter_of_each_share_is_found_where_the_catalogue_has_one() {
        let mut world = World::new(Arc::new(Model::empty()));
        for item in 0..2_000 {
            world.put_item(Item {
                category: Some(format!("all/{}", if item % 10 == 3 { "tenth" } else { "rest" })),
                tags: if item % 100 == 5 { vec!["hundredth".to_owned()] } else { Vec::new() },
                price: Some(f64::from(item)),
                ..Item::bare(&format!("i{item}"))
            });
        }
        let widths = of(&world, 1);
        let names: Vec<&str> = widths.iter().filter_map(|width| width.name.as_deref()).collect();
        let expected = [
            "set (50 %)",
            "price (50 %)",
            "set (10 %)",
            "price (10 %)",
            "set (1 %)",
            "price (1 %)",
            "price (0.1 %)",
        ];
        assert_eq!(names, expected);
        for width in &widths[1..] {
            let wanted: f64 =
                width.name.as_deref().unwrap().split(['(', ' ']).nth(2).unwrap().parse().unwrap();
            assert!((width.share(&world) * 100.0 / wanted - 1.0).abs() < 0.01, "{width:?}");
        }
        assert!(of(&World::new(Arc::new(Model::empty())), 1).is_empty());
    }
}
