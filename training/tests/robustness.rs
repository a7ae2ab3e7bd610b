//! Training on extreme data: none, a single row, constant values, too much of one kind.

use guanxi_models::event::EventType;
use guanxi_models::id::Offset;
use guanxi_models::model::Model;
use guanxi_models::recommend::Scratch;
use guanxi_models::recommend::query::Query;
use guanxi_models::record::{Record, RelationKind};
use guanxi_models::world::World;
use guanxi_training::als::{AlsParams, fit as fit_embedding};
use guanxi_training::data::dataset::{Dataset, DatasetBuilder, Seen};
use guanxi_training::error::FitError;
use guanxi_training::fit::fit;
use guanxi_training::fitted::parts::confidences;
use guanxi_training::market::{MarketParams, records};
use guanxi_training::observer::Silent;
use guanxi_training::recipe::Recipe;
use std::collections::HashSet;
use std::sync::Arc;

fn recipe() -> Recipe {
    let mut recipe = Recipe::built_in("quick").expect("it is built in");
    recipe.embedding.dim = 16;
    recipe.embedding.sweeps = 3;
    recipe.blend.users = 100;
    recipe
}

fn builder() -> DatasetBuilder {
    DatasetBuilder::new(recipe().event_weights())
}

fn trained(data: &Dataset) -> Model {
    fit(data, &recipe(), Offset(1), &mut Silent).expect("there is something to train on").0
}

/// Asserts that every number is finite and that every user gets a list without duplicates and
/// without items the user already has.
fn assert_sensible(data: &Dataset) -> Model {
    let model = trained(data);
    let tables = [&model.learned.user_factors, &model.learned.item_factors];
    assert!(tables.iter().all(|table| table.values().iter().all(|value| value.is_finite())));
    let weights = [&model.learned.lists, &model.learned.also_bought, &model.ground.ties.friends];
    assert!(weights.iter().all(|rows| rows.columns().2.iter().all(|weight| weight.is_finite())));
    let world = World::new(Arc::new(model.clone()));
    for user in data.ground.users.iter().take(50) {
        assert_list(data, &world, user);
    }
    model
}

fn assert_list(data: &Dataset, world: &World, user: &str) {
    let query = Query { user: Some(user.to_owned()), ..Query::default() };
    let answer = world.recommend(&query, &mut Scratch::default()).expect("the query is valid");
    let number =
        data.ground.users.iter().position(|known| known == user).expect("the user is known");
    let seen = data.ground.histories.row(number).items;
    let mut listed = HashSet::new();
    for one in &answer.items {
        assert!(one.score.is_finite(), "{user} gets {} with score {}", one.id.0, one.score);
        assert!(listed.insert(one.id), "{user} gets {} twice", one.id.0);
        assert!(!seen.contains(&one.id.0), "{user} has {} already", one.id.0);
    }
    let unseen = data.n_items() - seen.len();
    assert_eq!(answer.items.len(), unseen.min(query.limit), "{user} has {unseen} items to see");
}

#[test]
fn one_user_with_many_items() {
    let mut builder = builder();
    for item in 0..50 {
        builder.observe("u", &format!("i{item}"), Seen::default());
    }
    builder.item("unknown");
    assert_sensible(&builder.build());
}

#[test]
fn one_item_of_many_users() {
    let mut builder = builder();
    for user in 0..50 {
        builder.observe(&format!("u{user}"), "i", Seen::default());
    }
    builder.user("idle");
    assert_sensible(&builder.build());
}

#[test]
fn all_users_have_all_items() {
    let mut builder = builder();
    for n in 0..900 {
        builder.observe(&format!("u{}", n % 30), &format!("i{}", n / 30), Seen::default());
    }
    assert_sensible(&builder.build());
}

#[test]
fn the_same_row_a_hundred_times() {
    let mut builder = builder();
    for n in 0..4_000 {
        let (user, item) = (n % 8, n % 5);
        builder.observe(&format!("u{user}"), &format!("i{item}"), Seen::default());
    }
    assert_sensible(&builder.build());
}

#[test]
fn weights_of_zero_are_said_to_be_nothing_or_count_nothing() {
    let of = |weight: f32| {
        let mut builder = builder();
        for n in 0..200 {
            let weight = if n % 2 == 0 { weight } else { 0.0 };
            let seen = Seen { weight, ..Seen::default() };
            builder.observe(&format!("u{}", n % 20), &format!("i{}", n % 9), seen);
        }
        builder.build()
    };
    assert_sensible(&of(1.0));
    let all_zero = of(0.0);
    match fit(&all_zero, &recipe(), Offset(1), &mut Silent) {
        Err(FitError::Empty { .. }) => {}
        Err(error) => panic!("{error}"),
        Ok(_) => drop(assert_sensible(&all_zero)),
    }
}

