//! The graph search compared with the exhaustive scan.

mod islands;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;
use crate::column::{Column, WeightedRows};
use crate::index::exact::by_score;
use crate::kernel::dot;

const DIM: usize = 32;

/// Items in clusters, with lengths that vary like those of popular and rare items, and users near
/// mixtures of clusters.
struct World {
    items: Factors,
    /// The querying users, and similar ones that the builder may know.
    users: Vec<Vec<f32>>,
    askers: Factors,
}

fn world(n_items: usize, seed: u64) -> World {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut vector = |centre: &[f32], spread: f32, length: f32| -> Vec<f32> {
        let mut noise = || (0..4).map(|_| rng.random_range(-1.0..1.0_f32)).sum::<f32>() * spread;
        centre.iter().map(|x| (x + noise()) * length).collect()
    };
    let centres: Vec<Vec<f32>> = (0..60).map(|_| vector(&[0.0; DIM], 1.0, 1.0)).collect();
    let length = |i: usize| 0.3 + 1.0 / (1.0 + (i * 7919 % 1000) as f32 / 60.0);
    let items = (0..n_items).flat_map(|i| vector(&centres[i * 31 % 60], 0.4, length(i)));
    let items = Factors::new(DIM, items.collect::<Vec<_>>()).unwrap();
    let mix = |a: &[f32], b: &[f32]| -> Vec<f32> { a.iter().zip(b).map(|(a, b)| a + b).collect() };
    let mut user = |u: usize| vector(&mix(&centres[u % 60], &centres[u * 7 % 59]), 0.3, 1.0);
    let users = (0..200).map(&mut user).collect();
    let askers = Factors::new(DIM, (200..600).flat_map(user).collect::<Vec<_>>()).unwrap();
    World { items, users, askers }
}

fn always(_: u32) -> bool {
    true
}

/// The share of the exact top 10 that the index finds.
fn recall<'a>(
    index: &ItemIndex,
    items: &Factors,
    queries: impl Iterator<Item = &'a [f32]>,
    accept: &dyn Fn(u32) -> bool,
) -> f64 {
    let (mut hits, mut all) = (0, 0);
    let mut scratch = SearchScratch::default();
    for query in queries {
        let exact = exact_top(items, query, 10, accept);
        let found = index.search(items, query, 10, 128, accept, &mut scratch);
        assert!(found.is_sorted_by(|a, b| a.0 > b.0 || (a.0 >= b.0 && a.1 < b.1)));
        assert!(found.iter().all(|&(score, item)| {
            accept(item)
                && score.to_bits() == dot(query, items.row(item as usize).unwrap()).to_bits()
        }));
        hits += exact.iter().filter(|entry| found.contains(entry)).count();
        all += exact.len();
    }
    f64::from(hits as u32) / f64::from(all as u32)
}

#[test]
fn the_graph_finds_what_the_scan_finds() {
    let world = world(12_000, 1);
    let index = ItemIndex::build(&world.items, &world.askers, &IndexParams::default()).unwrap();
    assert!(!index.is_exact());
    let items = (0..200).map(|i| world.items.row(i * 53).unwrap());
    let users = || world.users.iter().map(Vec::as_slice);
    let of_items = recall(&index, &world.items, items, &always);
    let of_users = recall(&index, &world.items, users(), &always);
    let of_a_third = recall(&index, &world.items, users(), &|item| item % 3 == 0);
    let of_few = recall(&index, &world.items, users(), &|item| item % 500 == 0);
    println!("recall@10: items {of_items}, users {of_users}, a third {of_a_third}, few {of_few}");
    assert!(of_items >= 0.95 && of_users >= 0.95, "{of_items} {of_users}");
    assert!(of_a_third >= 0.95 && of_few >= 0.95, "{of_a_third} {of_few}");
}

/// A graph over so few items that they would normally be scanned.
fn small(items: &Factors) -> ItemIndex {
    let params = IndexParams { exact_below: 0, m: 8, head: 64, ..Default::default() };
    ItemIndex::build(items, &Factors::empty(), &params).unwrap()
}

#[test]
fn the_same_items_give_the_same_graph() {
    let items = world(1500, 2).items;
    let (a, b) = (small(&items), small(&items));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let c = pool.install(|| small(&items));
    for other in [b, c] {
        assert_eq!(a.columns().links, other.columns().links);
        assert_eq!(a.columns().items, other.columns().items);
        assert_eq!(a.columns().codes, other.columns().codes);
        assert_eq!(a.ef(), other.ef());
    }
}

