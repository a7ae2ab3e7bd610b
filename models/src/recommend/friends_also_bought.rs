//! `friends-also-bought`: what several friends bought; with an item, what friends who bought that item also bought.
//!
//! Candidates: items bought, and shown to friends, by at least `min_friends` distinct friends. Score: `f_u(j) = sum_f w_f r_fj`,
//! the strengths `w` of the ties summing to 1 over all friends; then the number of friends, then the number of the item. The rest
//! of the page comes from `for-you` and says so.

use super::friends::Friends;
use super::query::{Reason, Recommendation};
use super::{Context, Part, Scratch, for_you, listed};
use crate::id::ItemIdx;

pub(super) fn list(
    context: &Context<'_>,
    having: Option<ItemIdx>,
    scratch: &mut Scratch,
) -> Vec<Recommendation> {
    let mut items = bought_by_friends(context, having, scratch);
    let missing = context.query.limit - items.len();
    if missing == 0 || context.is_due() {
        context.pace.done(Part::Candidates);
        return items;
    }
    let taken: Vec<ItemIdx> = items.iter().map(|one| one.item).collect();
    let more = for_you::list(context, context.query.limit, scratch);
    for mut one in more.into_iter().filter(|one| !taken.contains(&one.item)).take(missing) {
        if context.query.explain {
            one.reasons.insert(0, Reason::FilledFromForYou);
        }
        items.push(one);
    }
    items
}

fn bought_by_friends(
    context: &Context<'_>,
    having: Option<ItemIdx>,
    scratch: &mut Scratch,
) -> Vec<Recommendation> {
    let sums = &mut scratch.friends;
    sums.begin(context.world.counts().items);
    Friends::new(context.world, context.asker.ties).add(having, 1.0, sums);
    let enough = context.query.min_friends.max(1);
    let mut found: Vec<(f32, usize, u32)> = sums
        .touched()
        .iter()
        .filter(|&&item| sums.count(item) >= enough && context.allowed.contains(item))
        .map(|&item| (sums.sum(item), sums.count(item), item))
        .collect();
    found.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
    found.truncate(context.query.limit);
    let explain = context.query.explain;
    let one = |(share, count, item)| {
        let mut one = listed(item, share);
        if explain {
            one.reasons.push(Reason::FriendsBought { count, share });
        }
        one
    };
    found.into_iter().map(one).collect()
}
