//! Popular items, and filling a short page up with them.

use crate::id::ItemIdx;
use crate::recommend::answer::{Listed, Reason};
use crate::recommend::context::Context;

/// The allowed items that most people used, ties by number of item. The score is the number of
/// users.
pub(in crate::recommend) fn popular(context: &Context<'_>, k: usize) -> Vec<Listed<ItemIdx>> {
    let top = context.world.popularity().largest(k, &|item| context.allowed.contains(item));
    top.into_iter().map(|(users, item)| popular_item(context, item, users)).collect()
}

fn popular_item(context: &Context<'_>, item: u32, users: f32) -> Listed<ItemIdx> {
    let mut one = Listed::new(ItemIdx(item), users);
    if context.query.explain {
        one.reasons.push(Reason::Popular { users: users as u32, share: users });
    }
    one
}

/// Fills a short page up with popular items, which score lower than anything on it.
pub(in crate::recommend) fn fill_up(
    context: &Context<'_>,
    mut items: Vec<Listed<ItemIdx>>,
) -> Vec<Listed<ItemIdx>> {
    let limit = context.query.limit;
    if items.len() >= limit {
        return items;
    }
    let taken: Vec<_> = items.iter().map(|one| one.id).collect();
    let floor = items.last().map_or(f32::INFINITY, |last| last.score);
    let more = popular(context, limit).into_iter().filter(|one| !taken.contains(&one.id));
    for mut one in more.take(limit - taken.len()) {
        if floor.is_finite() {
            one.score = floor.min(0.0);
            one.reasons.iter_mut().for_each(Reason::adds_nothing);
        }
        items.push(one);
    }
    items
}
