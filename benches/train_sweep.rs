//! One iteration of the trainer: users solved against items, items against users, and the loss.
//!
//! Corpus: 20,000 users x 10,000 items, 500,000 draws in which the item of rank r is drawn in
//! proportion to 1 / r (Zipf), seed 1; embeddings of width 64; all threads of the machine
//! (`RAYON_NUM_THREADS` to say how many). `benches/rivals/als.py` puts the same figure beside that
//! of `implicit`, on published data.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use guanxi_training::als::{AlsParams, Cell, Matrix, fit};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand_distr::{Distribution as _, Zipf};

const N_USERS: usize = 20_000;
const N_ITEMS: usize = 10_000;
const DRAWS_PER_USER: usize = 25;

fn zipf_matrix() -> Matrix {
    let mut rng = StdRng::seed_from_u64(1);
    let zipf = Zipf::new(N_ITEMS as f32, 1.0).expect("the exponent and the size are positive");
    let rows = (0..N_USERS).map(|_| {
        let draws = (0..DRAWS_PER_USER).map(|_| zipf.sample(&mut rng) as u32 - 1);
        let mut items: Vec<u32> = draws.collect();
        items.sort_unstable();
        items.dedup();
        items.into_iter().map(|item| Cell { item, confidence: 1.0, target: 1.0 })
    });
    Matrix::from_rows(N_ITEMS, rows).expect("ranks are items")
}

/// The time of `sweeps` iterations, without the first, which includes the setup.
fn iterations(matrix: &Matrix, sweeps: u64) -> Duration {
    let params = AlsParams { sweeps: sweeps as usize + 1, ..AlsParams::default() };
    let (mut from, mut to) = (None, Instant::now());
    let mut losses = Vec::new();
    fit(matrix, &params, &mut |sweep| {
        to = Instant::now();
        from.get_or_insert(to);
        losses.push(sweep.loss);
    })
    .expect("the matrix is tame");
    assert!(losses.is_sorted_by(|a, b| b <= &(a * (1.0 + 1e-6))), "the loss rose: {losses:?}");
    to - from.expect("there is at least one sweep")
}

fn train_sweep(criterion: &mut Criterion) {
    let matrix = zipf_matrix();
    let mut group = criterion.benchmark_group("train_sweep");
    group.sample_size(10);
    let case = format!("zipf_{}_cells_d64/guanxi_exact", matrix.n_cells());
    group.bench_function(case, |bench| bench.iter_custom(|sweeps| iterations(&matrix, sweeps)));
    group.finish();
}

criterion_group!(benches, train_sweep);
criterion_main!(benches);
