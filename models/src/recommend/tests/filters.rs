//! Every strategy for a filter against scoring everything.

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::attributes::{FEATURES, Placement, features};
use crate::index::{IndexParams, ItemIndex};
use crate::kernel::dot;
use crate::recommend::SearchStrategy;

const N: usize = 4_000;
const DIM: usize = 16;
const CLUSTERS: usize = 20;

/// Items in clusters, each a category; a tag of every share, which has nothing to do with the
/// cluster; a few items sold out.
struct Market {
    world: World,
    tastes: Vec<Vec<f32>>,
}

const SHARES: [(&str, f64); 4] =
    [("half", 0.5), ("tenth", 0.1), ("hundredth", 0.01), ("few", 0.003)];

fn market() -> Market {
    market_with(|_| WeightedRows::default())
}

fn market_with(similar: impl Fn(&Factors) -> WeightedRows) -> Market {
    let mut rng = StdRng::seed_from_u64(3);
    let mut around = |centre: &[f32], spread: f32| -> Vec<f32> {
        centre.iter().map(|x| x + rng.random_range(-spread..spread)).collect()
    };
    let centres: Vec<_> = (0..CLUSTERS).map(|_| around(&[0.0; DIM], 1.0)).collect();
    let rows = (0..N).flat_map(|item| around(&centres[item % CLUSTERS], 0.5));
    let items = Factors::new(DIM, rows.collect::<Vec<_>>()).unwrap();
    let askers = (0..400).flat_map(|user| around(&centres[user % CLUSTERS], 0.5));
    let askers = Factors::new(DIM, askers.collect::<Vec<_>>()).unwrap();
    let tastes = (0..60).map(|user| around(&centres[user % CLUSTERS], 0.5)).collect();
    let params = IndexParams { exact_below: 0, head: 128, ..IndexParams::default() };
    let index = ItemIndex::build(&items, &askers, &params).unwrap();
    assert!(!index.is_exact());
    let names = (0..N).map(|item| format!("i{item}")).collect();
    let similar = similar(&items);
    let learned = Learned { item_factors: items, index, similar, ..Learned::default() };
    let ground = Ground { items: names, ..Ground::default() };
    let mut world = World::new(Arc::new(Model::new(learned, ground)));
    for item in 0..N {
        let tags = SHARES.iter().filter(|(_, share)| rng.random_bool(*share));
        world.put_item(Item {
            category: Some(format!("c{}", item % CLUSTERS)),
            tags: tags.map(|(name, _)| (*name).to_owned()).collect(),
            price: Some(item as f64),
            stock: (item % 50 == 7).then_some(0),
            ..Item::bare(&format!("i{item}"))
        });
    }
    Market { world, tastes }
}

impl Market {
    fn found(
        &self,
        taste: &[f32],
        filter: &Filter,
        search: Search,
    ) -> (Option<SearchStrategy>, Vec<u32>) {
        let asked = Query { limit: 10, filter: Some(filter.clone()), search, ..Query::default() };
        let found = self.world.nearest(taste, &asked, &mut Scratch::default()).unwrap();
        (found.strategy, found.items.into_iter().map(|(_, item)| item.0).collect())
    }

    /// The share of what scoring everything finds. A page is never shorter, and holds only what
    /// passes.
    fn recall(&self, filter: &Filter, search: Search) -> f64 {
        let (mut hits, mut all) = (0, 0);
        for taste in &self.tastes {
            let (_, truth) = self.found(taste, filter, Search::Exact);
            let (_, found) = self.found(taste, filter, search);
            assert_eq!(found.len(), truth.len(), "{filter:?} {search:?}");
            let condition = self.world.catalogue().condition(filter, N);
            assert!(found.iter().all(|&item| condition.holds(item)), "{filter:?} {search:?}");
            hits += truth.iter().filter(|item| found.contains(item)).count();
            all += truth.len();
        }
        hits as f64 / all as f64
    }
}

fn tag(name: &str) -> Filter {
    Filter::TagsAny(vec![name.to_owned()])
}

#[test]
fn at_every_width_the_planner_finds_what_scoring_everything_finds() {
    let market = market();
    let category = Filter::Category("c3".to_owned());
    let not = Filter::Not(Box::new(category.clone()));
    for filter in SHARES.map(|(name, _)| tag(name)).into_iter().chain([category, not]) {
        let recall = market.recall(&filter, Search::Index { ef: None });
        assert!(recall >= 0.95, "{filter:?}: {recall}");
    }
}

/// Ten items like an item.
fn like(world: &World, anchor: usize, filter: Option<&Filter>, search: Search) -> Vec<u32> {
    let (about, filter) = (About::Item(format!("i{anchor}")), filter.cloned());
    let scenario = Scenario::SIMILAR_ITEMS;
    let asked = Query { scenario, about, filter, search, limit: 10, ..Query::default() };
    let answer = world.recommend(&asked, &mut Scratch::default()).unwrap();
    answer.items.into_iter().map(|one| one.id.0).collect()
}

/// The share of the true ten that `similar-items` finds. A page is never shorter, and holds only
/// what passes.
fn recall_of_similar(world: &World, filter: Option<&Filter>) -> f64 {
    let (mut hits, mut all) = (0, 0);
    for anchor in (0..N).step_by(97) {
        let page = |search| like(world, anchor, filter, search);
        let (truth, found) = (page(Search::Exact), page(Search::Index { ef: None }));
        let passes = |item: &u32| {
            filter.is_none_or(|filter| world.catalogue().condition(filter, N).holds(*item))
        };
        assert!(found.iter().all(passes) && !found.contains(&(anchor as u32)), "{filter:?}");
        assert_eq!(found.len(), truth.len(), "{filter:?}");
        hits += truth.iter().filter(|item| found.contains(item)).count();
        all += truth.len();
    }
    f64::from(hits as u32) / f64::from(all as u32)
}

