//! One small world whose correct lists can be worked out by hand.

mod deadline;
mod filters;
mod for_you;
mod friends;
mod friends_of_friends;
mod newcomers;

use std::sync::Arc;

use super::Scratch;
use super::answer::{Listed, Reason};
use super::query::{About, Query, QueryError, Search};
use super::scenario::{Input, Scenario};
use crate::column::WeightedRows;
use crate::event::{Event, EventType};
use crate::factors::Factors;
use crate::filter::Filter;
use crate::ground::Ground;
use crate::id::{ItemIdx, Offset};
use crate::index::Panels;
use crate::model::{Learned, Model};
use crate::params::{Blend, FoldIn, Params};
use crate::record::{Item, Record, Relation, RelationKind};
use crate::world::World;

/// Two tastes, one axis each: items a0..a3 lie on the first, b0..b3 on the second.
fn model() -> Model {
    let row = |axis: usize, length: f32| {
        let mut row = vec![0.0; 16];
        row[axis] = length;
        row
    };
    let items: Vec<f32> = (0..8).flat_map(|at| row(at / 4, 1.0 - 0.1 * (at % 4) as f32)).collect();
    let mut spectrum = vec![0.0; 16];
    spectrum[..2].fill(0.5);
    let lists = WeightedRows::from_rows(&[vec![(5, 2.0), (1, 0.5)]]);
    let ground = Ground {
        items: ["a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3"].into_iter().collect(),
        popularity: vec![1.0, 8.0, 3.0, 2.0, 0.0, 0.0, 0.0, 0.0].into(),
        ..Ground::default()
    };
    let learned = Learned {
        item_factors: Factors::new(16, items).unwrap(),
        also_bought: lists.clone(),
        lists,
        params: Params {
            fold_in: FoldIn { spectrum, ridge: 0.01, unobserved: 1.0, ..FoldIn::default() },
            blend: Blend { embedding: 1.0, ..Blend::default() },
            ..Params::default()
        },
        ..Learned::default()
    };
    Model::new(learned, ground)
}

/// [`model`] that learned something else.
fn model_with(learn: impl FnOnce(&mut Learned)) -> Model {
    let mut model = model();
    learn(&mut model.learned);
    model
}

struct Shop {
    world: World,
}

impl Shop {
    fn new(model: Model) -> Self {
        Self { world: World::new(Arc::new(model)) }
    }

    fn apply(&mut self, record: &Record) -> &mut Self {
        self.world.apply(self.world.offset().next(), record);
        self
    }

    fn does(&mut self, user: &str, kind: EventType, item: &str) -> &mut Self {
        self.apply(&Record::Event(Event::new("e", user, item, kind, 1_000)))
    }

    fn buys(&mut self, user: &str, item: &str) -> &mut Self {
        self.does(user, EventType::Purchase, item)
    }

    fn friends(&mut self, one: &str, other: &str) -> &mut Self {
        self.apply(&Record::Relation(Relation::new(one, RelationKind::Friend, other)))
    }

    fn ask(&self, query: &Query) -> Result<Vec<(String, Vec<Reason>)>, QueryError> {
        let answer = self.world.recommend(query, &mut Scratch::default())?;
        let named = |item| self.world.item_id(item).to_owned();
        Ok(answer.items.into_iter().map(|one| (named(one.id), one.reasons)).collect())
    }

    fn ids(&self, query: &Query) -> Vec<String> {
        self.ask(query).unwrap().into_iter().map(|(id, _)| id).collect()
    }
}

fn query(scenario: Scenario, user: &str, limit: usize) -> Query {
    Query { scenario, user: Some(user.into()), limit, ..Query::default() }
}

#[test]
fn similar_items_lie_on_the_same_axis_and_a_new_item_gets_the_popular_list() {
    let mut shop = Shop::new(model());
    let about = |id: &str| Query {
        scenario: Scenario::SIMILAR_ITEMS,
        about: About::Item(id.into()),
        limit: 3,
        ..Query::default()
    };
    let mut near = shop.ids(&about("b1"));
    near.sort();
    assert_eq!(near, ["b0", "b2", "b3"]);
    shop.apply(&Record::Item(Item::bare("fresh")));
    assert_eq!(shop.ids(&about("fresh")), ["a1", "a2", "a3"]);
}

