use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use guanxi_models::{
    Action, Attribute, Attribution, Details, Event, EventType, Item, Offset, Place, Record,
    Relation, RelationKind, User, Visibility,
};
use tempfile::TempDir;

use super::*;
use crate::store::{LogReader, Store};

const DAY: i64 = 86_400_000;

/// A log, to be exported.
struct World {
    dir: TempDir,
    log: LogReader,
    lake: PathBuf,
}

impl World {
    fn new(records: Vec<Record>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("data")).unwrap();
        let lake = dir.path().join("lake");
        let world = Self { dir, log: LogReader::Own(Box::new(store)), lake };
        world.append(records);
        world
    }

    fn append(&self, records: Vec<Record>) {
        let LogReader::Own(store) = &self.log else { panic!("the store is ours") };
        store.append(&[records]).unwrap();
    }

    fn export(&self) -> Result<Exported, LakeError> {
        self.export_by(ROWS_PER_PASS)
    }

    fn export_by(&self, rows: usize) -> Result<Exported, LakeError> {
        let mut lake = Lake::open(&self.lake)?;
        lake.rows_per_pass = rows;
        lake.export(&self.log, |_| ())
    }

    fn log(&self) -> Vec<(Offset, Record)> {
        self.log.read(Offset(0)).unwrap().map(Result::unwrap).collect()
    }

    fn lake(&self) -> Vec<(Offset, Record)> {
        read(&self.lake).unwrap().map(Result::unwrap).collect()
    }

    fn part(&self, number: usize) -> PathBuf {
        self.lake.join(&Manifest::load(&self.lake).unwrap().files[number].path)
    }
}

fn event(id: usize, ts: i64) -> Record {
    Record::Event(Event::new(&format!("e{id}"), "u", "i", EventType::Purchase, ts))
}

/// Events of five days, in no order.
fn events(ids: std::ops::Range<usize>) -> Vec<Record> {
    ids.map(|id| event(id, (id * 7 % 5) as i64 * DAY)).collect()
}

const DETAILS: Details<'static> = Details {
    order: Some("o"),
    group: Some("g"),
    discount: Some(0.1 + 0.2),
    offer: Some("half"),
    shared_with: Some("w"),
};

fn whole_event(kind: EventType, ts: i64) -> Event {
    Event {
        weight: 0.1,
        quantity: u32::MAX,
        price: Some(0.1 + 0.2),
        currency: Some("CNY".into()),
        circle: Some("同学/2026".into()),
        session: Some("s\"1".into()),
        channel: Some("qr".into()),
        action: Action::fitting(kind, DETAILS),
        attribution: Some(Attribution {
            recommendation_id: Some("r".into()),
            sharer: Some("v".into()),
        }),
        visibility: Some(Visibility::Private),
        ..Event::new(kind.name(), "用户", "i,1", kind, ts)
    }
}

fn whole_item() -> Item {
    let values = [
        ("text", Attribute::Text("t".into())),
        ("number", Attribute::Number(1e-7)),
        ("flag", Attribute::Flag(false)),
        ("texts", Attribute::Texts(vec!["a".into(), String::new()])),
    ];
    Item {
        id: "i".into(),
        name: Some("茶 \"tea\"".into()),
        category: Some("food/tea".into()),
        tags: vec!["a".into(), "b".into()],
        merchant: Some("m".into()),
        price: Some(9.99),
        currency: Some("CNY".into()),
        stock: Some(0),
        available: false,
        place: Some(Place { lat: -31.1, lon: 121.000_000_1 }),
        created: Some(-5),
        attributes: BTreeMap::from(values.map(|(name, value)| (name.to_owned(), value))),
    }
}

fn relations() -> impl Iterator<Item = Record> {
    RelationKind::ALL.into_iter().flat_map(|kind| {
        let relation = Relation { since: Some(5), ..Relation::new("u", kind, "v") };
        [Record::Relation(relation.clone()), Record::RelationDeleted(relation)]
    })
}

