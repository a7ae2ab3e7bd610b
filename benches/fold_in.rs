//! Computes a user's row from the history, as a request of a user with new events needs it:
//! `fold_in/<items>`, width 64.
//!
//! Corpus: 40,000 item rows with normally distributed entries, and 1,000 users without friends.
//! Each user has 16 or 200 random items. Users take turns, so that rows come from memory as they
//! do in a service.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use criterion::{Criterion, criterion_group, criterion_main};
use guanxi_models::fold_in::fold_in;
use guanxi_models::history::{BOUGHT, Histories};
use guanxi_models::params::{FoldIn, Params};
use guanxi_models::solver::RowSolver;
use guanxi_models::world::TiesView;
use guanxi_models::{Factors, Ground, Learned, Model};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::{Distribution as _, Normal};

const DIM: usize = 64;
const N_ITEMS: usize = 40_000;
const N_USERS: usize = 1_000;

fn model(rng: &mut StdRng) -> Model {
    let normal = Normal::new(0.0_f32, 0.1).expect("the deviation is positive");
    let values: Vec<f32> = normal.sample_iter(rng).take(N_ITEMS * DIM).collect();
    let fold_in = FoldIn {
        spectrum: (0..DIM).map(|axis| 20.0 / (axis + 1) as f32).collect(),
        ridge: 0.02,
        unobserved: 120.0,
        ridge_exponent: 1.0,
        mean: vec![0.0; DIM],
        ..FoldIn::default()
    };
    let learned = Learned {
        params: Params { fold_in, ..Params::default() },
        item_factors: Factors::new(DIM, values).expect("whole rows of finite numbers"),
        ..Learned::default()
    };
    Model::new(learned, Ground::default())
}

/// A history of `n` distinct items for every user.
fn histories(rng: &mut StdRng, n: usize) -> Histories {
    let mut items = Vec::new();
    for _ in 0..N_USERS {
        let stride = N_ITEMS / n;
        items.extend((0..n).map(|at| (at * stride + rng.random_range(0..stride)) as u32));
    }
    let starts: Vec<u64> = (0..=N_USERS).map(|user| (user * n) as u64).collect();
    let entries = items.len();
    Histories::new(
        starts.into(),
        items.into(),
        vec![1.0; entries].into(),
        vec![BOUGHT; entries].into(),
        vec![0; entries].into(),
    )
    .expect("every user has n entries")
}

fn fold_ins(criterion: &mut Criterion) {
    let mut rng = StdRng::seed_from_u64(1);
    let model = model(&mut rng);
    let mut group = criterion.benchmark_group("fold_in");
    for n in [16, 200] {
        let histories = histories(&mut rng, n);
        let (mut solver, mut user) = (RowSolver::default(), 0);
        group.bench_function(format!("{n}_items"), |bencher| {
            bencher.iter(|| {
                user = (user + 7) % N_USERS;
                fold_in(&model, histories.row(user), TiesView::default(), &mut solver)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, fold_ins);
criterion_main!(benches);
