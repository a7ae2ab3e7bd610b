//! Events change the next answer without training. The data are the public set `sociallgn_lastfm`
//! where present, else a generated market.

#![allow(clippy::print_stdout, reason = "says on which data it ran")]

use std::path::Path;
use std::sync::Arc;

use guanxi::import::{Mapping, read_interactions, read_relations};
use guanxi_models::fold_in::fold_in;
use guanxi_models::kernel::dot;
use guanxi_models::recommend::Scratch;
use guanxi_models::solver::RowSolver;
use guanxi_models::{Event, EventType, Ground, Learned, Model, Offset, Query, Record, World};
use guanxi_training::data::dataset::Dataset;
use guanxi_training::fit::fit;
use guanxi_training::market::{MarketParams, records};
use guanxi_training::observer::Silent;
use guanxi_training::recipe::Recipe;

const NOW: i64 = 1_790_000_000_000;
/// The number of users in each test.
const ASKED: usize = 40;

fn recipe() -> Recipe {
    let mut recipe = Recipe::built_in("quick").expect("it is built in");
    recipe.embedding.sweeps = 4;
    recipe.blend.users = 100;
    recipe.split.repeats = 1;
    recipe
}

/// The records of `sociallgn_lastfm`, or of the generated market.
fn log() -> Vec<Record> {
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/sociallgn_lastfm");
    if !set.exists() {
        println!("skipped: no data; the generated market stands in");
        return records(&MarketParams::at(NOW).sized(500, 300, 15_000)).collect();
    }
    let mapping = Mapping::new(NOW);
    let relations = read_relations(&set.join("social.parquet"), &mapping).expect("a table");
    let events = read_interactions(&set.join("train.parquet"), &mapping).expect("a table");
    let relations = relations.map(|row| Record::Relation(row.expect("a relation")));
    relations.chain(events.map(|row| Record::Event(row.expect("an event")))).collect()
}

/// The world of a service after training on the log.
fn served() -> World {
    let params = guanxi_models::params::Params {
        events: recipe().event_weights(),
        ..guanxi_models::params::Params::default()
    };
    let learned = Learned { params, ..Learned::default() };
    let mut world = World::new(Arc::new(Model::new(learned, Ground::default())));
    for record in log() {
        world.apply(world.offset().next(), &record);
    }
    let (mut model, _) =
        fit(&Dataset::from(&world), &recipe(), Offset(1), &mut Silent).expect("there are events");
    // Every part of the score counts here, whatever weights the blend has learned.
    let blend = &mut model.learned.params.blend;
    blend.embedding = blend.embedding.max(1.0);
    World::new(Arc::new(model))
}

fn after(world: &World, user: &str, item: &str, kinds: &[EventType]) -> World {
    let mut world = world.clone();
    for (at, &kind) in kinds.iter().enumerate() {
        let event = Event::new(&format!("new{at}"), user, item, kind, NOW + at as i64);
        world.apply(world.offset().next(), &Record::Event(event));
    }
    world
}

/// The score of an item for a user by the embedding.
fn expected(world: &World, user: &str, item: u32) -> f32 {
    let user = world.user_idx(user).expect("the user is known");
    let (history, ties) = (world.history(user), world.ties(user));
    let row = fold_in(world.model(), history, ties, &mut RowSolver::default());
    dot(&row, world.model().learned.item_factors.row(item as usize).expect("the item was trained"))
}

fn for_you(world: &World, user: &str) -> Vec<u32> {
    let query = Query { user: Some(user.to_owned()), ..Query::default() };
    let answer = world.recommend(&query, &mut Scratch::default()).expect("a sound question");
    answer.items.iter().map(|one| one.id.0).collect()
}

/// Active users, spread evenly over all, each with the first item of their list.
fn asked(world: &World) -> Vec<(String, u32)> {
    let users = world.model().ground.users.len();
    let all = (0..users).step_by((users / ASKED).max(1));
    all.filter(|&user| !world.model().ground.histories.row(user).items.is_empty())
        .map(|user| world.model().ground.users.get(user).expect("it is below the end").to_owned())
        .map(|user| (user.clone(), for_you(world, &user)[0]))
        .collect()
}

fn without(list: &[u32], item: u32) -> Vec<u32> {
    list.iter().copied().filter(|&other| other != item).collect()
}

#[test]
fn a_purchase_moves_the_next_answer_and_speaking_against_it_moves_it_the_other_way() {
    let world = served();
    let asked = asked(&world);
    let mut moved = 0;
    for (user, item) in &asked {
        let (user, item) = (user.as_str(), *item);
        let id = world.model().ground.items.get(item as usize).expect("it was listed").to_owned();
        let before = expected(&world, user, item);
        let bought = after(&world, user, &id, &[EventType::Purchase]);
        let refunded = after(&world, user, &id, &[EventType::Purchase, EventType::Refund]);
        let dismissed = after(&world, user, &id, &[EventType::Dismiss]);
        // Another item also adds a unit of ridge, so an expectation near 1 may fall slightly.
        assert!(expected(&bought, user, item) > before.min(0.7), "{user} bought {id}");
        assert!(expected(&refunded, user, item) < before, "{user} gave {id} back");
        assert!(expected(&dismissed, user, item) < before, "{user} dismissed {id}");
        let lists = [&world, &bought, &refunded, &dismissed].map(|world| for_you(world, user));
        assert!(lists[1..].iter().all(|list| !list.contains(&item)), "{user} was done with {id}");
        let is_moved = without(&lists[0], item)[..10] != lists[1][..10];
        moved += usize::from(is_moved && lists[1] != lists[2]);
    }
    assert!(asked.len() >= ASKED / 2);
    assert!(moved * 10 >= asked.len() * 9, "{moved} of {} lists moved", asked.len());
}

#[test]
fn folding_everybody_in_gives_the_rows_that_were_trained() {
    let world = served();
    let model = world.model();
    let mut solver = RowSolver::default();
    for user in 0..model.ground.users.len() {
        let index = guanxi_models::UserIdx(user as u32);
        let row = fold_in(model, world.history(index), world.ties(index), &mut solver);
        let trained = model.learned.user_factors.row(user).expect("every user has a row");
        let largest = trained.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        for (folded, trained) in row.iter().zip(trained) {
            assert!((folded - trained).abs() <= 1e-5 * largest.max(1.0), "user {user}");
        }
    }
}
