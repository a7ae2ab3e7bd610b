//! `friends-also-bought`: the items that several friends bought; with an item, those that friends
//! who bought it also bought.
//!
//! Candidates: items bought, and shown to friends, by at least `min_friends` distinct friends.
//! Score: `f_u(j) = sum_f w_f r_fj`, where the strengths `w` of the ties sum to 1 over all
//! friends. Ties go by the number of friends, then by the number of the item. The rest of the
//! page comes from `for-you` and says so.

use super::{Ask, Gives, Input, ItemList, Scenario, Spec, for_you};
use crate::id::ItemIdx;
use crate::recommend::answer::{Listed, Reason};
use crate::recommend::context::Context;
use crate::recommend::deadline::RankingStage;
use crate::recommend::score::Friends;
use crate::recommend::scratch::Scratch;

static SPEC: Spec = Spec {
    name: "friends-also-bought",
    summary: "The items that friends bought; with an item, what friends who bought it also bought.",
    asks: &[Ask::optional(&[Input::User]), Ask::optional(&[Input::Item, Input::Items])],
    reasons: &["friends_bought", "filled_from_for_you", "taste", "also_bought", "popular"],
    fills_up: true,
    is_searched: true,
    gives: Gives::Items(ItemList(list)),
};

impl Scenario {
    /// The items that friends bought; with an item, what friends who bought it also bought.
    pub const FRIENDS_ALSO_BOUGHT: Self = Self(&SPEC);
}

fn list(context: &mut Context<'_>, scratch: &mut Scratch) -> Vec<Listed<ItemIdx>> {
    let mut items = bought_by_friends(context, scratch);
    let missing = context.query.limit - items.len();
    if missing == 0 || context.is_due() {
        context.deadline.done(RankingStage::Candidates);
        return items;
    }
    // Only what is missing is looked for: the fewer, the sooner it is found.
    context.allowed.exclude(items.iter().map(|one| one.id.0));
    for mut one in for_you::ranked(context, missing, scratch) {
        if context.query.explain {
            one.reasons.insert(0, Reason::FilledFromForYou);
        }
        items.push(one);
    }
    items
}

fn bought_by_friends(context: &Context<'_>, scratch: &mut Scratch) -> Vec<Listed<ItemIdx>> {
    let having = context.anchors.first().copied();
    let sums = &mut scratch.friends;
    let enough = context.query.min_friends.max(1);
    sums.begin(context.world.counts().items, enough);
    Friends::new(context.world, context.asker.ties).add(having, 1.0, sums);
    let allowed = sums.noted().iter().filter(|&&item| context.allowed.contains(item));
    let found = allowed.map(|&item| (sums.sum(item), sums.count(item), item)).collect();
    let explain = context.query.explain;
    let one = |(share, count, item)| {
        let mut one = Listed::new(ItemIdx(item), share);
        if explain {
            one.reasons.push(Reason::FriendsBought { count, share });
        }
        one
    };
    first(found, context.query.limit).into_iter().map(one).collect()
}

/// The page: by share, then by friends, then by number of item. Only what is on it is put in order.
fn first(mut found: Vec<(f32, usize, u32)>, limit: usize) -> Vec<(f32, usize, u32)> {
    let order = |a: &(f32, usize, u32), b: &(f32, usize, u32)| {
        b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2))
    };
    if found.len() > limit {
        found.select_nth_unstable_by(limit, order);
        found.truncate(limit);
    }
    found.sort_unstable_by(order);
    found
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;

    #[test]
    fn a_page_is_the_head_of_all_in_order() {
        let found: Vec<(f32, usize, u32)> = (0..60_u32)
            .map(|item| ((item * 7 % 5) as f32, (item * 11 % 3) as usize, item))
            .collect();
        let all = first(found.clone(), 100);
        let rank = |one: &(f32, usize, u32)| (Reverse(one.0 as u32), Reverse(one.1), one.2);
        assert!(all.len() == 60 && all.is_sorted_by_key(rank));
        for limit in [0, 1, 20, 59, 60] {
            assert_eq!(first(found.clone(), limit), all[..limit]);
        }
    }
}
