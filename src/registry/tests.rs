use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::Field;
use arrow::ipc::reader::FileReader;

use guanxi_models::attributes::{FEATURES, Placement};
use guanxi_models::column::WeightedRows;
use guanxi_models::history::{EventWeights, Histories, History, Observation};
use guanxi_models::index::{IndexParams, ItemIndex};
use guanxi_models::model::Rows;
use guanxi_models::params::{FoldIn, Params};
use guanxi_models::world::TieTable;
use guanxi_models::{
    Attribution, Event, EventType, Factors, Ground, ItemIdx, Learned, Model, Offset, Record,
    Relation, RelationKind, User, Visibility, World,
};
use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::system::format::assert_golden;

fn model(watermark: u64) -> Model {
    let mut history = History::default();
    for (item, kind) in [(0, EventType::View), (1, EventType::Purchase)] {
        let item = ItemIdx(item);
        let seen = Observation { item, kind, weight: 1.0, ts: 7, visible: true, in_group: false };
        history.observe(seen, &EventWeights::default());
    }
    let ground = Ground {
        users: ["u", "用户"].into_iter().collect(),
        items: ["i", "j", "k"].into_iter().collect(),
        histories: Histories::from_views(std::iter::once(history.view())),
        ties: TieTable {
            friends: WeightedRows::from_rows(&[vec![(1, 0.5)], vec![(0, 0.5)]]),
            follows: Rows::from_rows(&[vec![], vec![0]]),
            ..TieTable::default()
        },
        private_users: vec![1].into(),
        deleted_items: vec![2].into(),
        popularity: vec![1.0, 1.0, 0.0].into(),
        first_seen: vec![7, 7, 0].into(),
        ..Ground::default()
    };
    let learned = Learned {
        user_factors: Factors::new(16, vec![0.5; 32]).unwrap(),
        item_factors: Factors::new(16, vec![0.25; 48]).unwrap(),
        lists: WeightedRows::from_rows(&[vec![(1, 2.0), (2, 1.0)]]),
        similar: WeightedRows::from_rows(&[vec![(2, 0.5), (1, -0.25)], vec![(0, 1.0)]]),
        bias: vec![0.5, 0.0, 0.0].into(),
        params: Params {
            fold_in: FoldIn { spectrum: vec![0.1; 16], ..FoldIn::default() },
            ..Params::default()
        },
        ..Learned::default()
    };
    Model { watermark: Offset(watermark), ..Model::new(learned, ground) }
}

/// [`model`] that learned something else.
fn model_with(watermark: u64, learn: impl FnOnce(&mut Learned)) -> Model {
    let mut model = model(watermark);
    learn(&mut model.learned);
    model
}

fn extras() -> Extras {
    Extras {
        recipe: "seed = 1\n".into(),
        report: serde_json::json!({"users": 2}),
        page: "<!doctype html>\n".to_owned(),
        metrics: BTreeMap::from([("ndcg@10".to_owned(), 0.25)]),
        created: Timestamp::UNIX_EPOCH,
    }
}

fn opened() -> (TempDir, Registry) {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::open(dir.path()).unwrap();
    (dir, registry)
}

/// Everything in a model but what is derived: rows are compared one by one, because files fill up
/// missing ones.
fn reported(model: &Model) -> String {
    let Model { learned, ground, .. } = model;
    let users: Vec<_> = (0..ground.users.len())
        .map(|user| {
            let facts = (ground.histories.row(user), ground.ties.row(user));
            (ground.users.get(user), facts, learned.user_factors.row(user))
        })
        .collect();
    let items: Vec<_> = (0..ground.items.len())
        .map(|item| {
            let lists = [&learned.lists, &learned.also_bought, &learned.similar];
            let lists = lists.map(|rows| rows.row(item));
            let row = learned.item_factors.row(item);
            (ground.items.get(item), lists, row, ground.popularity[item])
        })
        .collect();
    let sets = (&ground.private_users, &ground.deleted_items);
    let rest = (&learned.params, sets, &ground.first_seen, &learned.bias, model.watermark);
    format!("{users:?} {items:?} {rest:?}")
}

