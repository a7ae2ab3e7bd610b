//! Property tests: the state depends only on the log, for any writes in any groups.

use std::path::Path;
use std::sync::Arc;

use guanxi_models::history::Entry;
use guanxi_models::world::Detail;
use guanxi_models::{CircleIdx, Item, ItemIdx, Model, Offset, Record, User, UserIdx, World};
use guanxi_training::data::dataset::Dataset;
use guanxi_training::error::FitError;
use guanxi_training::fit::fit;
use guanxi_training::observer::Silent;
use guanxi_training::recipe::Recipe;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Engine, Options};
use crate::registry::{Extras, Registry};
use crate::store::LogReader;
use crate::testing::arbitrary::{cases, record};

/// All facts of a world, without the learned part of its model.
#[derive(Debug, PartialEq)]
struct Facts {
    offset: Offset,
    people: Vec<PersonFacts>,
    items: Vec<(String, Option<Arc<Item>>)>,
    circles: Vec<(String, Vec<u32>)>,
    deleted: Vec<u32>,
    popularity: Vec<f32>,
    arrivals: Vec<i64>,
}

#[derive(Debug, PartialEq)]
struct PersonFacts {
    id: String,
    record: Option<Arc<User>>,
    is_private: bool,
    history: Vec<Entry>,
    friends: Vec<u32>,
    follows: Vec<u32>,
    blocks: Vec<u32>,
    circles: Vec<String>,
    details: Vec<Detail>,
}

impl Facts {
    fn of(world: &World) -> Self {
        let name_of = |circle| world.circle_ids().name(circle).unwrap().to_string();
        let person = |(number, id): (usize, &Arc<str>)| {
            let user = UserIdx(number as u32);
            let ties = world.ties(user);
            PersonFacts {
                id: id.to_string(),
                record: world.user(id).cloned(),
                is_private: world.is_private(user),
                history: world.history(user).entries().collect(),
                friends: ties.friends.to_vec(),
                follows: ties.follows.to_vec(),
                blocks: ties.blocks.to_vec(),
                circles: world.circles(user).iter().map(|&circle| name_of(circle)).collect(),
                details: world.details(user).collect(),
            }
        };
        let item = |(number, id): (usize, &Arc<str>)| {
            (id.to_string(), world.item_at(ItemIdx(number as u32)).cloned())
        };
        let circle = |(number, id): (usize, &Arc<str>)| {
            (id.to_string(), world.members(CircleIdx(number as u32)).to_vec())
        };
        Self {
            offset: world.offset(),
            people: world.user_ids().names().enumerate().map(person).collect(),
            items: world.item_ids().names().enumerate().map(item).collect(),
            circles: world.circle_ids().names().enumerate().map(circle).collect(),
            deleted: world.catalogue().deleted().iter().collect(),
            popularity: world.popularity().iter().copied().collect(),
            arrivals: world.arrivals().iter().copied().collect(),
        }
    }
}

/// The log of a directory, applied to an empty world, through an offset.
fn replayed(dir: &Path, last: Offset) -> World {
    let mut world = World::new(Arc::new(Model::empty()));
    let log = LogReader::open(dir).unwrap();
    for entry in log.read(Offset(0)).unwrap() {
        let (offset, record) = entry.unwrap();
        if offset <= last {
            world.apply(offset, &record);
        }
    }
    world
}

fn open(dir: &Path) -> Engine {
    Engine::open(dir, Options::default()).unwrap()
}

fn write(engine: &Engine, records: &[Record], at_once: usize) {
    for group in records.chunks(at_once) {
        engine.write_blocking(group.to_vec()).unwrap();
    }
}

/// A model trained on this world; none without events.
fn trained(world: &World) -> Option<Model> {
    let mut recipe = Recipe::built_in("quick").unwrap();
    (recipe.embedding.dim, recipe.embedding.sweeps) = (16, 1);
    match fit(&Dataset::from(world), &recipe, world.offset(), &mut Silent) {
        Ok((model, _)) => Some(model),
        Err(FitError::Empty { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn the_live_state_is_what_its_log_replays_to_and_older_states_stay(
        records in vec(record(), 1..60), at_once in 1..12_usize,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let engine = open(dir.path());
        let mut seen = Vec::new();
        for group in records.chunks(at_once) {
            engine.write_blocking(group.to_vec()).unwrap();
            seen.push(engine.world());
        }
        let live = Facts::of(&engine.world());
        drop(engine);
        prop_assert_eq!(&Facts::of(&open(dir.path()).world()), &live);
        for world in seen {
            prop_assert_eq!(Facts::of(&world), Facts::of(&replayed(dir.path(), world.offset())));
        }
    }

    #[test]
    fn a_model_and_what_came_since_is_what_a_model_of_everything_is(
        records in vec(record(), 20..120), share in 0.0..=1.0,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (before, since) = records.split_at((records.len() as f64 * share) as usize);
        let engine = open(dir.path());
        write(&engine, before, 16);
        if let Some(model) = trained(&engine.world()) {
            Registry::open(dir.path()).unwrap().publish(&model, &Extras::default()).unwrap();
        }
        write(&engine, since, 16);
        drop(engine);
        let engine = open(dir.path());
        let reported = Facts::of(&engine.world());
        drop(engine);
        let everything = replayed(dir.path(), reported.offset);
        prop_assert_eq!(&reported, &Facts::of(&everything));
        if let Some(model) = trained(&everything) {
            Registry::open(dir.path()).unwrap().publish(&model, &Extras::default()).unwrap();
            let engine = open(dir.path());
            prop_assert_eq!(engine.world().model().watermark, reported.offset);
            prop_assert_eq!(&Facts::of(&engine.world()), &reported);
        }
    }
}
