//! Everything that reads bytes of others, as targets for fuzzing: none may panic, hang or take
//! memory without bound.
//!
//! `cargo test` runs each on its seeds, on what earlier runs found (`fuzz/regressions/<target>/`)
//! and on a few thousand mutations; as many more as `GUANXI_FUZZ_RUNS` says. `fuzz/` runs the same
//! targets under libFuzzer, which is led by coverage.

use std::path::{Path, PathBuf};

use guanxi_models::{Event, EventType, Item, Record, Relation, RelationKind, User};

use crate::config::Sources;
use crate::import::{self, Mapping};
use crate::ingest::{self, Format};
use crate::{access, http, registry, store};

/// The time of all runs.
const NOW: i64 = 1_700_000_000_000;

/// True if a panic of this thread comes from a library that panics on damaged bytes, and becomes an
/// error.
pub fn is_expected_panic() -> bool {
    crate::untrusted::panics::is_guarded()
}

/// One target.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// The parser under test.
    pub run: fn(&[u8]),
    /// The valid inputs that are mutated.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "events_json", run: |bytes| bulk(bytes, Format::Json), seeds: json_seeds },
    Target { name: "events_ndjson", run: |bytes| bulk(bytes, Format::Ndjson), seeds: json_seeds },
    Target { name: "events_arrow", run: |bytes| bulk(bytes, Format::Arrow), seeds: arrow_seeds },
    Target { name: "import_csv", run: |bytes| import(bytes, "csv"), seeds: csv_seeds },
    Target { name: "import_ndjson", run: |bytes| import(bytes, "ndjson"), seeds: json_seeds },
    Target { name: "import_parquet", run: |bytes| import(bytes, "parquet"), seeds: parquet_seeds },
    Target { name: "filter", run: http::fuzz::filter, seeds: filter_seeds },
    Target { name: "question", run: http::fuzz::question, seeds: question_seeds },
    Target { name: "settings", run: settings, seeds: settings_seeds },
    Target { name: "record", run: store::fuzz::record, seeds: record_seeds },
    Target {
        name: "journal",
        run: store::fuzz::journal,
        seeds: || vec![store::fuzz::journal_seed()],
    },
    Target { name: "model", run: registry::fuzz::model, seeds: registry::fuzz::model_seeds },
    Target {
        name: "manifest",
        run: registry::fuzz::manifest,
        seeds: registry::fuzz::manifest_seeds,
    },
    Target { name: "keys", run: access::fuzz::keys, seeds: access::fuzz::seeds },
];

fn bulk(bytes: &[u8], format: Format) {
    for parse in [ingest::events, ingest::items, ingest::users, ingest::relations] {
        if let Ok(parsed) = parse(bytes, format, NOW) {
            parsed.records.iter().for_each(|(_, record)| store::fuzz::round_trip(record));
        }
    }
    drop(ingest::item_of("i", bytes, NOW));
    drop(ingest::user_of("u", bytes, NOW));
}

/// A folder of this process, in memory where the system has such a place.
pub(crate) fn folder_in_memory(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = place.join(format!("guanxi-fuzz-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("there is room for a folder");
    folder
}

/// Has a run read its bytes from a file.
fn with_file(bytes: &[u8], name: &str, read: impl FnOnce(&Path)) {
    let file = folder_in_memory(name).join(name);
    std::fs::write(&file, bytes).expect("memory has room for a small file");
    read(&file);
}

fn import(bytes: &[u8], extension: &str) {
    let name = format!("file.{extension}");
    with_file(bytes, &name, |file| {
        let mapping = Mapping::new(NOW);
        if let Ok(rows) = import::read_interactions(file, &mapping) {
            rows.take(1_000).for_each(drop);
        }
        if let Ok(rows) = import::read_items(file, &mapping) {
            rows.take(1_000).for_each(drop);
        }
    });
}

fn settings(bytes: &[u8]) {
    with_file(bytes, "guanxi.toml", |file| {
        drop(Sources { file: Some(file.to_owned()), ..Sources::default() }.load());
    });
}

fn records() -> Vec<Record> {
    vec![
        Record::Event(Event::new("e", "u", "i", EventType::GroupJoin, 5)),
        Record::Item(Item::bare("i")),
        Record::User(User { id: "u".into(), ..User::default() }),
        Record::Relation(Relation::new("u", RelationKind::Block, "v")),
    ]
}

fn record_seeds() -> Vec<Vec<u8>> {
    records().iter().map(store::fuzz::encoded).collect()
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn json_seeds() -> Vec<Vec<u8>> {
    texts(&[
        r#"[{"event_id":"e","user":"u","item":"i","type":"purchase","ts":1700000000,"quantity":2,"price":3.5,"currency":"CNY","ref":{"user":"v"},"visibility":"friends"}]"#,
        r#"{"items":[{"id":"i","name":"n","category":"a/b","tags":["t"],"price":1,"place":{"lat":1,"lon":2},"attributes":{"a":[1,"b",true]},"created":"2026-01-01T00:00:00Z"}]}"#,
        "{\"id\":\"u\",\"visibility\":\"private\",\"attributes\":{\"x\":\"y\"}}\n{\"from\":\"a\",\"kind\":\"friend\",\"to\":\"b\"}\n",
    ])
}

fn csv_seeds() -> Vec<Vec<u8>> {
    texts(&[
        "user,item,type,ts\nu,i,purchase,1700000000\nv,j,view,2026-01-01T00:00:00Z\n",
        "id,name,price\ni,\"a \"\"b\"\"\",3.5\n",
    ])
}

fn filter_seeds() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"category":"a/b","price":{"gte":1,"lt":5},"tags":{"any":["x"]},"not":{"merchant":{"in":["m"]}}}"#,
        r#"{"any":[{"available":true},{"near":{"lat":1,"lon":2,"km":3}},{"attributes":{"a":{"in":["b"]}}}]}"#,
    ])
}

