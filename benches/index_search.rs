//! The ten items nearest to a user by inner product, one thread: the frozen graph beside the scan.
//!
//! Corpus: 20,000 items of width 64 in 200 clusters, seed 1, and 256 users near mixtures of two
//! clusters, so that queries are not distributed as items are. Each contender's recall@10 is
//! asserted, and printed before its time.
#![expect(clippy::print_stdout, reason = "a latency is never told without its recall")]

use criterion::{Criterion, criterion_group, criterion_main};
use guanxi_models::Factors;
use guanxi_models::index::{IndexParams, ItemIndex, SearchScratch, exact_top};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

const DIM: usize = 64;
const N_ITEMS: usize = 20_000;
const N_USERS: usize = 256;
const N_CLUSTERS: usize = 200;
const LEAST_RECALL: f64 = 0.9;

/// A contender: the ten items nearest to a user.
type Search<'a> = Box<dyn FnMut(&[f32]) -> Vec<(f32, u32)> + 'a>;

struct Corpus {
    items: Factors,
    users: Vec<Vec<f32>>,
}

fn corpus() -> Corpus {
    let mut rng = StdRng::seed_from_u64(1);
    let mut noise =
        |spread: f32| -> Vec<f32> { (0..DIM).map(|_| rng.random_range(-spread..spread)).collect() };
    let centres: Vec<Vec<f32>> = (0..N_CLUSTERS).map(|_| noise(1.0)).collect();
    let sum = |a: &[f32], b: &[f32]| -> Vec<f32> { a.iter().zip(b).map(|(a, b)| a + b).collect() };
    let items = (0..N_ITEMS).flat_map(|i| sum(&centres[i % N_CLUSTERS], &noise(0.8)));
    let items = Factors::new(DIM, items.collect::<Vec<_>>()).expect("rows have the width");
    let pairs = (0..N_USERS).map(|u| sum(&centres[u % N_CLUSTERS], &centres[u * 7 % N_CLUSTERS]));
    let users = pairs.map(|pair| sum(&pair, &noise(0.5))).collect();
    Corpus { items, users }
}

fn recall(corpus: &Corpus, mut search: impl FnMut(&[f32]) -> Vec<(f32, u32)>) -> f64 {
    let hits = corpus.users.iter().map(|user| {
        let found = search(user);
        let exact = exact_top(&corpus.items, user, 10, &|_| true);
        exact.iter().filter(|entry| found.contains(entry)).count()
    });
    hits.sum::<usize>() as f64 / (10 * corpus.users.len()) as f64
}

fn index_search(criterion: &mut Criterion) {
    let corpus = corpus();
    let index = ItemIndex::build(&corpus.items, &Factors::empty(), &IndexParams::default())
        .expect("it is tame");
    let mut group = criterion.benchmark_group("index_search");
    let mut contend = |name: &str, mut search: Search<'_>| {
        let recall = recall(&corpus, &mut search);
        println!("top10_of_{N_ITEMS}_d{DIM}/{name}: recall@10 {recall:.4}");
        assert!(recall >= LEAST_RECALL, "{name} finds too little");
        let mut users = corpus.users.iter().cycle();
        group.bench_function(format!("top10_of_{N_ITEMS}_d{DIM}/{name}"), |bench| {
            bench.iter(|| search(users.next().expect("a cycle has no end")));
        });
    };
    let items = &corpus.items;
    contend("scan", Box::new(move |user| exact_top(items, user, 10, &|_| true)));
    for ef in [32, 64, 128] {
        let (index, mut scratch) = (&index, SearchScratch::default());
        let search = move |user: &[f32]| index.search(items, user, 10, ef, &|_| true, &mut scratch);
        contend(&format!("frozen_graph_ef{ef}"), Box::new(search));
    }
    group.finish();
}

criterion_group!(benches, index_search);
criterion_main!(benches);
