//! Writing events: `append/<batches of 1,000 events in one group>`, each group one atomic write and
//! one fsync before it returns.
//!
//! Corpus: events of 100,000 users and 100,000 items with new ids, made outside the measured time.
//! One batch is one request alone; eight are requests that waited for the disk together. The store
//! is below `target/`, so the figures are those of that disk. It grows during the measurement.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use guanxi::store::{Outcome, Store};
use guanxi_models::{Event, EventType, Record};

const EVENTS_PER_BATCH: u64 = 1_000;

fn ingest(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("append");
    for batches in [1, 8] {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("the target directory can be written");
        let store = Store::open(directory.path()).expect("a new directory can be opened");
        let mut numbers = 0..;
        group.throughput(Throughput::Elements(batches * EVENTS_PER_BATCH));
        group.bench_function(batches.to_string(), |bencher| {
            let mut events = || -> Vec<Vec<Record>> {
                let mut batch =
                    || numbers.by_ref().take(EVENTS_PER_BATCH as usize).map(event).collect();
                (0..batches).map(|_| batch()).collect()
            };
            let append = |group: Vec<Vec<Record>>| {
                let outcomes = store.append(&group).expect("the disk has room");
                let stored = |outcome: &Outcome| matches!(outcome, Outcome::Stored(_));
                assert!(outcomes.iter().flatten().all(stored));
            };
            bencher.iter_batched(&mut events, append, BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// The event of this number: users and items in an order that looks like chance, and repeats.
fn event(number: u64) -> Record {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let (user, item) = (scattered % 100_000, scattered / 7 % 100_000);
    let kind = EventType::ALL[(scattered % 5) as usize];
    let ts = 1_790_000_000_000 + number as i64;
    let id = format!("{scattered:08x}-{number:016x}");
    Record::Event(Event::new(&id, &format!("u{user}"), &format!("i{item}"), kind, ts))
}

criterion_group!(benches, ingest);
criterion_main!(benches);
