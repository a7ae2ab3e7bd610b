//! Tests of friends' purchases, and of filling up a short page.

use super::*;
use crate::event::Visibility;

#[test]
fn friends_are_counted_from_the_second_and_the_page_is_filled_up() {
    let mut shop = Shop::new(model());
    shop.friends("u", "f").friends("u", "g");
    shop.buys("f", "b3").buys("g", "b3").buys("g", "b2").buys("u", "a3");
    let asked = Query { explain: true, ..query(Scenario::FRIENDS_ALSO_BOUGHT, "u", 3) };
    let answer = shop.ask(&asked).unwrap();
    assert_eq!(answer[0].0, "b3");
    assert!(matches!(answer[0].1[..], [Reason::FriendsBought { count: 2, .. }]));
    assert_eq!(answer[1].1[0], Reason::FilledFromForYou);
    let reported = |reasons: &[Reason]| {
        reasons.iter().any(|reason| matches!(reason, Reason::FriendsBought { .. }))
    };
    assert!(answer[1..].iter().all(|(_, reasons)| !reported(reasons)));
    let for_you = shop.ids(&query(Scenario::FOR_YOU, "u", 3));
    let rest = for_you.iter().filter(|id| *id != "b3").take(2);
    assert!(answer[1..].iter().map(|(id, _)| id).eq(rest), "{answer:?} {for_you:?}");
}

#[test]
fn a_page_that_is_filled_up_lists_nothing_twice() {
    let mut shop = Shop::new(model());
    shop.friends("u", "f").friends("u", "g").buys("u", "b0");
    let best = shop.ids(&query(Scenario::FOR_YOU, "u", 1)).remove(0);
    shop.buys("f", &best).buys("g", &best);
    let for_you = shop.ids(&query(Scenario::FOR_YOU, "u", 4));
    assert_eq!(for_you[0], best);
    assert_eq!(shop.ids(&query(Scenario::FRIENDS_ALSO_BOUGHT, "u", 4)), for_you);
}

#[test]
fn one_friend_is_enough_where_the_shop_says_so() {
    let mut shop = Shop::new(model());
    shop.friends("u", "f").buys("f", "b3").buys("u", "a3");
    let asked = Query { min_friends: 1, limit: 1, ..query(Scenario::FRIENDS_ALSO_BOUGHT, "u", 1) };
    assert_eq!(shop.ids(&asked), ["b3"]);
}

#[test]
fn with_an_item_only_friends_who_bought_it_count() {
    let mut shop = Shop::new(model());
    for friend in ["f", "g", "h"] {
        shop.friends("u", friend);
    }
    shop.buys("f", "b0").buys("g", "b0").buys("f", "b1").buys("g", "b1");
    shop.buys("f", "b2").buys("h", "b2");
    let about = Query {
        about: About::Item("b0".into()),
        explain: true,
        ..query(Scenario::FRIENDS_ALSO_BOUGHT, "u", 4)
    };
    let reported = |reasons: &[Reason]| matches!(reasons[0], Reason::FriendsBought { .. });
    let by_friends = shop.ask(&about).unwrap().into_iter().filter(|(_, reasons)| reported(reasons));
    assert!(by_friends.map(|(id, _)| id).eq(["b1"]));
}

#[test]
fn what_a_friend_hides_or_a_blocked_one_buys_never_counts() {
    let mut shop = Shop::new(model());
    shop.friends("u", "f").friends("u", "g").buys("f", "b3").buys("u", "a0");
    let hidden = Event {
        visibility: Some(Visibility::Private),
        ..Event::new("e", "g", "b3", EventType::Purchase, 1_000)
    };
    shop.apply(&Record::Event(hidden));
    let asked = query(Scenario::FRIENDS_ALSO_BOUGHT, "u", 1);
    assert_eq!(shop.ids(&asked), ["a1"]);
    shop.buys("g", "b3");
    assert_eq!(shop.ids(&asked), ["b3"]);
    shop.apply(&Record::Relation(Relation::new("g", RelationKind::Block, "u")));
    assert_eq!(shop.ids(&asked), ["a1"]);
}
