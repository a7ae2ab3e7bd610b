use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guanxi_models::model::Rows;
use guanxi_models::{
    Event, EventType, Ground, Item, Learned, Model, Offset, Record, Relation, RelationKind, World,
};
use guanxi_models::{Query, Scenario, User, Visibility};

use super::*;
use crate::registry::{Extras, Registry};
use crate::store::{LogReader, Outcome, StoreError};

fn open(dir: &Path) -> Engine {
    Engine::open(dir, Options { poll_interval: Duration::from_millis(5), min_free: 0 }).unwrap()
}

fn buys(id: &str, user: &str, item: &str) -> Record {
    Record::Event(Event::new(id, user, item, EventType::Purchase, 1_000))
}

fn friends(one: &str, other: &str) -> Record {
    Record::Relation(Relation::new(one, RelationKind::Friend, other))
}

fn publish(dir: &Path, model: &Model) -> String {
    Registry::open(dir).unwrap().publish(model, &Extras::default()).unwrap()
}

fn friends_also_bought(engine: &Engine, user: &str) -> Vec<String> {
    let world = engine.world();
    let scenario = Scenario::FRIENDS_ALSO_BOUGHT;
    let query =
        Query { scenario, user: Some(user.into()), min_friends: 1, limit: 5, ..Query::default() };
    let answer = world.recommend(&query, &mut guanxi_models::recommend::Scratch::default());
    answer.unwrap().items.iter().map(|one| world.item_id(one.id).to_owned()).collect()
}

/// Waits for what another thread will bring about; the test runner's own limit is the bound.
fn until(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(1), "it never came about");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn an_answered_write_is_in_the_next_answer_and_in_the_next_process() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path());
    let outcomes =
        engine.write_blocking(vec![friends("u", "f"), buys("e", "f", "i"), buys("e", "f", "i")]);
    let stored = |offset| Outcome::Stored(Offset(offset));
    assert_eq!(outcomes.unwrap(), [stored(1), stored(2), Outcome::Duplicate(Offset(2))]);
    assert_eq!(friends_also_bought(&engine, "u"), ["i"]);
    drop(engine);
    let engine = open(dir.path());
    assert_eq!(friends_also_bought(&engine, "u"), ["i"]);
    assert_eq!(engine.status().offset, Offset(2));
}

#[test]
fn concurrent_writers_are_all_answered_with_different_offsets() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path());
    let mut offsets: Vec<Offset> = std::thread::scope(|scope| {
        let engine = &engine;
        let write = |writer: u32| {
            move || {
                let write =
                    |at| engine.write_blocking(vec![buys(&format!("{writer}-{at}"), "u", "i")]);
                (0..20).map(write).map(|outcome| outcome.unwrap()[0]).collect::<Vec<_>>()
            }
        };
        let writers: Vec<_> = (0..8).map(|writer| scope.spawn(write(writer))).collect();
        let outcomes = writers.into_iter().flat_map(|writer| writer.join().unwrap());
        outcomes
            .map(|outcome| match outcome {
                Outcome::Stored(offset) => offset,
                other => panic!("{other:?}"),
            })
            .collect()
    });
    offsets.sort();
    assert!(offsets.into_iter().eq((1..=160).map(Offset)));
}

#[test]
fn no_more_commits_begin_than_there_were_milliseconds() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path());
    let began = Instant::now();
    for at in 0..80 {
        engine.write_blocking(vec![buys(&at.to_string(), "u", "i")]).unwrap();
    }
    let (commits, most) = (engine.status().commits, began.elapsed().as_millis() as u64 + 1);
    assert!(commits == 80 && commits <= most, "{commits} {most}");
}

#[test]
fn a_read_modify_write_sees_the_write_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for _ in 0..3 {
            let add_tag = |world: &guanxi_models::World| {
                let mut item =
                    world.item("i").map_or_else(|| Item::bare("i"), |item| (**item).clone());
                item.tags.push("again".into());
                vec![Record::Item(item)]
            };
            engine.write_with(Box::new(add_tag)).await.unwrap();
        }
    });
    assert_eq!(engine.world().item("i").unwrap().tags.len(), 3);
}