/// Every kind of record, with everything optional, without it, and with parts of it.
fn zoo() -> Vec<Record> {
    let mut records: Vec<Record> =
        EventType::ALL.into_iter().map(|kind| Record::Event(whole_event(kind, 3 * DAY))).collect();
    let shown = Event { visibility: Some(Visibility::Friends), ..whole_event(EventType::View, 0) };
    let sharer = Attribution { recommendation_id: None, sharer: Some("w".into()) };
    let listed = Attribution { recommendation_id: Some("q".into()), sharer: None };
    for (attribution, id) in [sharer, listed, Attribution::default()].into_iter().zip(0..) {
        let attribution = Some(attribution);
        let event = Event { attribution, event_id: format!("a{id}"), ..shown.clone() };
        records.push(Record::Event(event));
    }
    let times = [0, 1, -1, i64::MIN, i64::MAX];
    records.extend(times.into_iter().zip(0..).map(|(ts, id)| event(id, ts)));
    let user = User { id: "u".into(), ..User::default() };
    let Item { place, attributes, .. } = whole_item();
    let visibility = Visibility::Private;
    let whole_user =
        User { name: Some("李".into()), visibility, place, attributes, ..user.clone() };
    records.extend([
        Record::Item(Item::bare("i")),
        Record::Item(whole_item()),
        Record::ItemDeleted { id: "i".into() },
        Record::User(user),
        Record::User(whole_user),
        Record::UserDeleted { id: "u".into() },
    ]);
    records.extend(relations());
    records
}

#[test]
fn every_kind_of_record_comes_back_as_it_was() {
    let world = World::new(zoo());
    assert_eq!(world.export().unwrap().through, Offset(zoo().len() as u64));
    assert_eq!(world.lake(), world.log());
    assert_eq!(world.log().into_iter().map(|(_, record)| record).collect::<Vec<_>>(), zoo());
}

#[test]
fn days_and_passes_make_parts_that_come_back_in_order() {
    let world = World::new(events(0..103));
    let exported = world.export_by(10).unwrap();
    assert_eq!((exported.before, exported.through), (Offset(0), Offset(103)));
    // Ten passes of five days each, and one of three.
    assert_eq!(exported.files, 10 * 5 + 3);
    assert!(world.part(0).ends_with("records/day=unknown/part-1-6.parquet"));
    assert!(world.part(1).ends_with("records/day=1970-01-03/part-2-7.parquet"));
    assert_eq!(world.lake(), world.log());
}

#[test]
fn an_export_goes_on_where_the_last_one_ended() {
    let world = World::new(events(0..20));
    world.export().unwrap();
    let first = fs::read(world.part(0)).unwrap();
    assert_eq!(through(&world.lake).unwrap(), Offset(20));
    world.append(events(20..25));
    let next = world.export().unwrap();
    assert_eq!((next.before, next.through, next.files), (Offset(20), Offset(25), 5));
    assert_eq!(fs::read(world.part(0)).unwrap(), first);
    assert_eq!(world.lake(), world.log());
    assert_eq!(world.export().unwrap().files, 0);
}

#[test]
fn an_empty_log_makes_no_lake_until_there_is_something() {
    let world = World::new(Vec::new());
    assert_eq!(world.export().unwrap().through, Offset(0));
    assert!(matches!(read(&world.lake), Err(LakeError::Absent { .. })));
    world.append(events(0..1));
    world.export().unwrap();
    assert_eq!(world.lake(), world.log());
}

/// An interrupted export may leave parts of a pass without their manifest, half a part, half a
/// manifest.
#[test]
fn what_an_interrupted_export_left_is_cleared_away() {
    let world = World::new(events(0..20));
    world.export_by(10).unwrap();
    let manifest = world.lake.join("manifest.json");
    let mut before = Manifest::load(&world.lake).unwrap();
    let second = world.part(5);
    before.files.truncate(5);
    before.through = Offset(10);
    before.store(&world.lake).unwrap();
    let half = world.lake.join("records/day=unknown/part-11-19.new");
    fs::write(&half, "PAR1").unwrap();
    fs::write(world.lake.join("manifest.new"), "{").unwrap();
    assert_eq!(world.lake().len(), 10);
    let lake = Lake::open(&world.lake).unwrap();
    assert!(!second.exists() && !half.exists() && world.part(0).exists());
    drop(lake);
    assert_eq!(world.export().unwrap().before, Offset(10));
    assert_eq!(world.lake(), world.log());
    fs::remove_file(manifest).unwrap();
    assert_eq!(world.export().unwrap().before, Offset(0));
    assert_eq!(world.lake(), world.log());
}

#[test]
fn a_part_that_is_not_as_it_was_written_is_refused_by_its_name() {
    let world = World::new(events(0..20));
    world.export().unwrap();
    let path = world.part(3);
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for bytes in [&flipped[..], &whole[1..], &[]] {
        fs::write(&path, bytes).unwrap();
        let refused = read(&world.lake).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let reported = refused.unwrap_err().to_string();
        assert!(reported.contains(path.to_str().unwrap()), "{reported}");
    }
    fs::remove_file(&path).unwrap();
    let reported = world.export().unwrap_err().to_string();
    assert!(reported.contains("is missing"), "{reported}");
}

