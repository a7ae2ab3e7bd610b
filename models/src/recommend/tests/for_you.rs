//! Tests of for-you lists.

use super::*;

#[test]
fn for_you_follows_the_taste_of_what_was_bought() {
    let mut shop = Shop::new(model());
    shop.buys("u", "b2");
    assert_eq!(shop.ids(&query(Scenario::FOR_YOU, "u", 3)), ["b0", "b1", "b3"]);
    shop.does("u", EventType::Refund, "b2").buys("u", "a3");
    assert_eq!(shop.ids(&query(Scenario::FOR_YOU, "u", 3)), ["a0", "a1", "a2"]);
}

#[test]
fn an_unknown_user_gets_the_popular_list_and_is_told_so() {
    let shop = Shop::new(model());
    let asked = query(Scenario::FOR_YOU, "nobody", 2);
    assert_eq!(shop.ids(&asked), ["a1", "a2"]);
    assert!(shop.world.recommend(&asked, &mut Scratch::default()).unwrap().not_personal);
}

#[test]
fn the_items_of_a_visit_are_folded_in_and_not_listed() {
    let shop = Shop::new(model());
    let visit = Query { items: vec!["b0".into(), "?".into()], limit: 2, ..Query::default() };
    assert_eq!(shop.ids(&visit), ["b1", "b2"]);
}

#[test]
fn an_item_that_the_index_does_not_bring_wins_by_its_list() {
    let mut shop = Shop::new(model_with(|learned| learned.params.blend.list = 1.0));
    shop.buys("u", "a0");
    let asked = Query { explain: true, ..query(Scenario::FOR_YOU, "u", 2) };
    let answer = shop.ask(&asked).unwrap();
    assert_eq!(answer[0].0, "b1");
    let own = shop.world.item_idx("a0").unwrap();
    assert_eq!(answer[0].1[0], Reason::AlsoBought { item: own, share: 2.0 });
    assert_eq!(answer[1].0, "a1");
}

#[test]
fn shares_add_up_to_the_score_and_hide_a_single_friend() {
    let blend = Blend { embedding: 1.0, list: 1.0, friends: 3.0, popularity: 0.5, second_hop: 2.0 };
    let mut shop = Shop::new(model_with(|learned| learned.params.blend = blend));
    shop.friends("u", "f").buys("f", "b1").buys("u", "a0");
    let asked = Query { explain: true, ..query(Scenario::FOR_YOU, "u", 1) };
    let answer = shop.world.recommend(&asked, &mut Scratch::default()).unwrap();
    let one = &answer.items[0];
    let shares: f32 = one.reasons.iter().map(Reason::share).sum();
    assert!((shares - one.score).abs() < 1e-5);
    assert!(one.reasons.iter().all(|reason| !matches!(reason, Reason::FriendsBought { .. })));
}

/// [`model`], where b2 draws everybody, and b3 a little.
fn drawn() -> Model {
    model_with(|learned| {
        learned.bias = vec![0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.5].into();
        learned.params.blend = Blend { embedding: 1.0, popularity: 1.0, ..Blend::default() };
    })
}

#[test]
fn what_draws_everybody_is_listed_and_told_with_its_share() {
    let mut shop = Shop::new(drawn());
    shop.buys("u", "a3");
    let asked = Query { explain: true, ..query(Scenario::FOR_YOU, "u", 2) };
    let answer = shop.ask(&asked).unwrap();
    assert_eq!((&*answer[0].0, &*answer[1].0), ("b2", "a0"));
    assert_eq!(answer[0].1, [Reason::Popular { users: 0, share: 2.0 }]);
    assert!(matches!(answer[1].1[..], [Reason::Taste { .. }]));
}

#[test]
fn whoever_is_unknown_gets_what_draws_everybody_and_then_the_popular_list() {
    let shop = Shop::new(drawn());
    let asked = Query { explain: true, ..query(Scenario::FOR_YOU, "nobody", 4) };
    assert_eq!(shop.ids(&asked), ["b2", "b3", "a1", "a2"]);
    let answer = shop.world.recommend(&asked, &mut Scratch::default()).unwrap();
    assert!(answer.not_personal);
    for one in &answer.items {
        let shares: f32 = one.reasons.iter().map(Reason::share).sum();
        assert!((shares - one.score).abs() < 1e-6);
    }
}

/// 2,000 items in random places, all parts of the score, some popular items that nobody near the
/// asker touched.
fn crowded() -> Model {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let names: Vec<String> = (0..2_000).map(|item| format!("i{item}")).collect();
    let rows: Vec<f32> = (0..2_000 * 16).map(|_| random() - 0.5).collect();
    let lists: Vec<Vec<(u32, f32)>> = (0..2_000)
        .map(|_| (0..20).map(|_| ((random() * 2_000.0) as u32, random())).collect())
        .collect();
    let items = names.iter().map(String::as_str).collect();
    let learned = Learned {
        item_factors: Factors::new(16, rows).unwrap(),
        lists: WeightedRows::from_rows(&lists),
        bias: (0..2_000).map(|_| 3.0 * random().powi(8)).collect(),
        params: Params {
            fold_in: FoldIn {
                spectrum: vec![0.5; 16],
                ridge: 0.01,
                unobserved: 1.0,
                ..FoldIn::default()
            },
            blend: Blend {
                embedding: 1.0,
                list: 0.5,
                friends: 1.0,
                popularity: 0.7,
                second_hop: 2.0,
            },
            ..Params::default()
        },
        ..Learned::default()
    };
    Model::new(learned, Ground { items, ..Ground::default() })
}

#[test]
fn the_page_is_the_same_as_when_every_item_is_scored() {
    let mut shop = Shop::new(crowded());
    for (user, item) in [("u", "i3"), ("u", "i77"), ("f", "i4"), ("f", "i500"), ("f", "i9")] {
        shop.buys(user, item);
    }
    shop.friends("u", "f");
    for limit in [1, 5, 20, 100] {
        let asked = Query { search: Search::Exact, ..query(Scenario::FOR_YOU, "u", limit) };
        // Few items behind a filter are scored one by one.
        let exhaustive = Query { filter: Some(Filter::Available(true)), ..asked.clone() };
        let page = shop.ids(&asked);
        assert_eq!((page.len(), &page), (limit, &shop.ids(&exhaustive)));
    }
}