#[test]
fn a_model_that_places_items_comes_back_with_its_map() {
    let (_dir, registry) = opened();
    let values: Vec<f32> = (0..FEATURES * 16).map(|at| at as f32).collect();
    let placing = |dim| {
        let map = Factors::new(dim, values[..FEATURES * 16].repeat(dim / 16)).unwrap();
        model_with(5, |learned| learned.placement = Some(Placement::new(map).unwrap()))
    };
    let version = registry.publish(&placing(16), &extras()).unwrap();
    let placement = registry.load(&version).unwrap().learned.placement.unwrap();
    assert_eq!(placement.map().values()[..], values[..]);
    let plain = registry.publish(&model(6), &extras()).unwrap();
    assert!(registry.load(&plain).unwrap().learned.placement.is_none());
    let wide = registry.publish(&placing(32), &extras()).unwrap();
    assert!(registry.load(&wide).unwrap_err().to_string().contains("another width"));
}

#[test]
fn a_model_comes_back_as_it_was() {
    let (_dir, registry) = opened();
    let version = registry.publish(&model(5), &extras()).unwrap();
    let loaded = registry.load(&version).unwrap();
    assert_eq!(loaded.version, version);
    assert_eq!(reported(&loaded), reported(&model(5)));
    let manifest = registry.show(&version).unwrap();
    assert_eq!((manifest.shapes.items, manifest.metrics["ndcg@10"]), (3, 0.25));
    let (recipe, report) = registry.recipe_and_report(&version).unwrap();
    assert_eq!((recipe.as_str(), &report["users"]), ("seed = 1\n", &serde_json::json!(2)));
}

