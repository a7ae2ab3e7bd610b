//! The records of the log, read from the file of a backup.
//!
//! `records/v<version>.hex` holds one record per line: its name and its bytes. Lines are never
//! changed or removed; a new shape becomes a new line of the latest version. `v2.fields` lists the
//! fields of format 2, which a unit test of the format checks.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use guanxi::store::{LogReader, Store, StoreError, restore_log};
use guanxi_models::{
    Action, Attribute, Attribution, Details, Event, EventType, Item, Offset, Place, Record,
    Relation, RelationKind, User, Visibility,
};

const GOLDEN: [(u8, &str); 2] =
    [(1, include_str!("records/v1.hex")), (2, include_str!("records/v2.hex"))];

fn whole_event(name: &str, kind: EventType) -> Event {
    Event {
        weight: 2.5,
        quantity: 3,
        price: Some(99.5),
        currency: Some("CNY".into()),
        circle: Some("同学/2026".into()),
        session: Some("s-1".into()),
        attribution: Some(Attribution {
            recommendation_id: Some("r-1".into()),
            sharer: Some("v".into()),
        }),
        visibility: Some(Visibility::Private),
        ..Event::new(name, "用户", "sku/42", kind, 1_790_000_000_123)
    }
}

fn events() -> Vec<(String, Event)> {
    let mut events: Vec<(String, Event)> = EventType::ALL
        .into_iter()
        .map(|kind| (kind.name().to_owned(), whole_event(kind.name(), kind)))
        .collect();
    let bare = Event::new("bare", "u", "i", EventType::View, 0);
    let came = |recommendation_id: Option<&str>, sharer: Option<&str>| Event {
        attribution: Some(Attribution {
            recommendation_id: recommendation_id.map(str::to_owned),
            sharer: sharer.map(str::to_owned),
        }),
        visibility: Some(Visibility::Friends),
        ..bare.clone()
    };
    events.extend([
        ("listed".to_owned(), came(Some("r"), None)),
        ("shared".to_owned(), came(None, Some("v"))),
        ("from_nowhere".to_owned(), came(None, None)),
        ("long_ago".to_owned(), Event { ts: -1, ..bare.clone() }),
        ("faint".to_owned(), Event { weight: 1e-9, quantity: u32::MAX, ..bare.clone() }),
        ("bare".to_owned(), bare),
    ]);
    events
}

/// Events with fields that format 1 lacked.
fn detailed_events() -> Vec<(String, Event)> {
    let details = Details {
        order: Some("order-7"),
        group: Some("g-1"),
        discount: Some(9.5),
        offer: Some("spring"),
        shared_with: None,
    };
    let group = Details { group: details.group, ..Details::default() };
    let share = Details { shared_with: Some("w"), ..Details::default() };
    let detailed = [
        (EventType::Purchase, details),
        (EventType::Refund, details),
        (EventType::GroupOpen, group),
        (EventType::GroupJoin, group),
        (EventType::Share, share),
    ];
    let event = |(kind, details): (EventType, Details<'_>)| {
        let event = Event {
            action: Action::new(kind, details).expect("such events have them"),
            channel: Some("moments".into()),
            ..whole_event(kind.name(), kind)
        };
        (format!("detailed_{}", kind.name()), event)
    };
    detailed.into_iter().map(event).collect()
}

