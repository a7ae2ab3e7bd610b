//! One request of each scenario, without HTTP: `recommend/<scenario>/<users>`, 20 items, users
//! in turn.
//!
//! Corpus: the generated market of `support`. The recall of for-you's index search against the
//! exact answer is printed and asserted. `GUANXI_BENCH_USERS=100000 cargo bench --bench scenarios`
//! for the large market.

#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "criterion's macros make undocumented functions; a recall is printed"
)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use guanxi_models::recommend::Scratch;
use guanxi_models::recommend::scenario::Input;
use guanxi_models::{About, Event, EventType, Query, Record, Scenario, Search, World};

const PAGE: usize = 20;

fn scenarios(criterion: &mut Criterion) {
    let world = support::world();
    let users = world.counts().users;
    println!("recall@{PAGE} of for-you against the exact answer: {:.4}", recall(&world));
    let mut group = criterion.benchmark_group("recommend");
    for &scenario in Scenario::ALL {
        let (mut scratch, mut at) = (Scratch::default(), 0);
        group.bench_function(format!("{}/{users}", scenario.name()), |bencher| {
            bencher.iter(|| {
                at = (at + 7_919) % users;
                let answer = world.recommend(&question(scenario, at), &mut scratch);
                assert_eq!(answer.expect("the question is well formed").items.len(), PAGE);
            });
        });
    }
    let changed = with_a_purchase_each(&world, 1_000);
    let (mut scratch, mut at) = (Scratch::default(), 0);
    group.bench_function(format!("for-you with fold-in/{users}"), |bencher| {
        bencher.iter(|| {
            at = (at + 7) % 1_000;
            let answer = changed.recommend(&question(Scenario::FOR_YOU, at), &mut scratch);
            assert_eq!(answer.expect("the question is well formed").items.len(), PAGE);
        });
    });
    group.finish();
}

fn question(scenario: Scenario, at: usize) -> Query {
    let is_of_item = scenario.spec().requires(Input::Item);
    let about = if is_of_item { About::Item(format!("i{at}")) } else { About::Nothing };
    Query { scenario, user: Some(format!("u{at}")), about, limit: PAGE, ..Query::default() }
}

/// The first users have each bought something since the model was made.
fn with_a_purchase_each(world: &World, users: usize) -> World {
    let mut changed = world.clone();
    for user in 0..users {
        let (user, item) = (format!("u{user}"), format!("i{}", user * 3));
        let event = Event::new("bench", &user, &item, EventType::Purchase, 1_790_000_000_000);
        changed.apply(changed.offset().next(), &Record::Event(event));
    }
    changed
}

fn recall(world: &World) -> f64 {
    let mut scratch = Scratch::default();
    let mut ids = |search: Search, at: usize| -> Vec<u32> {
        let query = Query { search, ..question(Scenario::FOR_YOU, at) };
        let answer = world.recommend(&query, &mut scratch).expect("the question is well formed");
        answer.items.into_iter().map(|one| one.id.0).collect()
    };
    let users = world.counts().users;
    let sample: Vec<usize> = (0..200).map(|at| at * 101 % users).collect();
    let found: usize = sample
        .iter()
        .map(|&at| {
            let (exact, searched) = (ids(Search::Exact, at), ids(Query::default().search, at));
            searched.iter().filter(|item| exact.contains(item)).count()
        })
        .sum();
    let recall = found as f64 / (sample.len() * PAGE) as f64;
    assert!(recall >= 0.95, "a latency without recall says nothing: {recall}");
    recall
}

criterion_group!(benches, scenarios);
criterion_main!(benches);
