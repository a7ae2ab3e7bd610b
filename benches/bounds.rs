//! Compares the index with the limits of the machine: scans beside reading memory, two search
//! threads beside one, and the time from a model's files to the first answer.
//!
//! Corpus: items of width 64 in clusters, seed 1. `GUANXI_BENCH_ITEMS` sets their number; the
//! default of 100,000 keeps a run short. `GUANXI_BENCH_ITEMS=1000000 cargo bench --bench bounds`
//! prints the figures of benches/README.md. Each figure is the median of its runs; contenders
//! alternate.
#![expect(clippy::print_stdout, reason = "what it measures is told at once")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use guanxi::registry::{Extras, Registry};
use guanxi_models::index::{IndexParams, ItemIndex, SearchScratch, exact_top};
use guanxi_models::params::{FoldIn, Params};
use guanxi_models::{About, Factors, Ground, Learned, Model, Offset, Query, Scenario, World};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

const DIM: usize = 64;
const RUNS: usize = 9;
const SEARCHES: usize = 20_000;
const EF: usize = 96;

fn main() {
    let reported = std::env::var("GUANXI_BENCH_ITEMS").ok().and_then(|text| text.parse().ok());
    let items = clustered(reported.unwrap_or(100_000));
    println!("{} items of width {DIM}", items.rows());
    scan(&items);
    let began = Instant::now();
    let index = ItemIndex::build(&items, &Factors::empty(), &IndexParams::default());
    let index = index.expect("it is tame");
    println!("built in {:.1} s of two threads or more", began.elapsed().as_secs_f64());
    threads(&items, &index);
    load(items, index);
}

fn clustered(rows: usize) -> Factors {
    let mut rng = StdRng::seed_from_u64(1);
    let mut noise =
        |spread: f32| -> Vec<f32> { (0..DIM).map(|_| rng.random_range(-spread..spread)).collect() };
    let centres: Vec<Vec<f32>> = (0..rows.div_ceil(100)).map(|_| noise(1.0)).collect();
    let mut values = Vec::with_capacity(rows * DIM);
    for row in 0..rows {
        let centre = &centres[row % centres.len()];
        values.extend(centre.iter().zip(noise(0.6)).map(|(a, b)| a + b));
    }
    Factors::new(DIM, values).expect("rows have the width")
}

/// Reading all rows, and by an exact search.
fn scan(items: &Factors) {
    let query: Vec<f32> = items.row(7).expect("there are more").to_vec();
    let bytes = (items.rows() * DIM * size_of::<f32>()) as f64;
    let (mut reading, mut scanning) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        reading.push(timed(|| bits(items)));
        scanning.push(timed(|| exact_top(items, &query, 10, &|_| true)));
    }
    let (reading, scanning) = (median(reading), median(scanning));
    let rate = |took: Duration| bytes / took.as_secs_f64() / 1e9;
    println!(
        "scan: {:.1} GB/s, reading alone {:.1} GB/s: {:.2} times as long",
        rate(scanning),
        rate(reading),
        scanning.as_secs_f64() / reading.as_secs_f64()
    );
}

/// Looks at every bit in as few instructions as any processor needs: bound by memory.
fn bits(items: &Factors) -> u32 {
    let mut lanes = [0_u32; 16];
    for chunk in items.values().chunks_exact(lanes.len()) {
        lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane ^= value.to_bits());
    }
    lanes.into_iter().fold(0, |all, lane| all ^ lane)
}

fn threads(items: &Factors, index: &ItemIndex) {
    let search = |from: usize| {
        let mut scratch = SearchScratch::default();
        for at in 0..SEARCHES {
            let row = items.row((from + at * 7_919) % items.rows()).expect("it is one of the rows");
            black_box(index.search(items, row, 10, EF, &|_| true, &mut scratch));
        }
    };
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        one.push(timed(|| search(run)));
        two.push(timed(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| search(run));
                search(run + 1);
            });
        }));
    }
    let rate = |searches: usize, took: Duration| searches as f64 / took.as_secs_f64();
    let (one, two) = (rate(SEARCHES, median(one)), rate(2 * SEARCHES, median(two)));
    println!("search: {one:.0}/s by one thread, {two:.0}/s by two: {:.2} times", two / one);
}

/// From files that the system has in memory to an answer.
fn load(items: Factors, index: ItemIndex) {
    let directory = std::env::temp_dir().join(format!("guanxi-bounds-{}", std::process::id()));
    let registry = Registry::open(&directory).expect("the temporary directory can be written");
    let names = (0..items.rows()).map(|number| format!("i{number}"));
    let ground = Ground {
        users: std::iter::once("u").collect(),
        items: names.collect::<Vec<_>>().iter().map(String::as_str).collect(),
        popularity: vec![1.0; items.rows()].into(),
        first_seen: vec![1; items.rows()].into(),
        ..Ground::default()
    };
    let learned = Learned {
        user_factors: Factors::new(DIM, vec![0.0; DIM]).expect("it is one row"),
        profiles: Factors::new(DIM, Vec::new()).expect("it has no row"),
        params: Params {
            fold_in: FoldIn { spectrum: vec![1.0; DIM], ..FoldIn::default() },
            ..Params::default()
        },
        item_factors: items,
        index,
        ..Learned::default()
    };
    let model = Model { watermark: Offset(1), ..Model::new(learned, ground) };
    let version = registry.publish(&model, &Extras::default()).expect("the disk has room");
    drop(model);
    let query = Query {
        scenario: Scenario::SIMILAR_ITEMS,
        about: About::Item("i7".into()),
        ..Query::default()
    };
    let (mut mapped, mut ready) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let began = Instant::now();
        let model = registry.load(&version).expect("it was published");
        mapped.push(began.elapsed());
        let world = World::new(model.into());
        let mut scratch = guanxi_models::recommend::Scratch::default();
        assert_eq!(world.recommend(&query, &mut scratch).expect("it is an item").items.len(), 20);
        ready.push(began.elapsed());
    }
    println!(
        "model: verified and mapped in {:.0} ms, first answer after {:.0} ms",
        median(mapped).as_secs_f64() * 1e3,
        median(ready).as_secs_f64() * 1e3
    );
    drop(std::fs::remove_dir_all(directory));
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    black_box(work());
    began.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