fn item() -> Item {
    let values = [
        ("flag", Attribute::Flag(true)),
        ("number", Attribute::Number(0.1)),
        ("text", Attribute::Text("茶".into())),
        ("texts", Attribute::Texts(vec!["a".into(), String::new()])),
    ];
    Item {
        id: "sku/42".into(),
        name: Some("Runner".into()),
        category: Some("shoes/running".into()),
        tags: vec!["red".into(), "new".into()],
        merchant: Some("m1".into()),
        price: Some(99.5),
        currency: Some("CNY".into()),
        stock: Some(0),
        available: false,
        place: Some(Place { lat: -31.25, lon: 121.5 }),
        created: Some(1_790_000_000_000),
        attributes: values.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

fn user() -> User {
    User {
        id: "用户".into(),
        name: Some("李".into()),
        visibility: Visibility::Private,
        place: Some(Place { lat: 31.25, lon: -121.5 }),
        attributes: BTreeMap::from([("age".to_owned(), Attribute::Number(30.0))]),
    }
}

fn relations() -> Vec<(String, Record)> {
    let both = |kind: RelationKind| {
        let relation = Relation::new("u", kind, "v");
        [
            (format!("relation_{}", kind.name()), Record::Relation(relation.clone())),
            (format!("relation_{}_deleted", kind.name()), Record::RelationDeleted(relation)),
        ]
    };
    RelationKind::ALL.into_iter().flat_map(both).collect()
}

/// The expected record of each golden line, by name.
fn records() -> Vec<(String, Record)> {
    let events = events().into_iter().chain(detailed_events());
    let mut records: Vec<(String, Record)> =
        events.map(|(name, event)| (format!("event_{name}"), Record::Event(event))).collect();
    let rest = [
        ("item", Record::Item(item())),
        ("item_bare", Record::Item(Item::bare("i"))),
        ("item_deleted", Record::ItemDeleted { id: "i".into() }),
        ("user", Record::User(user())),
        ("user_bare", Record::User(User { id: "u".into(), ..User::default() })),
        ("user_deleted", Record::UserDeleted { id: "u".into() }),
    ];
    records.extend(rest.map(|(name, record)| (name.to_owned(), record)));
    records.extend(relations());
    let since = Some(1_500_000_000_000);
    let relation = Relation { since, ..Relation::new("u", RelationKind::Friend, "v") };
    records.push(("relation_since".to_owned(), Record::Relation(relation)));
    records
}

/// The names and bytes of golden lines.
fn golden(lines: &str) -> impl Iterator<Item = (&str, Vec<u8>)> {
    let byte = |pair: &[u8]| {
        let pair = str::from_utf8(pair).expect("hexadecimal is ASCII");
        u8::from_str_radix(pair, 16).expect("two digits are a byte")
    };
    let bytes = move |hex: &str| hex.as_bytes().chunks(2).map(byte).collect();
    lines.lines().map(move |line| {
        let (name, hex) = line.split_once(' ').expect("a name, a space and bytes");
        (name, bytes(hex))
    })
}

/// Writes a log file with one record.
fn write_log(path: &Path, record: &[u8]) {
    let length = (record.len() as u32).to_le_bytes();
    fs::write(path, [&1_u64.to_le_bytes()[..], &length, record].concat())
        .expect("the directory is ours");
}

/// Restores a data directory from this record and reads it back.
fn restored(record: &[u8]) -> Result<Record, StoreError> {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let (log, data) = (scratch.path().join("log"), scratch.path().join("data"));
    write_log(&log, record);
    restore_log(&log, &data)?;
    let store = Store::open(&data)?;
    store.read(Offset(0)).next().expect("a record was restored").map(|(_, record)| record)
}

#[test]
fn every_version_of_every_record_is_read() {
    let expected: BTreeMap<String, Record> = records().into_iter().collect();
    for (version, lines) in GOLDEN {
        for (name, bytes) in golden(lines) {
            assert_eq!(bytes[0], version, "{name}");
            assert_eq!(restored(&bytes).unwrap(), expected[name], "{name} of version {version}");
        }
    }
}

/// The bytes of a record in a log of its own.
fn written(record: Record) -> Vec<u8> {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let (log, data) = (scratch.path().join("log"), scratch.path().join("data"));
    let store = Store::open(&data).expect("a new directory can be opened");
    store.append(&[vec![record]]).expect("the disk has room");
    drop(store);
    let log_of = LogReader::open(&data).expect("it was just written");
    log_of.write_to(&log).expect("the disk has room");
    fs::read(log).expect("it was just written")[12..].to_vec()
}

fn line((name, record): (String, Record)) -> String {
    let add = |mut hex: String, byte: u8| {
        write!(hex, "{byte:02x}").expect("memory takes every text");
        hex
    };
    let hex = written(record).into_iter().fold(String::new(), add);
    format!("{name} {hex}")
}

#[test]
fn what_is_written_has_the_bytes_of_the_latest_version() {
    let (_, lines) = GOLDEN[GOLDEN.len() - 1];
    let found: Vec<String> = records().into_iter().map(line).collect();
    let expected: Vec<&str> = lines.lines().collect();
    assert_eq!(found, expected, "a record has a new shape, and no new version says so");
}