#[test]
fn a_model_of_the_format_before_is_read_and_what_was_damaged_in_it_noticed() {
    let (_dir, registry) = opened();
    let version = registry.publish(&model(5), &extras()).unwrap();
    let directory = registry.versions.join(&version);
    let manifest = registry.show(&version).unwrap();
    let mut stored: serde_json::Value = serde_json::from_slice(&stored::encode(&manifest)).unwrap();
    stored["format"] = 1.into();
    let by_type = serde_json::json!(manifest.params.events.by_type);
    stored["params"]["events"]["by_type"] = by_type;
    for file in stored["files"].as_array_mut().unwrap() {
        let path = directory.join(file["name"].as_str().unwrap());
        let (_, sum) = disk::sum(&mut fs::File::open(path).unwrap()).unwrap();
        file.as_object_mut().unwrap().remove("xxh3").unwrap();
        file["sha256"] = sum.into();
    }
    fs::write(directory.join(publish::MANIFEST), stored.to_string()).unwrap();
    for pointer in fs::read_dir(&registry.manifests).unwrap() {
        fs::remove_file(pointer.unwrap().path()).unwrap();
    }
    registry.activate(&version, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(reported(&registry.load(&version).unwrap()), reported(&model(5)));

    let file = directory.join(&manifest.files[0].name);
    let mut bytes = fs::read(&file).unwrap();
    bytes[0] ^= 1;
    fs::write(&file, bytes).unwrap();
    let error = registry.load(&version).unwrap_err().to_string();
    assert!(error.contains("has another checksum"), "{error}");
}

#[test]
fn only_as_many_pointers_are_read_as_are_looked_at() {
    let (_dir, registry) = opened();
    let versions = [5, 6].map(|offset| registry.publish(&model(offset), &extras()).unwrap());
    let mut pointers = pointer::newest_first(&registry.manifests).unwrap();
    fs::remove_file(pointer::path(&registry.manifests, 1)).unwrap();
    assert_eq!(pointers.next().unwrap().version, versions[1]);
    assert_eq!(pointers.next(), None);
}

#[test]
fn an_index_comes_back_and_one_of_other_items_is_refused() {
    let (_dir, registry) = opened();
    let values: Vec<f32> = (0..16 * 100_u16).map(|at| f32::from(at % 7) - 3.0).collect();
    let item_factors = Factors::new(16, values).unwrap();
    let params = IndexParams { exact_below: 0, ..IndexParams::default() };
    let index = ItemIndex::build(&item_factors, &Factors::empty(), &params).unwrap();
    assert!(!index.is_exact());
    let items = (0..100).map(|item| item.to_string()).collect();
    let mut indexed = model_with(1, |learned| {
        (learned.item_factors, learned.index) = (item_factors, index);
    });
    indexed.ground.items = items;
    let version = registry.publish(&indexed, &extras()).unwrap();
    let loaded = registry.load(&version).unwrap();
    assert_eq!(format!("{:?}", loaded.learned.index), format!("{:?}", indexed.learned.index));
    let items = ["i", "j"].into_iter().collect();
    let learned = Learned {
        item_factors: Factors::new(16, vec![0.25; 32]).unwrap(),
        index: indexed.learned.index,
        params: indexed.learned.params,
        ..Learned::default()
    };
    let other = Model::new(learned, Ground { items, ..Ground::default() });
    let version = registry.publish(&other, &extras()).unwrap();
    let refused = registry.load(&version).unwrap_err().to_string();
    assert!(refused.contains("index.arrow"), "{refused}");
}

#[test]
fn a_model_from_before_popularity_counted_is_still_read() {
    let (dir, registry) = opened();
    let version = registry
        .publish(&model_with(1, |learned| learned.bias = vec![].into()), &extras())
        .unwrap();
    assert!(registry.load(&version).unwrap().learned.bias.is_empty());
    let manifest = dir.path().join("models/versions").join(&version).join("manifest.json");
    let mut reported: serde_json::Value =
        serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    reported["params"]["blend"].as_object_mut().unwrap().remove("popularity").unwrap();
    fs::write(&manifest, reported.to_string()).unwrap();
    assert!(registry.show(&version).unwrap().params.blend.popularity.abs() < f32::EPSILON);
}

#[test]
fn the_empty_model_comes_back_too() {
    let (_dir, registry) = opened();
    let version = registry.publish(&Model::empty(), &extras()).unwrap();
    assert_eq!(reported(&registry.load(&version).unwrap()), reported(&Model::empty()));
}

#[test]
fn the_newest_number_is_current_and_a_rollback_is_a_new_number() {
    let (_dir, registry) = opened();
    assert_eq!(registry.current().unwrap(), None);
    let first = registry.publish(&model(1), &extras()).unwrap();
    let second = registry.publish(&model(1), &extras()).unwrap();
    assert_ne!(first, second);
    assert_eq!(registry.current().unwrap().unwrap().version, second);
    let back = registry.activate(&first, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((back.number, registry.current().unwrap()), (3, Some(back)));
    assert!(matches!(
        registry.activate("../1", Timestamp::UNIX_EPOCH),
        Err(RegistryError::Unknown { .. })
    ));
}

#[test]
fn a_file_that_is_not_as_it_was_written_is_refused_by_its_name() {
    let (dir, registry) = opened();
    let version = registry.publish(&model(1), &extras()).unwrap();
    let path = dir.path().join("models/versions").join(&version);
    for file in registry.show(&version).unwrap().files {
        let file = path.join(file.name);
        let whole = fs::read(&file).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for bytes in [&flipped[..], &whole[..whole.len() - 1], &[]] {
            fs::write(&file, bytes).unwrap();
            let refused = registry.load(&version).unwrap_err().to_string();
            assert!(refused.contains(file.file_name().unwrap().to_str().unwrap()), "{refused}");
        }
        fs::remove_file(&file).unwrap();
        assert!(registry.load(&version).unwrap_err().to_string().contains("is missing"));
        fs::write(&file, whole).unwrap();
    }
    registry.load(&version).unwrap();
}

#[test]
fn links_to_what_does_not_exist_are_refused() {
    let (_dir, registry) = opened();
    let mut befriended = model(1);
    befriended.ground.ties.friends = WeightedRows::from_rows(&[vec![(2, 0.5)]]);
    let wrong = [
        befriended,
        model_with(1, |learned| learned.lists = WeightedRows::from_rows(&[vec![(3, 0.5)]])),
        model_with(1, |learned| learned.item_factors = Factors::new(32, vec![0.25; 96]).unwrap()),
    ];
    for model in wrong {
        let version = registry.publish(&model, &extras()).unwrap();
        assert!(matches!(registry.load(&version), Err(RegistryError::Damaged { .. })));
    }
}

#[test]
fn half_a_pointer_and_half_a_model_are_passed_over() {
    let (dir, registry) = opened();
    let version = registry.publish(&model(1), &extras()).unwrap();
    fs::write(dir.path().join("models/manifests/00000009.json"), "{\"number\":9").unwrap();
    fs::create_dir(dir.path().join("models/versions/.new-999999999")).unwrap();
    assert_eq!(registry.current().unwrap().unwrap().version, version);
    assert_eq!(registry.list().unwrap().len(), 1);
    let next = registry.publish(&model(2), &extras()).unwrap();
    let current = registry.current().unwrap().unwrap();
    assert_eq!((current.version, current.number), (next, 10));
}

#[test]
fn pruning_keeps_the_newest_the_current_and_nothing_half() {
    let (dir, registry) = opened();
    let versions: Vec<String> =
        (1..=4).map(|at| registry.publish(&model(at), &extras()).unwrap()).collect();
    registry.activate(&versions[0], Timestamp::UNIX_EPOCH).unwrap();
    fs::create_dir(dir.path().join("models/versions/.new-999999999")).unwrap();
    let removed = registry.prune(1).unwrap();
    assert_eq!(removed, [".new-999999999", &versions[1], &versions[2]]);
    assert_eq!(registry.current().unwrap().unwrap().version, versions[0]);
    assert!(matches!(registry.prune(0), Err(RegistryError::KeepNone)));
}

#[test]
fn pruning_keeps_the_model_that_serves_while_newer_ones_are_damaged() {
    let (dir, registry) = opened();
    let versions: Vec<String> =
        (1..=3).map(|at| registry.publish(&model(at), &extras()).unwrap()).collect();
    for damaged in &versions[1..] {
        let file = dir.path().join("models/versions").join(damaged).join("items.arrow");
        fs::write(file, "").unwrap();
    }
    assert_eq!(registry.prune(1).unwrap(), [versions[1].as_str()]);
    registry.load(&versions[0]).unwrap();
}

#[test]
fn a_number_changed_in_the_manifest_is_noticed() {
    let (dir, registry) = opened();
    let version = registry.publish(&model(1), &extras()).unwrap();
    let file = dir.path().join("models/versions").join(&version).join("manifest.json");
    let text = fs::read_to_string(&file).unwrap();
    let changed = text.replace("\"cap\": 10.0", "\"cap\": 90.0");
    assert_ne!(changed, text);
    fs::write(&file, changed).unwrap();
    let refused = registry.load(&version).unwrap_err().to_string();
    assert!(refused.contains("`manifest.json` has another checksum"), "{refused}");
}

/// At most so many places of each file are changed: few at every run, more with
/// `GUANXI_DAMAGE_PLACES`, every byte with a large number.
fn places() -> usize {
    std::env::var("GUANXI_DAMAGE_PLACES").map_or(6, |places| places.parse().unwrap())
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_changed_byte_anywhere_is_noticed_or_does_no_harm() {
    let (dir, registry) = opened();
    let older = registry.publish(&model(1), &extras()).unwrap();
    let version = registry.publish(&model(2), &extras()).unwrap();
    let expected = reported(&model(2));
    let of_newest = |file: &PathBuf| !file.to_str().unwrap().contains(&older);
    let mut tries = 0;
    for file in files(dir.path()).into_iter().filter(of_newest) {
        let whole = fs::read(&file).unwrap();
        let places = places().min(whole.len());
        for place in 0..places {
            let mut changed = whole.clone();
            changed[whole.len() * place / places] ^= 0x21;
            fs::write(&file, changed).unwrap();
            let served = registry.current().unwrap().map(|pointer| registry.load(&pointer.version));
            let is_unharmed =
                |model: &Model| model.version == version && reported(model) == expected;
            let is_noticed = registry.unreadable_pointer().unwrap().is_some()
                || served.as_ref().is_none_or(Result::is_err);
            let does_no_harm =
                served.is_some_and(|model| model.is_ok_and(|model| is_unharmed(&model)));
            assert!(is_noticed || does_no_harm, "place {place} of {}", file.display());
        }
        fs::write(&file, whole).unwrap();
        tries += places;
    }
    registry.load(&version).unwrap();
    println!("{tries} changed files");
}

/// A model with every fact, learned table and index.
fn whole_model() -> Model {
    let mut world = World::new(Arc::new(Model::empty()));
    let relation = |kind, to: &str| Record::Relation(Relation::new("u", kind, to));
    let came = Attribution { recommendation_id: None, sharer: Some("v".into()) };
    let bought = Event::new("e", "u", "i", EventType::Purchase, 86_400_000);
    let bought = Event { session: Some("s".into()), attribution: Some(came), ..bought };
    let hidden = User { visibility: Visibility::Private, id: "u".into(), ..User::default() };
    let records = [
        Record::Event(bought),
        relation(RelationKind::Friend, "v"),
        relation(RelationKind::Follow, "v"),
        relation(RelationKind::Block, "w"),
        relation(RelationKind::Member, "class"),
        Record::User(hidden),
        Record::ItemDeleted { id: "j".into() },
        Record::Event(Event::new("f", "v", "k", EventType::View, 86_400_000)),
    ];
    records.iter().zip(1..).for_each(|(record, at)| world.apply(Offset(at), record));
    let rows = WeightedRows::from_rows(&[vec![(1, 2.0)]]);
    let factors = Factors::new(16, vec![0.25; 48]).unwrap();
    let map = Factors::new(16, vec![0.5; FEATURES * 16]).unwrap();
    let learned = Learned {
        user_factors: factors.clone(),
        profiles: factors.clone(),
        index: ItemIndex::build(&factors, &factors, &IndexParams::default()).unwrap(),
        item_factors: factors,
        placement: Some(Placement::new(map).unwrap()),
        also_bought: rows.clone(),
        ..model(0).learned
    };
    Model { watermark: world.offset(), ..Model::new(learned, world.ground()) }
}

/// Each column of each table, with its type.
fn columns(directory: &Path) -> String {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "arrow"));
    files.sort();
    let of_file = |path: &PathBuf| -> String {
        let table = FileReader::try_new(fs::File::open(path).unwrap(), None).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let schema = table.schema();
        let line = |field: &Arc<Field>| format!("{name} {}: {}\n", field.name(), field.data_type());
        schema.fields().iter().map(line).collect()
    };
    files.iter().map(of_file).collect()
}

#[test]
fn the_columns_of_models_are_those_of_their_format() {
    let (dir, registry) = opened();
    let version = registry.publish(&whole_model(), &extras()).unwrap();
    let written = columns(&dir.path().join("models/versions").join(&version));
    let golden = include_bytes!("../../tests/formats/golden/model/3/columns.txt");
    assert_golden("model", 3, written.as_bytes(), golden);
    let loaded = registry.load(&version).unwrap();
    assert_eq!(format!("{:?}", loaded.ground), format!("{:?}", whole_model().ground));
}
