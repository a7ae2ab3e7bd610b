use guanxi_models::attributes::features;
use guanxi_models::column::WeightedRows;
use guanxi_models::event::EventType;
use guanxi_models::kernel::dot;
use guanxi_models::record::{Item, Record, RelationKind};

use super::*;
use crate::als::Sweep;
use crate::blend::{Tuned, Weights};
use crate::data::dataset::{DatasetBuilder, Seen};
use crate::data::split::{split, without};
use crate::fitted::Fitted;
use crate::judge::case::{Case, Scorer as _};
use crate::judge::metrics::Truth;
use crate::judge::served::served;
use crate::market::{MarketParams, records};
use crate::observer::Silent;
use crate::recipe::{EmbeddingChoice, Trial};

/// A recipe for tests: like `quick`, but smaller.
fn recipe() -> Recipe {
    let mut recipe = Recipe::built_in("quick").unwrap();
    recipe.embedding.dim = 16;
    recipe.embedding.sweeps = 4;
    recipe.blend.users = 100;
    recipe
}

fn market(users: usize, items: usize, events: usize) -> Dataset {
    let params = MarketParams::at(1_760_000_000_000).sized(users, items, events);
    let mut builder = DatasetBuilder::new(recipe().event_weights());
    for record in records(&params) {
        match record {
            Record::Event(event) => {
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

fn fitted(data: &Dataset) -> (Model, Report) {
    fit(data, &recipe(), Offset(7), &mut Silent).unwrap()
}

fn all_finite(lists: &WeightedRows) -> bool {
    lists.columns().2.iter().all(|weight| weight.is_finite())
}

fn assert_sound(data: &Dataset, model: &Model) {
    let (users, items) = (data.n_users(), data.n_items());
    assert_eq!(
        (model.learned.user_factors.rows(), model.learned.item_factors.rows()),
        (users, items)
    );
    assert_eq!((model.ground.users.len(), model.ground.items.len()), (users, items));
    assert_eq!((model.ground.popularity.len(), model.ground.first_seen.len()), (items, items));
    assert_eq!((model.learned.lists.rows(), model.learned.also_bought.rows()), (items, items));
    assert!(all_finite(&model.learned.lists) && all_finite(&model.learned.also_bought));
    let blend = model.learned.params.blend;
    let weights = [blend.embedding, blend.list, blend.friends];
    assert!(weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0));
    assert_eq!(model.watermark, Offset(7));
}

#[test]
fn a_market_is_learned_better_than_by_popularity_and_item_knn() {
    let data = market(400, 200, 12_000);
    let (model, report) = fitted(&data);
    assert_sound(&data, &model);
    let recall = |name: &str| report.system(name).unwrap().at_20.recall;
    assert!(recall("guanxi") > 1.2 * recall("popularity"), "{report}");
    assert!(recall("guanxi") > recall("item-kNN"), "{report}");
    assert!(report.learned.weights.friends > 0.0, "friends carry taste here: {report}");
}

/// All numbers that could depend on the order of summation.
fn bytes(model: &Model) -> Vec<u32> {
    let floats = [
        &model.learned.user_factors.values()[..],
        &model.learned.item_factors.values()[..],
        model.learned.lists.columns().2,
        model.learned.also_bought.columns().2,
        model.ground.ties.friends.columns().2,
        &[model.learned.params.blend.embedding, model.learned.params.blend.friends],
    ];
    let links = [&model.learned.lists.columns().1[..], model.learned.also_bought.columns().1];
    let bits = floats.into_iter().flatten().map(|value| value.to_bits());
    bits.chain(links.into_iter().flatten().copied()).collect()
}

#[test]
fn the_same_data_give_the_same_bytes_for_any_number_of_threads() {
    let data = market(150, 120, 3_000);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fitted(&data))
    };
    let ((one, one_report), (three, three_report)) = (with(1), with(3));
    assert!(bytes(&one) == bytes(&three));
    assert_eq!(one_report, three_report);
}

#[test]
fn whoever_is_little_known_is_served_what_was_scored() {
    let mut data = market(150, 120, 3_000);
    let few: Vec<Vec<u32>> = (0..data.n_users())
        .map(|user| {
            let items = data.ground.histories.row(user).items;
            if user % 3 == 0 { items[2.min(items.len())..].to_vec() } else { Vec::new() }
        })
        .collect();
    data = without(&data, few).rest;
    let tuned = Tuned {
        embedding: EmbeddingChoice { unobserved: 120.0, ridge: 4.5 },
        friend_strength: 1.0,
        strengths: Vec::new(),
        second_hop: 2.5,
        weights: Weights::UNLEARNED,
    };
    let recipe = recipe();
    let fitted = Fitted::new(&data, &recipe, &tuned, &mut Silent).unwrap();
    let truth = || Truth::new(vec![0]);
    let cases: Vec<Case> = (0..150).step_by(3).map(|user| Case { user, truth: truth() }).collect();
    let lists = served(model(&data, &recipe, &fitted, Offset(7)).unwrap(), &cases).unwrap();
    let mut alone = 0;
    for (case, list) in cases.iter().zip(&lists) {
        let mut scores = vec![0.0; data.n_items()];
        fitted.scorer().score(&[case.user], &mut scores);
        let seen = data.ground.histories.row(case.user as usize).items;
        for &item in seen {
            scores[item as usize] = f32::NEG_INFINITY;
        }
        let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert!(scores[list[0] as usize] > best - 1e-4, "{list:?}");
        alone += usize::from(fitted.reached.row(case.user as usize).0.is_empty());
    }
    assert!(alone < cases.len() / 2, "{alone} reach nobody");
}

#[test]
fn another_seed_gives_another_model() {
    let data = market(60, 40, 800);
    let other = Recipe { seed: 2, ..recipe() };
    let other = fit(&data, &other, Offset(7), &mut Silent).unwrap().0;
    assert!(bytes(&fitted(&data).0) != bytes(&other));
}

/// One observation a line: user, item.
fn data_of(rows: &[(&str, &str)]) -> Dataset {
    let mut builder = DatasetBuilder::new(recipe().event_weights());
    for (user, item) in rows {
        builder.observe(user, item, Seen::default());
    }
    builder.build()
}

#[test]
fn the_smallest_data_give_a_sound_model() {
    for rows in [
        &[("u", "i")][..],
        &[("u", "i"), ("u", "j")],
        &[("u", "i"), ("v", "i"), ("w", "i")],
        &[("u", "i"), ("v", "j")],
    ] {
        let data = data_of(rows);
        assert_sound(&data, &fitted(&data).0);
    }
}

#[test]
fn users_and_items_that_nobody_touched_have_rows_of_zeros() {
    let mut builder = DatasetBuilder::new(recipe().event_weights());
    builder.user("idle");
    builder.item("dusty");
    for n in 0..40 {
        builder.observe(&format!("u{}", n % 7), &format!("i{}", n % 5), Seen::default());
    }
    let data = builder.build();
    let (model, _) = fitted(&data);
    assert_sound(&data, &model);
    assert!(model.learned.user_factors.row(0).unwrap().iter().all(|&value| value == 0.0));
    assert!(model.learned.item_factors.row(0).unwrap().iter().all(|&value| value == 0.0));
    assert!(model.ground.popularity[0] == 0.0 && model.learned.lists.row(0).0.is_empty());
}

#[test]
fn an_untouched_item_of_which_something_is_said_stands_with_its_kind() {
    let mut builder = DatasetBuilder::new(recipe().event_weights());
    let described: Vec<_> = (0..80)
        .map(|item| {
            builder.item(&format!("i{item}"));
            features(&Item { tags: vec![format!("kind{}", item % 4)], ..Item::bare("i") })
        })
        .collect();
    for n in 0..900 {
        let (user, item) = (n % 90, (n / 90 * 7 + n % 90 / 4) % 19 * 4 + n % 90 % 4);
        builder.observe(&format!("u{user}"), &format!("i{item}"), Seen::default());
    }
    let data = Dataset { features: WeightedRows::from_rows(&described), ..builder.build() };
    let (model, report) = fitted(&data);
    assert_sound(&data, &model);
    assert_eq!(report.placed.map(|placed| (placed.untouched, placed.placed)), Some((4, 4)));
    let row = |item| model.learned.item_factors.row(item).unwrap();
    let nearness = |item: usize| dot(row(item), row(76)) / dot(row(item), row(item)).sqrt();
    let others = (1..76).filter(|item| item % 4 != 0).map(nearness).fold(f32::MIN, f32::max);
    assert!((0..76).step_by(4).all(|item| nearness(item) > others));
    let silent = fitted(&Dataset { features: WeightedRows::default(), ..data });
    assert!(silent.0.learned.placement.is_none() && silent.1.placed.is_none());
    assert!(silent.0.learned.user_factors.values() == model.learned.user_factors.values());
    assert!(
        silent.0.learned.item_factors.values()[..76 * 16]
            == model.learned.item_factors.values()[..76 * 16]
    );
}

#[test]
fn people_who_only_dislike_still_make_a_model() {
    let mut builder = DatasetBuilder::new(recipe().event_weights());
    for n in 0..10 {
        let seen = Seen { kind: EventType::Dismiss, ..Seen::default() };
        builder.observe(&format!("u{}", n % 3), &format!("i{n}"), seen);
    }
    let data = builder.build();
    assert_sound(&data, &fitted(&data).0);
}

#[test]
fn nothing_to_train_on_is_said_so() {
    let mut builder = DatasetBuilder::new(recipe().event_weights());
    builder.friend("a", "b");
    let error = fit(&builder.build(), &recipe(), Offset(1), &mut Silent).unwrap_err();
    assert!(matches!(error, FitError::Empty { users: 2, items: 0 }));
}

#[test]
fn events_folded_otherwise_than_the_recipe_says_are_refused() {
    let mut other = recipe();
    other.events.half_life_days = Some(30.0);
    let error = fit(&data_of(&[("u", "i")]), &other, Offset(1), &mut Silent).unwrap_err();
    assert!(matches!(error, FitError::EventWeights));
}

#[test]
fn a_published_split_is_reported_on_its_test_rows() {
    let data = market(200, 100, 4_000);
    let split = split(&data, &recipe().split, 9);
    let test: Vec<(u32, u32)> = (0_u32..)
        .zip(&split.held_out)
        .flat_map(|(user, items)| items.iter().map(move |&item| (user, item)))
        .collect();
    let users = split.held_out.iter().filter(|items| !items.is_empty()).count();
    let report = evaluate(
        &split.rest,
        Protocol { test: &test, served: true, ..Protocol::default() },
        &recipe(),
        &mut Silent,
    )
    .unwrap();
    assert_eq!(report.held_out.users, users);
    let at_20 = |name: &str| report.system(name).unwrap().at_20.ndcg;
    assert_eq!(report.system("guanxi").unwrap().users, users);
    assert!((at_20("as served") - at_20("guanxi")).abs() < 1e-9, "{report}");
    let valid: Vec<(u32, u32)> = (0..50)
        .filter_map(|user| {
            Some((user, *split.rest.ground.histories.row(user as usize).items.first()?))
        })
        .collect();
    let report = evaluate(
        &split.rest,
        Protocol { test: &test, valid: Some(&valid), ..Protocol::default() },
        &recipe(),
        &mut Silent,
    )
    .unwrap();
    assert!((1..=50).contains(&report.held_out.learned_on));
}

#[derive(Default)]
struct Notes {
    open: usize,
    stages: Vec<String>,
    sweeps: usize,
    trials: usize,
}

impl Observer for Notes {
    fn stage(&mut self, name: &str) {
        assert_eq!(self.open, 0, "`{name}` began inside another stage");
        self.open += 1;
        self.stages.push(name.to_owned());
    }

    fn stage_done(&mut self) {
        self.open -= 1;
    }

    fn sweep(&mut self, sweep: Sweep) {
        assert!(sweep.loss.is_finite());
        self.sweeps += 1;
    }

    fn trial(&mut self, _: &Trial, at: usize, of: usize) {
        assert!(at < of);
        self.trials += 1;
    }
}

#[test]
fn an_observer_hears_of_every_stage_and_sweep() {
    let mut notes = Notes::default();
    let data = market(60, 40, 800);
    fit(&data, &recipe(), Offset(1), &mut notes).unwrap();
    assert_eq!(notes.open, 0);
    assert_eq!(notes.sweeps, 2 * recipe().embedding.sweeps);
    assert_eq!(notes.stages.first().map(String::as_str), Some("split"));
    assert_eq!(notes.stages.iter().filter(|stage| *stage == "embedding").count(), 2);
}

#[test]
fn a_search_keeps_within_its_budget_and_never_ends_worse_than_it_began() {
    let data = market(300, 150, 8_000);
    let mut notes = Notes::default();
    let found = search(&data, JudgedOn::Half, &recipe(), 12, &mut notes).unwrap();
    assert!(found.trials.len() <= 13 && notes.trials == found.trials.len());
    let kept = found.trials.iter().filter(|trial| trial.kept).map(|trial| trial.ndcg);
    let kept: Vec<f64> = kept.collect();
    assert!(kept.is_sorted(), "{:?}", found.trials);
    assert!(kept.len() == 1 || found.recipe != recipe());
}

#[test]
fn a_ranking_among_few_sampled_items_is_easier_than_among_all() {
    let data = market(200, 100, 4_000);
    let split = split(&data, &recipe().split, 9);
    let test: Vec<(u32, u32)> = (0_u32..)
        .zip(&split.held_out)
        .filter_map(|(user, items)| Some((user, *items.first()?)))
        .collect();
    let recall = |negatives| {
        let mut recipe = recipe();
        recipe.split.negatives = negatives;
        let protocol = Protocol { test: &test, ..Protocol::default() };
        let report = evaluate(&split.rest, protocol, &recipe, &mut Silent).unwrap();
        report.system("guanxi").unwrap().at_20.recall
    };
    assert!(recall(Some(30)) > 1.2 * recall(None));
    assert!((recall(Some(19)) - 1.0).abs() < 1e-9, "20 items fill the list");
}