#[test]
fn columns_come_back_as_the_index_that_they_were() {
    let world = world(1500, 3);
    let index = small(&world.items);
    let again = ItemIndex::from_columns(index.columns().clone()).unwrap();
    let search = |index: &ItemIndex| {
        let mut scratch = SearchScratch::default();
        index.search(&world.items, &world.users[0], 10, 64, &always, &mut scratch)
    };
    assert_eq!(search(&index), search(&again));
    assert!(ItemIndex::from_columns(IndexColumns::default()).unwrap().is_exact());
}

#[test]
fn hostile_columns_are_refused() {
    let columns = small(&world(1500, 3).items).columns().clone();
    let refused = |break_it: &dyn Fn(&mut IndexColumns)| {
        let mut columns = columns.clone();
        break_it(&mut columns);
        ItemIndex::from_columns(columns).unwrap_err()
    };
    let with = |column: &Column<u32>, at: usize, value: u32| -> Column<u32> {
        let mut values = column.to_vec();
        values[at] = value;
        values.into()
    };
    let wrong = |column, at, target| IndexError::Target { column, at, target };
    let ragged = |column, values| IndexError::Ragged { column, values };
    assert_eq!(refused(&|c| c.width = 2), IndexError::Links { m: 1 });
    assert_eq!(refused(&|c| c.width = 130), IndexError::Links { m: 65 });
    assert_eq!(refused(&|c| c.head = 17), ragged("head", 17));
    assert_eq!(refused(&|c| c.head = 0), ragged("head", 0));
    assert_eq!(refused(&|c| c.head = 1600), ragged("head", 1600));
    let last = columns.items.iter().position(|&item| item == 1499).unwrap();
    assert_eq!(refused(&|c| c.rows = 1499), wrong("items", last, 1499));
    assert_eq!(refused(&|c| c.links = with(&c.links, 5, 1500)), wrong("links", 5, 1500));
    assert_eq!(refused(&|c| c.items = with(&c.items, 7, 1500)), wrong("items", 7, 1500));
    let first = columns.items[0];
    assert_eq!(refused(&|c| c.items = with(&c.items, 7, first)), wrong("items", 7, first));
    let links = columns.links.len() - 1;
    let error = refused(&|c| c.links = c.links[..links].to_vec().into());
    assert_eq!(error, ragged("links", links));
    let codes = columns.codes.len() - 1;
    let error = refused(&|c| c.codes = c.codes[..codes].to_vec().into());
    assert_eq!(error, ragged("codes", codes));
    assert_eq!(refused(&|c| c.scales = Vec::new().into()), ragged("scales", 0));
    assert_eq!(refused(&|c| c.scales = vec![1.0; 20].into()), ragged("scales", 20));
}

#[test]
fn a_gap_among_links_ends_them() {
    let world = world(1500, 3);
    let mut columns = small(&world.items).columns().clone();
    let mut links = columns.links.to_vec();
    links.iter_mut().step_by(16).for_each(|link| *link = NO_LINK);
    columns.links = links.into();
    let index = ItemIndex::from_columns(columns).unwrap();
    let mut scratch = SearchScratch::default();
    let found = index.search(&world.items, &world.users[0], 10, 64, &always, &mut scratch);
    assert_eq!(found.len(), 10);
}