#[test]
fn weights_of_any_size_leave_everything_finite() {
    for weight in [1e-30, 1e9, 1e30, f32::MAX] {
        let mut builder = builder();
        for n in 0..300 {
            let weight = if n % 7 == 0 { weight } else { 1.0 };
            let seen = Seen { weight, ..Seen::default() };
            builder.observe(&format!("u{}", n % 20), &format!("i{}", n % 13), seen);
        }
        assert_sensible(&builder.build());
    }
}

#[test]
fn a_catalogue_of_which_one_user_touched_everything() {
    // One cost of the lists grows with the square of a history; `longest_history` bounds it.
    const ITEMS: usize = 100_000;
    let mut builder = builder();
    for n in 0..1_000_000 {
        builder.observe("robot", &format!("i{}", n % ITEMS), Seen::default());
    }
    for n in 0..500 {
        let item = format!("i{}", (n * 7) % 40);
        builder.observe(&format!("u{}", n % 50), &item, Seen::default());
    }
    let data = builder.build();
    let model = trained(&data);
    assert!(model.learned.user_factors.values().iter().all(|value| value.is_finite()));
    let links = model.learned.also_bought.columns().1.len();
    let longest = recipe().lists.longest_history;
    assert!(links <= longest * recipe().lists.length + 50 * 50, "{links} links");
    assert_list(&data, &World::new(Arc::new(model)), "u3");
}

#[test]
fn circles_that_never_meet() {
    let mut builder = builder();
    for n in 0..1_200 {
        let (circle, user, item) = (n % 4, n % 12, (n * 5) % 17);
        builder.observe(
            &format!("u{circle}-{user}"),
            &format!("i{circle}-{item}"),
            Seen::default(),
        );
        builder.friend(&format!("u{circle}-{user}"), &format!("u{circle}-{}", (user + 4) % 12));
    }
    let data = builder.build();
    let model = assert_sensible(&data);
    let circle =
        |item: u32| data.ground.items.iter().nth(item as usize).map(|id| id[..2].to_owned());
    for item in 0..data.n_items() as u32 {
        let linked = model.learned.also_bought.row(item as usize).0;
        assert!(linked.iter().all(|&other| circle(other) == circle(item)));
    }
}

#[test]
fn people_who_are_their_own_friends_follow_and_block_themselves() {
    let mut builder = builder();
    for n in 0..200 {
        let user = format!("u{}", n % 20);
        builder.observe(&user, &format!("i{}", n % 11), Seen::default());
        builder.friend(&user, &user);
        builder.follow(&user, &user);
        builder.block(&user, &user);
    }
    let model = assert_sensible(&builder.build());
    assert!(model.ground.ties.friends.columns().1.is_empty());
}

#[test]
fn friends_of_whom_nobody_ever_did_anything() {
    let mut builder = builder();
    for n in 0..100 {
        builder.observe(&format!("u{}", n % 10), &format!("i{}", n % 7), Seen::default());
        builder.friend(&format!("idle{}", n % 9), &format!("idle{}", (n + 1) % 9));
    }
    assert_sensible(&builder.build());
}

fn market() -> Dataset {
    let params = MarketParams::at(1_760_000_000_000).sized(500, 300, 15_000);
    let mut builder = builder();
    for record in records(&params) {
        match record {
            Record::Event(event) if event.kind() != EventType::Impression => {
                let seen = Seen { kind: event.kind(), ts: event.ts, ..Seen::default() };
                builder.observe(&event.user, &event.item, seen);
            }
            Record::Relation(relation) if relation.kind == RelationKind::Friend => {
                builder.friend(&relation.from, &relation.to);
            }
            _ => {}
        }
    }
    builder.build()
}

#[test]
fn the_loss_falls_in_every_sweep_on_the_market() {
    let matrix = confidences(&market()).unwrap().matrix;
    for dim in [16, 64] {
        let params = AlsParams { dim, sweeps: 10, ..AlsParams::default() };
        let mut losses = Vec::new();
        fit_embedding(&matrix, &params, &mut |sweep| losses.push(sweep.loss)).unwrap();
        assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "{losses:?}");
    }
}