fn question_seeds() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"user":"u","item":"i","items":["a"],"limit":5,"exclude":["b"],"explain":true,"fields":["price"],"deadline_ms":5}"#,
        "user=u&limit=5&tags=a,b&price_gte=1&near_lat=1&near_lon=2&near_km=3",
    ])
}

fn settings_seeds() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../guanxi.example.toml").to_vec()]
}

fn table() -> arrow::array::RecordBatch {
    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use std::sync::Arc;
    let text = |text: &str| Arc::new(StringArray::from(vec![text, text])) as ArrayRef;
    let columns = [
        ("event_id", text("e")),
        ("user", text("u")),
        ("item", text("i")),
        ("type", text("view")),
        ("ts", Arc::new(Int64Array::from(vec![1_700_000_000, 1])) as ArrayRef),
    ];
    arrow::array::RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn arrow_seeds() -> Vec<Vec<u8>> {
    let (table, mut bytes) = (table(), Vec::new());
    let mut writer = arrow::ipc::writer::StreamWriter::try_new(&mut bytes, &table.schema())
        .expect("memory can be written");
    writer.write(&table).and_then(|()| writer.finish()).expect("memory can be written");
    drop(writer);
    vec![bytes]
}

fn parquet_seeds() -> Vec<Vec<u8>> {
    let table = table();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), table.schema(), None)
        .expect("memory can be written");
    writer.write(&table).expect("memory can be written");
    vec![writer.into_inner().expect("memory can be written")]
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, RngExt, SeedableRng};

    use super::*;

    fn runs() -> usize {
        std::env::var("GUANXI_FUZZ_RUNS").map_or(1_500, |runs| runs.parse().unwrap())
    }

    /// Bytes that are likely to hit edge cases.
    const PIECES: &[&[u8]] = &[
        b"\0",
        b"\xff",
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\x7f\xff\xff\xff",
        b"\"",
        b"\\u0000",
        b"{",
        b"[",
        b"]",
        b"}",
        b",",
        b":",
        b"null",
        b"-1",
        b"1e999",
        b"NaN",
        b"\r\n",
        b"\n",
        b"\xe2\x80\xae",
        b"\xf0\x9f\x98\x80",
        b"true",
        b"18446744073709551616",
    ];

    fn mutated(seeds: &[Vec<u8>], chance: &mut StdRng) -> Vec<u8> {
        let mut bytes = seeds[chance.random_range(0..seeds.len())].clone();
        for _ in 0..chance.random_range(1..6) {
            let at = chance.random_range(0..=bytes.len());
            let rest = bytes.len() - at;
            match chance.random_range(0..6) {
                0 if rest > 0 => bytes[at] ^= 1 << chance.random_range(0..8),
                1 if rest > 0 => bytes[at] = chance.next_u32() as u8,
                2 => bytes.truncate(at),
                3 => {
                    let piece = PIECES[chance.random_range(0..PIECES.len())];
                    drop(bytes.splice(at..at, piece.iter().copied()));
                }
                4 if rest > 0 => drop(bytes.drain(at..at + chance.random_range(1..=rest.min(16)))),
                _ => {
                    let piece = bytes[at..at + chance.random_range(0..=rest.min(64))].to_vec();
                    drop(bytes.splice(at..at, piece));
                }
            }
        }
        bytes
    }

    fn found_before(target: &Target) -> Vec<Vec<u8>> {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(target.name);
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| std::fs::read(entry.path()).unwrap()).collect()
    }

    #[test]
    fn no_target_panics() {
        for target in TARGETS {
            let seeds = (target.seeds)();
            seeds.iter().chain(&found_before(target)).for_each(|bytes| (target.run)(bytes));
            let mut chance = StdRng::seed_from_u64(1);
            for run in 0..runs() {
                let bytes = mutated(&seeds, &mut chance);
                let ran = std::panic::catch_unwind(|| (target.run)(&bytes));
                assert!(ran.is_ok(), "{} at run {run}: {bytes:?}", target.name);
            }
        }
    }

    #[test]
    fn every_seed_of_records_is_read_as_it_was_written() {
        records().iter().for_each(store::fuzz::round_trip);
    }
}
