//! Answers for somebody who looks at a clock.

use std::cell::{Cell, RefCell};

use super::*;
use crate::recommend::{Deadline, RankingStage};

/// Is due when it was asked so often.
#[derive(Debug)]
struct Impatient {
    left: Cell<usize>,
    parts: RefCell<Vec<RankingStage>>,
}

impl Impatient {
    fn after(asked: usize) -> Self {
        Self { left: Cell::new(asked), parts: RefCell::default() }
    }
}

impl Deadline for Impatient {
    fn done(&self, part: RankingStage) {
        self.parts.borrow_mut().push(part);
    }

    fn has_passed(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left == 0
    }
}

fn shop() -> Shop {
    let mut shop = Shop::new(model());
    shop.buys("u", "b2").buys("f", "a3").friends("u", "f");
    shop
}

fn answer(shop: &Shop, deadline: &Impatient, scenario: Scenario) -> (Vec<String>, bool) {
    let is_of_item = matches!(scenario, Scenario::SimilarItems | Scenario::AlsoBought);
    let item = Some("a0".to_owned()).filter(|_| is_of_item);
    let asked = Query { item, ..query(scenario, "u", 4) };
    let answer = shop.world.recommend_within(deadline, &asked, &mut Scratch::default()).unwrap();
    let ids = answer.items.iter().map(|one| shop.world.item_id(one.item).to_owned());
    (ids.collect(), answer.is_cut)
}

#[test]
fn a_page_that_is_due_at_once_is_of_popular_items_and_says_so() {
    let shop = shop();
    for scenario in Scenario::ALL {
        let (ids, is_cut) = answer(&shop, &Impatient::after(0), scenario);
        assert_eq!((ids.len(), is_cut), (4, true), "{scenario:?}");
        assert_eq!(ids[..3], ["a1", "a2", "a3"], "{scenario:?}");
    }
}

#[test]
fn what_was_found_in_time_is_kept() {
    let shop = shop();
    // The lists and friends were looked at, the index was not: a3 is what the friend bought.
    let (ids, is_cut) = answer(&shop, &Impatient::after(2), Scenario::ForYou);
    assert_eq!((ids.len(), is_cut), (4, true));
    // With the taste alone nothing can be scored: the page is that of nothing at all.
    let nothing = answer(&shop, &Impatient::after(0), Scenario::ForYou);
    assert_eq!(answer(&shop, &Impatient::after(1), Scenario::ForYou), nothing);
    assert_ne!(ids, nothing.0);
    let whole = answer(&shop, &Impatient::after(9), Scenario::ForYou);
    assert_eq!(whole, (shop.ids(&query(Scenario::ForYou, "u", 4)), false));
    assert_ne!(ids, whole.0);
}

#[test]
fn each_part_is_told_once_and_in_order() {
    let shop = shop();
    for scenario in Scenario::ALL {
        for patience in [0, 1, 9] {
            let deadline = Impatient::after(patience);
            answer(&shop, &deadline, scenario);
            let parts = deadline.parts.borrow();
            assert!(parts.is_sorted_by_key(|part| *part as u8), "{scenario:?} {parts:?}");
            assert_eq!(
                (parts.first(), parts.last()),
                (Some(&RankingStage::Asker), Some(&RankingStage::Score))
            );
            assert!(parts.windows(2).all(|pair| pair[0] != pair[1]), "{scenario:?} {parts:?}");
        }
    }
}