/// Asserts that a search over every item of a small table finds the expected ones, with and without
/// a graph.
fn finds_all(items: &Factors, expected: &[u32]) {
    let query = [1.0; DIM];
    for index in [ItemIndex::default(), small(items)] {
        let mut scratch = SearchScratch::default();
        let found = index.search(items, &query, 5, 16, &always, &mut scratch);
        assert_eq!(found.iter().map(|entry| entry.1).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn no_items_one_item_and_zeros_alone_are_no_trouble() {
    finds_all(&Factors::new(DIM, vec![]).unwrap(), &[]);
    finds_all(&Factors::new(DIM, vec![0.5; DIM]).unwrap(), &[0]);
    finds_all(&Factors::new(DIM, vec![0.0; DIM * 3]).unwrap(), &[0, 1, 2]);
    finds_all(&Factors::empty(), &[]);
}

#[test]
fn zero_rows_are_not_in_the_graph() {
    let mut values = world(400, 4).items.values().to_vec();
    values[7 * DIM..9 * DIM].fill(0.0);
    let index = small(&Factors::new(DIM, values).unwrap());
    assert_eq!(index.columns().nodes(), 398);
    assert!(index.columns().items.iter().all(|item| *item != 7 && *item != 8));
}

#[test]
fn links_lead_to_nobody_whom_every_search_looks_at_anyway() {
    let index = small(&world(1500, 9).items);
    let columns = index.columns();
    assert_eq!(columns.head, 64);
    assert!(columns.links.iter().all(|&link| link >= 64));
    let filled = columns.links.iter().filter(|link| **link != NO_LINK).count();
    assert!(filled > columns.links.len() / 2);
}

#[test]
fn effort_is_measured_and_a_graph_that_finds_too_little_is_not_used() {
    let world = world(1500, 10);
    let landmark_of = 0;
    let params = IndexParams { exact_below: 0, m: 8, head: 64, landmark_of, ..Default::default() };
    let index = |recall, m, trees| {
        let params = IndexParams { recall, m, trees, refinements: trees, ..params };
        ItemIndex::build(&world.items, &world.askers, &params).unwrap()
    };
    let (much, little) = (index(0.999, 8, 3), index(0.2, 8, 3));
    assert!(much.ef() > little.ef() && little.ef() == 16, "{} {}", much.ef(), little.ef());
    assert!(much.columns().recall >= 0.999, "{}", much.columns().recall);
    // Without a tree, a node's only candidates are those that share an asker.
    assert!(index(0.99, 2, 0).is_exact());
}

#[test]
fn items_judge_where_fewer_than_two_ask() {
    let world = world(1500, 12);
    let params = IndexParams { exact_below: 0, ..Default::default() };
    let nobody = Factors::empty();
    let one = Factors::new(DIM, world.askers.row(0).unwrap().to_vec()).unwrap();
    for askers in [nobody, one] {
        let index = ItemIndex::build(&world.items, &askers, &params).unwrap();
        assert!(index.columns().recall >= params.recall, "{}", index.columns().recall);
    }
}

#[test]
fn a_head_of_none_is_the_smallest_there_is() {
    let world = world(1500, 11);
    let params = IndexParams { exact_below: 0, head: 0, ..Default::default() };
    let index = ItemIndex::build(&world.items, &world.askers, &params).unwrap();
    assert_eq!(index.columns().head as usize, PANEL);
    assert!(!ItemIndex::from_columns(index.columns().clone()).unwrap().is_exact());
}

#[test]
fn equal_vectors_are_told_apart_by_number_alone() {
    let items = Factors::new(DIM, vec![0.25; DIM * 700]).unwrap();
    let index = small(&items);
    let found = index.search(&items, &[1.0; DIM], 40, 40, &always, &mut SearchScratch::default());
    assert_eq!(found.len(), 40);
    assert!(found.is_sorted_by(|a, b| a.1 < b.1));
    let exact = exact_top(&items, &[1.0; DIM], 40, &always);
    assert!(exact.iter().map(|entry| entry.1).eq(0..40));
}

#[test]
fn a_page_is_short_only_where_there_is_no_more() {
    let world = world(1500, 5);
    let index = small(&world.items);
    let mut scratch = SearchScratch::default();
    for (step, k, expected) in
        [(1, 2000, 1500), (100, 10, 10), (300, 10, 5), (2000, 3, 1), (1, 0, 0)]
    {
        let accept = |item: u32| item.is_multiple_of(step);
        let found = index.search(&world.items, &world.users[1], k, 10, &accept, &mut scratch);
        assert_eq!(found.len(), expected, "every {step}th of which {k}");
        let exact = exact_top(&world.items, &world.users[1], k, &accept);
        assert_eq!(exact.len(), expected);
    }
}

#[test]
fn other_factors_than_those_of_the_index_are_scanned() {
    let world = world(1500, 6);
    let index = small(&world.items);
    let fewer = Factors::new(DIM, world.items.values()[..DIM * 900].to_vec()).unwrap();
    let mut scratch = SearchScratch::default();
    let found = index.search(&fewer, &world.users[0], 10, 64, &always, &mut scratch);
    assert_eq!(found, exact_top(&fewer, &world.users[0], 10, &always));
}

#[test]
fn the_scan_is_a_full_sort() {
    let world = world(3000, 7);
    for k in [1, 10, 500, 5000] {
        let accept = |item: u32| item % 2 == 1;
        let query = &world.users[3];
        let rows = (0..3000).filter(|&row| accept(row));
        let mut all: Vec<(f32, u32)> =
            rows.map(|row| (dot(query, world.items.row(row as usize).unwrap()), row)).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        all.truncate(k);
        assert_eq!(exact_top(&world.items, query, k, &accept), all);
    }
}

#[test]
fn links_that_make_no_graph_are_refused() {
    let items = world(20, 8).items;
    for m in [0, 1, 65, 1000] {
        let params = IndexParams { m, ..Default::default() };
        assert_eq!(
            ItemIndex::build(&items, &Factors::empty(), &params).unwrap_err(),
            IndexError::Links { m }
        );
    }
}

#[test]
fn a_scan_of_some_finds_the_best_of_them_or_says_that_they_are_too_few() {
    let world = world(12_000, 5);
    let index = ItemIndex::build(&world.items, &world.askers, &IndexParams::default()).unwrap();
    let mut scratch = SearchScratch::default();
    let mut scan = |query: &[f32], every: usize, accept: &dyn Fn(u32) -> bool| {
        let mut some = (0..12_000).step_by(every);
        index.scan(&world.items, query, &mut some, 10, accept, &mut scratch)
    };
    let (mut hits, odd) = (0, |item: u32| item % 2 == 1);
    for query in &world.users {
        let exact = exact_top(&world.items, query, 10, &|item| item % 7 == 0 && odd(item));
        let found = scan(query, 7, &odd).unwrap();
        hits += exact.iter().filter(|entry| found.contains(entry)).count();
        assert!(found.is_sorted_by(|a, b| by_score(a, b).is_le()));
    }
    assert!(hits >= 1_990, "{hits} of 2,000");
    assert!(scan(&world.users[0], 2_000, &always).is_none());
}

/// The 16 items of largest cosine per item, by exhaustive comparison, and the normalized rows.
fn lists(items: &Factors) -> (WeightedRows, Factors) {
    let scaled = items.values().chunks(items.dim()).flat_map(|row| {
        let norm = dot(row, row).sqrt().max(f32::MIN_POSITIVE);
        row.iter().map(move |value| value / norm)
    });
    let units = Factors::new(items.dim(), scaled.collect::<Vec<_>>()).unwrap();
    let list = |item: u32| {
        let top = exact_top(&units, units.row(item as usize).unwrap(), 17, &|other| other != item);
        top.into_iter().map(|(cosine, other)| (other, cosine)).collect()
    };
    let rows: Vec<_> = (0..items.rows() as u32).map(list).collect();
    (WeightedRows::from_rows(&rows), units)
}

#[test]
fn the_nearest_by_cosine_are_found_by_walking_lists_and_by_scanning() {
    let items = world(3_000, 4).items;
    let (index, (lists, units)) = (small(&items), lists(&items));
    let mut scratch = SearchScratch::default();
    let third = |item: u32| item.is_multiple_of(3);
    let (mut walked, mut scanned) = (0, 0);
    for start in (0..3_000).step_by(60) {
        let query = items.row(start as usize).unwrap();
        let truth = exact_top(&units, query, 10, &third);
        let hits = |found: &[u32]| {
            assert!(found.iter().all(|&item| third(item)));
            truth.iter().filter(|(_, item)| found.contains(item)).count()
        };
        let limits = WalkLimits { ef: 64, most: usize::MAX };
        let ways = (&lists, &[start][..]);
        let found = index.walk_by_cosine(&items, query, ways, limits, &third, &mut scratch);
        walked += hits(&found.unwrap());
        let all = &mut (0..3_000);
        scanned += hits(&index.scan_by_cosine(&items, query, all, 10, &third, &mut scratch));
    }
    assert!(walked >= 475 && scanned >= 498, "{walked} and {scanned} of 500");
}

#[test]
fn a_walk_by_cosine_is_given_up_where_it_leads_too_far_or_nowhere() {
    let items = world(1_500, 5).items;
    let (index, (lists, _)) = (small(&items), lists(&items));
    let walk = |index: &ItemIndex, items: &Factors, starts: &[u32], most| {
        let limits = WalkLimits { ef: 20, most };
        let query = vec![1.0; items.dim()];
        let mut scratch = SearchScratch::default();
        index.walk_by_cosine(items, &query, (&lists, starts), limits, &always, &mut scratch)
    };
    assert_eq!(walk(&index, &items, &[7], 10), None);
    assert_eq!(walk(&index, &items, &[7], 10_000).unwrap().len(), 20);
    assert_eq!(walk(&index, &items, &[], 10_000), Some(vec![]));
    assert_eq!(walk(&index, &items, &[1_500, u32::MAX], 10_000), Some(vec![]), "no such items");
    assert_eq!(walk(&ItemIndex::default(), &items, &[7], 10_000), None, "no graph");
}
