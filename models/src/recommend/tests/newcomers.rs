//! Items that come after the model.

use super::*;
use crate::attributes::{FEATURES, Placement, features};

/// Items labelled `b` belong on the second axis.
fn placing() -> Model {
    let mut map = vec![0.0; FEATURES * 16];
    for (feature, value) in features(&labelled("?")).into_iter().take(1) {
        map[feature as usize * 16 + 1] = value;
    }
    let placement = Placement::new(Factors::new(16, map).unwrap()).unwrap();
    model_with(|learned| learned.placement = Some(placement))
}

fn labelled(id: &str) -> Item {
    Item { tags: vec!["b".to_owned()], ..Item::bare(id) }
}

#[test]
fn an_item_that_comes_after_the_model_stands_where_its_attributes_say() {
    let about = |id: &str| Query {
        scenario: Scenario::SIMILAR_ITEMS,
        about: About::Item(id.to_owned()),
        limit: 5,
        ..Query::default()
    };
    let for_u = query(Scenario::FOR_YOU, "u", 3);
    let exact = Query { search: Search::Exact, ..for_u.clone() };
    let filtered = Query { filter: Some(Filter::TagsAny(vec!["b".to_owned()])), ..for_u.clone() };
    let mut shop = Shop::new(placing());
    shop.buys("u", "b2").apply(&Record::Item(labelled("new")));
    assert_eq!(shop.ids(&for_u), ["b0", "new", "b1"]);
    assert_eq!(shop.ids(&exact), ["b0", "new", "b1"]);
    assert_eq!(shop.ids(&filtered)[0], "new");
    assert!(shop.ids(&about("b0")).contains(&"new".to_owned()));
    let mut near = shop.ids(&about("new"));
    near.truncate(4);
    near.sort();
    assert_eq!(near, ["b0", "b1", "b2", "b3"]);
    shop.apply(&Record::Item(Item::bare("new")));
    assert_eq!(shop.ids(&for_u), ["b0", "b1", "b3"]);
    shop.apply(&Record::Item(labelled("new"))).apply(&Record::ItemDeleted { id: "new".into() });
    assert_eq!((shop.ids(&for_u).len(), shop.world.newcomers()), (3, 0));
}

#[test]
fn a_trained_row_is_not_replaced_by_what_is_said_of_the_item() {
    let mut shop = Shop::new(placing());
    shop.buys("u", "b2").apply(&Record::Item(labelled("a0")));
    assert_eq!(shop.ids(&query(Scenario::FOR_YOU, "u", 3)), ["b0", "b1", "b3"]);
}

#[test]
fn a_newcomer_takes_its_place_in_the_list_that_training_made() {
    let similar = WeightedRows::from_rows(&[
        vec![],
        vec![],
        vec![],
        vec![],
        vec![(5, 0.9), (0, 0.8), (7, 0.7)],
    ]);
    let mut model = placing();
    model.learned.similar = similar;
    let mut shop = Shop::new(model);
    let near = query(Scenario::SIMILAR_ITEMS, "", 2);
    let near = Query { about: About::Item("b0".into()), user: None, ..near };
    assert_eq!(shop.ids(&near), ["b1", "a0"]);
    shop.apply(&Record::Item(labelled("new")));
    assert_eq!(shop.ids(&near), ["new", "b1"], "its cosine is 1");
}
