//! A restart: `replay/<events>` opens a data directory and replays its whole log into a world
//! without a model.
//!
//! Corpus: the generated market, one user to fifty events, two users to an item, kept below
//! `target/`. The default of 100,000 events keeps a run short.
//! `GUANXI_BENCH_EVENTS=1000000 cargo bench --bench replay` prints the figures of
//! docs/performance.md.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use guanxi::serving::world_from_log;
use guanxi::store::{LogReader, Store};
use guanxi_models::{Model, Offset, Record};
use guanxi_training::market::{MarketParams, records};

fn replay(criterion: &mut Criterion) {
    let events = size();
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("replay-{events}"));
    let last = fill(&directory, events);
    let mut group = criterion.benchmark_group("replay");
    group.sample_size(10);
    group.throughput(Throughput::Elements(last.0));
    group.bench_function(events.to_string(), |bencher| {
        bencher.iter(|| {
            let log = LogReader::open(&directory).expect("it was filled");
            let world = world_from_log(Arc::new(Model::empty()), &log).expect("the log is whole");
            assert_eq!(world.offset(), last);
            world
        });
    });
    group.finish();
}

fn size() -> usize {
    let reported = std::env::var("GUANXI_BENCH_EVENTS").ok().and_then(|text| text.parse().ok());
    reported.unwrap_or(100_000)
}

/// Puts a market into a directory, unless it is there. Returns the last offset.
fn fill(directory: &Path, events: usize) -> Offset {
    let params = MarketParams::at(1_790_000_000_000).sized(events / 50, events / 100, events);
    let store = Store::open(directory).expect("the target directory can be written");
    // An interrupted run leaves a prefix of the same log.
    let mut rest = records(&params).skip(store.last().0 as usize);
    loop {
        let group: Vec<Record> = rest.by_ref().take(10_000).collect();
        if group.is_empty() {
            return store.last();
        }
        store.append(&[group]).expect("the disk has room");
    }
}

criterion_group!(benches, replay);
criterion_main!(benches);