#[test]
fn similar_items_come_from_the_list_made_by_training_where_enough_of_it_may_be_shown() {
    let similar = WeightedRows::from_rows(&[vec![], vec![(3, 0.9), (6, 0.8), (0, 0.7), (7, 0.6)]]);
    let mut shop = Shop::new(model_with(|learned| learned.similar = similar));
    let about = |search| Query {
        scenario: Scenario::SIMILAR_ITEMS,
        about: About::Item("a1".into()),
        limit: 3,
        search,
        ..Query::default()
    };
    let (made, near) = (about(Search::Index { ef: None }), ["a0", "a2", "a3"]);
    assert_eq!(shop.ids(&made), ["a3", "b2", "a0"], "in its order");
    assert_eq!(shop.ids(&about(Search::Exact)), near);
    assert_eq!(shop.ids(&Query { exclude: vec!["a0".into()], ..made.clone() }), ["a3", "b2", "b3"]);
    shop.apply(&Record::ItemDeleted { id: "b2".into() });
    assert_eq!(shop.ids(&made), ["a3", "a0", "b3"]);
    shop.apply(&Record::ItemDeleted { id: "b3".into() });
    assert_eq!(shop.ids(&made), near, "too little is left");
}

#[test]
fn also_bought_comes_from_the_lists_of_the_items() {
    let shop = Shop::new(model());
    let about = Query {
        scenario: Scenario::ALSO_BOUGHT,
        about: About::Item("a0".into()),
        limit: 2,
        ..Query::default()
    };
    assert_eq!(shop.ids(&about), ["b1", "a1"]);
}

#[test]
fn new_lists_the_latest_first() {
    let mut shop = Shop::new(model());
    for (id, created) in [("n1", 5_000), ("n2", 9_000)] {
        shop.apply(&Record::Item(Item { created: Some(created), ..Item::bare(id) }));
    }
    assert_eq!(shop.ids(&query(Scenario::NEW, "u", 2)), ["n2", "n1"]);
}

#[test]
fn filters_exclusions_and_seen_items_are_decided_before_ranking() {
    let mut shop = Shop::new(model());
    for id in ["a2", "b3"] {
        shop.apply(&Record::Item(Item { category: Some("x/y".into()), ..Item::bare(id) }));
    }
    let sold_out = Item { stock: Some(0), category: Some("x".into()), ..Item::bare("b0") };
    shop.apply(&Record::Item(sold_out)).buys("u", "b1");
    let asked = query(Scenario::FOR_YOU, "u", 8);
    assert!(!shop.ids(&asked).contains(&"b0".to_owned()));
    assert!(!shop.ids(&asked).contains(&"b1".to_owned()));
    let again = Query { exclude_seen: false, exclude: vec!["b2".into()], ..asked.clone() };
    assert!(shop.ids(&again).contains(&"b1".to_owned()));
    assert!(!shop.ids(&again).contains(&"b2".to_owned()));
    let in_category = Query { filter: Some(Filter::Category("x".into())), ..asked.clone() };
    assert_eq!(shop.ids(&in_category), ["b3", "a2"]);
    let sold_out = Query { filter: Some(Filter::Available(false)), ..asked };
    assert_eq!(shop.ids(&sold_out), ["b0"]);
}

#[test]
fn exact_and_indexed_search_agree_on_a_small_shop() {
    let mut shop = Shop::new(model());
    shop.buys("u", "b2").buys("u", "a1");
    let exact = Query { search: Search::Exact, ..query(Scenario::FOR_YOU, "u", 6) };
    assert_eq!(shop.ids(&exact), shop.ids(&query(Scenario::FOR_YOU, "u", 6)));
}