/// For each item the 32 of largest cosine.
fn lists(items: &Factors) -> WeightedRows {
    let cosine = |a: &[f32], b: &[f32]| dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    let list = |item: u32| {
        let row = |item: u32| items.row(item as usize).unwrap();
        let others = (0..N as u32).filter(|&other| other != item);
        let mut all: Vec<_> = others.map(|other| (other, cosine(row(item), row(other)))).collect();
        all.select_nth_unstable_by(32, |a, b| b.1.total_cmp(&a.1));
        all.truncate(32);
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all
    };
    WeightedRows::from_rows(&(0..N as u32).map(list).collect::<Vec<_>>())
}

#[test]
fn similar_items_are_found_at_every_width() {
    let Market { world, .. } = market_with(lists);
    let far = Filter::Category("c3".to_owned());
    let most = Filter::Not(Box::new(far.clone()));
    for filter in SHARES.map(|(name, _)| tag(name)).into_iter().chain([far, most]) {
        let recall = recall_of_similar(&world, Some(&filter));
        assert!(recall >= 0.95, "{filter:?}: {recall}");
    }
    assert!(recall_of_similar(&world, None) >= 0.98);
}

#[test]
fn newcomers_are_among_similar_items_behind_filters() {
    let Market { world, .. } = market_with(lists);
    let fresh = Item { tags: vec!["half".to_owned()], ..Item::bare("fresh") };
    let mut map = vec![0.0; FEATURES * DIM];
    for (feature, value) in features(&fresh) {
        map[feature as usize * DIM] = value;
    }
    let placement = Some(Placement::new(Factors::new(DIM, map).unwrap()).unwrap());
    let mut model = Model::clone(world.model());
    model.learned.placement = placement;
    let mut world = World::new(Arc::new(model));
    for item in (0..N).filter(|item| item % 2 == 0) {
        let tags = vec!["half".to_owned()];
        world.put_item(Item { tags, ..Item::bare(&format!("i{item}")) });
    }
    world.put_item(fresh);
    let half = tag("half");
    let has =
        |anchor: &usize, search| like(&world, *anchor, Some(&half), search).contains(&(N as u32));
    let near: Vec<usize> = (0..N).filter(|anchor| has(anchor, Search::Exact)).collect();
    assert!(world.newcomers() == 1 && !near.is_empty());
    assert!(near.iter().all(|anchor| has(anchor, Search::Index { ef: None })));
}

#[test]
fn where_lists_lead_nowhere_everything_that_may_be_shown_is_looked_through() {
    let pairs = |items: &Factors| {
        let pair = |item: u32| vec![(item ^ 1, 1.0)];
        WeightedRows::from_rows(&(0..items.rows() as u32).map(pair).collect::<Vec<_>>())
    };
    let Market { world, .. } = market_with(pairs);
    for filter in [None, Some(tag("half"))] {
        let recall = recall_of_similar(&world, filter.as_ref());
        assert!(recall >= 0.98, "{filter:?}: {recall}");
    }
}

#[test]
fn without_lists_of_similar_items_filters_are_obeyed_all_the_same() {
    let market = market();
    for name in ["half", "tenth", "few"] {
        let recall = recall_of_similar(&market.world, Some(&tag(name)));
        assert!(recall >= 0.5, "{name}: {recall}");
    }
}

#[test]
fn each_plan_fills_the_page() {
    let market = market();
    for strategy in SearchStrategy::ALL {
        for name in ["half", "tenth", "few"] {
            let recall = market.recall(&tag(name), Search::By { strategy, ef: None });
            assert!(
                recall >= if strategy == SearchStrategy::Scan { 1.0 } else { 0.85 },
                "{strategy:?}: {recall}"
            );
        }
    }
}

#[test]
fn few_are_scanned_and_most_are_searched_for_widely() {
    let market = market();
    let most = Filter::Not(Box::new(Filter::Category("c3".to_owned())));
    let strategy =
        |filter: &Filter, ef| market.found(&market.tastes[0], filter, Search::Index { ef }).0;
    assert_eq!(strategy(&tag("few"), None), Some(SearchStrategy::Scan));
    assert_eq!(strategy(&most, Some(16)), Some(SearchStrategy::Wide));
}

/// Filters whose matches are far apart, close together, many, few or none.
fn filter() -> impl Strategy<Value = Filter> {
    let leaf = prop_oneof![
        prop::sample::select(SHARES.map(|(name, _)| tag(name)).to_vec()),
        (0..CLUSTERS + 2).prop_map(|cluster| Filter::Category(format!("c{cluster}"))),
        (0.0..5_000.0, 0.0..900.0).prop_map(|(from, wide): (f64, f64)| {
            Filter::Price(crate::filter::Range {
                gte: Some(from),
                lt: Some(from + wide),
                ..Default::default()
            })
        }),
        any::<bool>().prop_map(Filter::Available),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Filter::All),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Filter::Any),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
}

#[test]
fn a_page_is_full_while_matches_exist() {
    let market = market();
    proptest!(ProptestConfig::with_cases(150), |(filter in filter(), user in 0..60_usize)| {
        let matching = market.world.catalogue().condition(&filter, N).set();
        for search in [Search::Index { ef: None }, Search::Exact] {
            let (_, found) = market.found(&market.tastes[user], &filter, search);
            prop_assert_eq!(found.len() as u64, matching.len().min(10));
            prop_assert!(found.iter().all(|&item| matching.contains(item)));
        }
    });
}