#[test]
fn a_published_model_is_taken_and_what_came_after_its_watermark_stays() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path());
    engine
        .write_blocking(vec![friends("u", "f"), buys("1", "f", "i"), buys("2", "f", "j")])
        .unwrap();
    let ground = Ground {
        users: ["u", "f"].into_iter().collect(),
        items: ["i"].into_iter().collect(),
        ..Ground::default()
    };
    let model = Model { watermark: Offset(2), ground, ..Model::empty() };
    let version = publish(dir.path(), &model);
    until(|| engine.status().model.is_some_and(|served| served.version == version));
    // This model knows nothing of the purchase at offset 2, which it claims to hold; offset 3 comes
    // on top.
    assert_eq!(engine.world().history(guanxi_models::UserIdx(1)).len(), 1);
    assert_eq!(engine.world().offset(), Offset(3));
    drop(engine);
    let status = open(dir.path()).status();
    assert_eq!(status.model.unwrap().version, version);
}

#[test]
fn a_damaged_model_and_one_of_another_log_are_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path());
    let good = publish(dir.path(), &Model::empty());
    until(|| engine.status().model.is_some());
    let ahead = publish(dir.path(), &Model { watermark: Offset(99), ..Model::empty() });
    until(|| engine.status().model_error.is_some_and(|error| error.contains(&ahead)));
    let broken = publish(dir.path(), &Model::empty());
    let table = dir.path().join("models/versions").join(&broken).join("items.arrow");
    drop(engine);
    fs::write(table, "x").unwrap();
    let status = open(dir.path()).status();
    assert!(status.model_error.unwrap().contains("items.arrow"));
    assert_eq!(status.model.unwrap().version, good);
}

#[test]
fn a_private_user_stays_private_through_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path());
    let with = |visibility| Record::User(User { id: "f".into(), visibility, ..User::default() });
    engine
        .write_blocking(vec![
            friends("u", "f"),
            with(Visibility::Private),
            buys("1", "f", "hidden"),
            with(Visibility::Friends),
            buys("2", "f", "shown"),
        ])
        .unwrap();
    assert_eq!(friends_also_bought(&engine, "u")[0], "shown");
    let reported = engine.world().history(engine.world().user_idx("f").unwrap()).flags.to_vec();
    drop(engine);
    let world = open(dir.path()).world();
    assert_eq!(world.history(world.user_idx("f").unwrap()).flags, reported);
}

#[test]
fn a_directory_is_served_by_one_process_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let _engine = open(dir.path());
    let second = Engine::open(dir.path(), Options::default());
    assert!(matches!(second, Err(EngineError::Store(StoreError::Locked { .. }))));
}

/// The circles of a user, as a world names them.
fn circles(world: &World, user: &str) -> Vec<String> {
    let numbers = world.user_idx(user).map(|user| world.circles(user)).unwrap_or_default();
    numbers.iter().map(|&circle| world.circle_ids().name(circle).unwrap().to_string()).collect()
}

#[test]
fn a_model_from_before_memberships_were_kept_finds_them_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let member = |from: &str, to: &str| Relation::new(from, RelationKind::Member, to);
    let engine = open(dir.path());
    let before = vec![
        buys("1", "u", "i"),
        Record::Relation(member("u", "class")),
        Record::Relation(member("left", "class")),
        Record::RelationDeleted(member("left", "class")),
        Record::Relation(member("gone", "class")),
        Record::UserDeleted { id: "gone".into() },
    ];
    let watermark = Offset(before.len() as u64);
    engine.write_blocking(before).unwrap();
    let ground = Ground { memberships: Rows::default(), ..engine.world().ground() };
    publish(dir.path(), &Model { watermark, ..Model::new(Learned::default(), ground) });
    engine.write_blocking(vec![Record::Relation(member("u", "choir"))]).unwrap();
    drop(engine);
    let engine = open(dir.path());
    let model = Arc::clone(engine.world().model());
    assert!(engine.world().lacks_memberships() && model.watermark == watermark);
    let live = engine.world();
    drop(engine);
    let read = world_from_log(model, &LogReader::open(dir.path()).unwrap()).unwrap();
    for world in [&*live, &read] {
        assert_eq!(circles(world, "u"), ["class", "choir"]);
        assert!(circles(world, "left").is_empty() && circles(world, "gone").is_empty());
    }
}
