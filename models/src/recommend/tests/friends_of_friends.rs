//! Friends of friends inform the lists of users with little history.

use super::*;
use crate::event::Visibility;

/// A shop in which friends of friends count twice as much as friends, and nothing else counts.
fn shop() -> Shop {
    let blend = Blend { friends: 1.0, second_hop: 2.0, ..Blend::default() };
    let mut shop = Shop::new(model_with(|learned| learned.params.blend = blend));
    shop.friends("u", "f").friends("f", "g").buys("g", "b3").buys("g", "b2").buys("f", "b2");
    shop
}

fn first(shop: &Shop, limit: usize) -> Vec<String> {
    shop.ids(&query(Scenario::FOR_YOU, "u", limit))
}

#[test]
fn whoever_is_little_known_is_told_what_friends_of_friends_bought() {
    let mut shop = shop();
    assert_eq!(first(&shop, 2), ["b2", "b3"]);
    for item in ["a0", "a1", "a2"] {
        shop.buys("u", item);
    }
    assert_eq!(first(&shop, 2), ["b2", "b3"]);
    // With a fourth item taste is known: what is left of the page is what everybody takes.
    shop.buys("u", "b0");
    assert_eq!(first(&shop, 1), ["b2"]);
    assert_ne!(first(&shop, 2)[1], "b3");
}

#[test]
fn what_a_stranger_hides_or_whom_a_block_parts_is_not_told() {
    let mut hidden = shop();
    let mut event = Event::new("h", "g", "b1", EventType::Purchase, 1_000);
    event.visibility = Some(Visibility::Private);
    hidden.apply(&Record::Event(event));
    assert!(!first(&hidden, 2).contains(&"b1".to_owned()));
    for (from, to) in [("g", "u"), ("u", "g")] {
        let mut parted = shop();
        parted.apply(&Record::Relation(Relation::new(from, RelationKind::Block, to)));
        assert!(!first(&parted, 2).contains(&"b3".to_owned()));
    }
}

#[test]
fn a_friend_of_a_friend_is_told_as_taste_and_shares_add_up() {
    let asked = Query { explain: true, ..query(Scenario::FOR_YOU, "u", 2) };
    let answer = shop().world.recommend(&asked, &mut Scratch::default()).unwrap();
    for one in &answer.items {
        let shares: f32 = one.reasons.iter().map(Reason::share).sum();
        assert!((shares - one.score).abs() < 1e-6);
        assert!(matches!(one.reasons[..], [Reason::Taste { .. }]), "{:?}", one.reasons);
    }
}