#[test]
fn reading_ends_after_an_error() {
    let world = World::new(events(0..20));
    world.export_by(10).unwrap();
    let path = world.part(7);
    let mut bytes = fs::read(&path).unwrap();
    bytes[9] ^= 1;
    fs::write(&path, bytes).unwrap();
    let entries: Vec<_> = read(&world.lake).unwrap().collect();
    assert_eq!(entries.len(), 11);
    assert!(matches!(entries[10], Err(LakeError::Damaged { .. })));
}

#[test]
fn a_manifest_of_another_version_is_refused_by_its_number() {
    let world = World::new(events(0..5));
    world.export().unwrap();
    let later = r#"{"schema_version":9,"through":5,"parts":{}}"#;
    fs::write(world.lake.join("manifest.json"), later).unwrap();
    assert!(matches!(world.export(), Err(LakeError::Version { found: 9, .. })));
    assert!(matches!(read(&world.lake), Err(LakeError::Version { found: 9, .. })));
}

#[test]
fn a_lake_of_version_1_is_read_and_goes_on_as_one_of_the_present_version() {
    let world = World::new(events(0..5));
    world.export().unwrap();
    let manifest = world.lake.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let old = text.replace("\"schema_version\": 2", "\"schema_version\": 1");
    assert_ne!(old, text);
    fs::write(&manifest, old).unwrap();
    assert_eq!(world.lake(), world.log());
    world.append(events(5..9));
    world.export().unwrap();
    assert!(fs::read_to_string(&manifest).unwrap().contains("\"schema_version\": 2"));
    assert_eq!(world.lake(), world.log());
}

#[test]
fn a_damaged_manifest_is_refused() {
    let world = World::new(events(0..20));
    world.export_by(10).unwrap();
    let path = world.lake.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    let damages = [
        ("{", String::new()),
        ("\"through\": 20", "\"through\": 21".into()),
        ("\"rows\": 2", "\"rows\": 3".into()),
        ("\"first\": 11", "\"first\": 12".into()),
        ("records/", "../records/".into()),
        ("\"rows\": 2", format!("\"rows\": {}", u64::MAX)),
    ];
    for (from, to) in damages {
        let damaged = text.replacen(from, &to, 1);
        assert_ne!(damaged, text);
        fs::write(&path, damaged).unwrap();
        assert!(matches!(world.export(), Err(LakeError::Damaged { .. })), "{from} -> {to}");
        assert!(matches!(read(&world.lake), Err(LakeError::Damaged { .. })), "{from} -> {to}");
    }
}

#[test]
fn the_lake_of_another_log_is_left_alone() {
    let world = World::new(events(0..20));
    world.export().unwrap();
    let held = world.lake();
    for other in [events(100..130), events(0..10)] {
        let other = World { lake: world.lake.clone(), ..World::new(other) };
        let refused = other.export();
        assert!(matches!(refused, Err(LakeError::OtherLog { offset: Offset(20), .. })));
    }
    assert_eq!(world.lake(), held);
}

#[test]
fn a_directory_of_something_else_is_left_alone() {
    let world = World::new(events(0..5));
    fs::create_dir(&world.lake).unwrap();
    fs::write(world.lake.join("holiday.jpg"), "x").unwrap();
    assert!(matches!(world.export(), Err(LakeError::Foreign { .. })));
    assert_eq!(fs::read_dir(&world.lake).unwrap().count(), 1);
}

#[test]
fn one_export_at_a_time() {
    let world = World::new(events(0..5));
    let first = Lake::open(&world.lake).unwrap();
    assert!(matches!(world.export(), Err(LakeError::Locked { .. })));
    drop(first);
    world.export().unwrap();
}

#[test]
fn the_log_of_a_running_service_is_exported() {
    let world = World::new(events(0..20));
    let LogReader::Own(store) = &world.log else { panic!("the store is ours") };
    let _server = store.serve_log().unwrap();
    let remote = LogReader::open(&world.dir.path().join("data")).unwrap();
    assert!(matches!(remote, LogReader::Remote { .. }));
    let mut heard = Vec::new();
    let mut lake = Lake::open(&world.lake).unwrap();
    lake.rows_per_pass = 8;
    lake.export(&remote, |through| heard.push(through.0)).unwrap();
    assert_eq!(heard, [8, 16, 20]);
    assert_eq!(world.lake(), world.log());
}
