//! Lists under a deadline.

use std::cell::{Cell, RefCell};

use super::*;
use crate::recommend::{Deadline, RankingStage};

/// Is due when it was asked so often.
#[derive(Debug)]
struct Impatient {
    left: Cell<usize>,
    stages: RefCell<Vec<RankingStage>>,
}

impl Impatient {
    fn after(asked: usize) -> Self {
        Self { left: Cell::new(asked), stages: RefCell::default() }
    }
}

impl Deadline for Impatient {
    fn done(&self, stage: RankingStage) {
        self.stages.borrow_mut().push(stage);
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
    let is_of_item = scenario.spec().requires(Input::Item);
    let about = if is_of_item { About::Item("a0".into()) } else { About::Nothing };
    let asked = Query { about, ..query(scenario, "u", 4) };
    let answer = shop.world.recommend_within(deadline, &asked, &mut Scratch::default()).unwrap();
    let ids = answer.items.iter().map(|one| shop.world.item_id(one.id).to_owned());
    (ids.collect(), answer.is_cut)
}

#[test]
fn a_page_that_is_due_at_once_is_of_popular_items_and_says_so() {
    let shop = shop();
    for &scenario in Scenario::ALL {
        let (ids, is_cut) = answer(&shop, &Impatient::after(0), scenario);
        assert_eq!((ids.len(), is_cut), (4, true), "{scenario:?}");
        assert_eq!(ids[..3], ["a1", "a2", "a3"], "{scenario:?}");
    }
}

#[test]
fn what_was_found_in_time_is_kept() {
    let shop = shop();
    // The lists and friends were looked at, the index was not: a3 is what the friend bought.
    let (ids, is_cut) = answer(&shop, &Impatient::after(2), Scenario::FOR_YOU);
    assert_eq!((ids.len(), is_cut), (4, true));
    // With the taste alone nothing can be scored: the page is that of nothing at all.
    let nothing = answer(&shop, &Impatient::after(0), Scenario::FOR_YOU);
    assert_eq!(answer(&shop, &Impatient::after(1), Scenario::FOR_YOU), nothing);
    assert_ne!(ids, nothing.0);
    let whole = answer(&shop, &Impatient::after(9), Scenario::FOR_YOU);
    assert_eq!(whole, (shop.ids(&query(Scenario::FOR_YOU, "u", 4)), false));
    assert_ne!(ids, whole.0);
}

#[test]
fn each_stage_is_reported_once_and_in_order() {
    let shop = shop();
    for &scenario in Scenario::ALL {
        for patience in [0, 1, 9] {
            let deadline = Impatient::after(patience);
            answer(&shop, &deadline, scenario);
            let stages = deadline.stages.borrow();
            assert!(stages.is_sorted_by_key(|stage| *stage as u8), "{scenario:?} {stages:?}");
            assert_eq!(
                (stages.first(), stages.last()),
                (Some(&RankingStage::Asker), Some(&RankingStage::Score))
            );
            assert!(stages.windows(2).all(|pair| pair[0] != pair[1]), "{scenario:?} {stages:?}");
        }
    }
}