#[test]
fn many_users_at_once_get_the_lists_of_the_embedding_alone() {
    let mut listed = model();
    listed.learned.params.blend.list = 5.0;
    let panels = Panels::new(&listed.learned.item_factors);
    let (mut alone, mut shop) = (Shop::new(model()), Shop::new(listed));
    for (user, item) in [("u", "b2"), ("u", "a1"), ("v", "a0")] {
        alone.buys(user, item);
        shop.buys(user, item);
    }
    let queries = ["u", "nobody", "v"].map(|user| query(Scenario::FOR_YOU, user, 3));
    let queries = queries.map(|query| Query { search: Search::Exact, ..query });
    let many =
        shop.world.recommend_by_embedding(&panels, &queries, &mut Scratch::default()).unwrap();
    let ids = |at: usize| {
        let id = |one: &Listed<ItemIdx>| shop.world.item_id(one.id).to_owned();
        many[at].iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(ids(0), alone.ids(&queries[0]));
    assert_eq!(ids(1), [""; 0], "nothing is known of this user");
    assert_eq!(ids(2), alone.ids(&queries[2]));
    let senseless = [Query { limit: 0, ..queries[0].clone() }];
    assert!(
        shop.world.recommend_by_embedding(&panels, &senseless, &mut Scratch::default()).is_err()
    );
}

#[test]
fn an_empty_shop_answers_every_scenario_with_an_empty_page() {
    let shop = Shop::new(Model::empty());
    for &scenario in Scenario::ALL {
        let asked = Query { about: About::Nothing, ..query(scenario, "u", 5) };
        match shop.ask(&asked) {
            Ok(items) => assert!(items.is_empty()),
            Err(QueryError::InputNeeded { scenario: refused, ask }) => {
                assert!(refused == scenario && ask.any_of.contains(&Input::Item));
            }
            Err(error) => panic!("{scenario:?}: {error}"),
        }
    }
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let shop = Shop::new(model());
    let ask = |query: Query| shop.ask(&query).unwrap_err();
    for limit in [0, Query::MAX_LIMIT + 1, usize::MAX] {
        assert_eq!(ask(query(Scenario::POPULAR, "u", limit)), QueryError::Limit { limit });
    }
    let unknown = Query {
        scenario: Scenario::SIMILAR_ITEMS,
        about: About::Item("?".into()),
        ..Query::default()
    };
    assert_eq!(ask(unknown), QueryError::UnknownItem { id: "?".into() });
    let test = crate::filter::AttributeTest::In(vec![]);
    let filter = Filter::Attribute { name: "colour".into(), test };
    let asked = Query { filter: Some(filter), ..Query::default() };
    assert_eq!(ask(asked), QueryError::UnknownAttribute { name: "colour".into() });
}

#[test]
fn what_a_scenario_requires_is_named_in_the_refusal() {
    let shop = Shop::new(model());
    let refused = |scenario| shop.ask(&query(scenario, "u", 3)).unwrap_err().to_string();
    assert_eq!(refused(Scenario::SIMILAR_ITEMS), "`similar-items` needs `item`");
    assert_eq!(refused(Scenario::ALSO_BOUGHT), "`also-bought` needs `item` or `items`");
}

#[test]
fn a_scenario_gives_no_reason_that_its_spec_does_not_name() {
    let blend = Blend { embedding: 1.0, list: 1.0, friends: 1.0, popularity: 1.0, second_hop: 1.0 };
    let mut shop = Shop::new(model_with(|learned| learned.params.blend = blend));
    shop.friends("u", "f").friends("u", "g").buys("f", "b3").buys("g", "b3").buys("u", "a0");
    for &scenario in Scenario::ALL {
        let asked =
            Query { about: About::Item("a1".into()), explain: true, ..query(scenario, "u", 6) };
        for (id, reasons) in shop.ask(&asked).unwrap() {
            let is_named = |reason: &Reason| {
                let fills_up = scenario.spec().fills_up && reason.kind() == "popular";
                fills_up || scenario.spec().reasons.contains(&reason.kind())
            };
            assert!(reasons.iter().all(is_named), "{scenario:?}: {id} by {reasons:?}");
        }
    }
}

#[test]
fn an_item_that_a_scenario_does_not_ask_for_must_exist_and_is_not_listed() {
    let shop = Shop::new(model());
    let about =
        |id: &str| Query { about: About::Item(id.into()), ..query(Scenario::POPULAR, "u", 2) };
    assert_eq!(shop.ids(&about("a1")), ["a2", "a3"]);
    assert_eq!(shop.ask(&about("?")).unwrap_err(), QueryError::UnknownItem { id: "?".into() });
}

#[test]
fn the_watermark_decides_which_records_are_new() {
    let mut shop = Shop::new(Model { watermark: Offset(5), ..model() });
    let buys = Record::Event(Event::new("e", "u", "b2", EventType::Purchase, 1_000));
    shop.world.apply(Offset(5), &buys);
    assert_eq!(shop.world.user_idx("u"), None);
    shop.world.apply(Offset(6), &buys);
    assert!(shop.world.user_idx("u").is_some());
}

#[test]
fn a_user_with_100_000_events_and_one_with_100_000_friends_are_answered() {
    let mut shop = Shop::new(model());
    for at in 0..100_000 {
        shop.buys("heavy", &format!("x{at}"));
        shop.friends("hub", &format!("f{at}"));
    }
    shop.buys("f7", "b2").buys("f99999", "b2");
    assert_eq!(shop.ids(&query(Scenario::FOR_YOU, "heavy", 3)), ["a1", "a2", "a3"]);
    assert_eq!(shop.ids(&query(Scenario::FRIENDS_ALSO_BOUGHT, "hub", 1)), ["b2"]);
}
