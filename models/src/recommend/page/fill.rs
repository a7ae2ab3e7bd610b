//! Lists that every shop can show to anybody, and what fills up a page that would be short.

use crate::recommend::answer::{Reason, Recommendation};
use crate::recommend::{Context, listed};

/// What most people touched. Score: how many. Candidates: every allowed item, by number of users, ties by number of item.
pub(in crate::recommend) fn popular(context: &Context<'_>, k: usize) -> Vec<Recommendation> {
    let top = context.world.popularity().largest(k, &|item| context.allowed.contains(item));
    top.into_iter().map(|(users, item)| popular_item(context, item, users)).collect()
}

fn popular_item(context: &Context<'_>, item: u32, users: f32) -> Recommendation {
    let mut one = listed(item, users);
    if context.query.explain {
        one.reasons.push(Reason::Popular { users: users as u32, share: users });
    }
    one
}

/// What came last. Score: the day it came, in days since 1970. Candidates: every allowed item, latest first.
pub(in crate::recommend) fn new(context: &Context<'_>, k: usize) -> Vec<Recommendation> {
    const DAY: f64 = 86_400_000.0;
    let top = context.world.arrivals().largest(k, &|item| context.allowed.contains(item));
    let explain = context.query.explain;
    top.into_iter()
        .map(|(since, item)| {
            let mut one = listed(item, (since as f64 / DAY) as f32);
            if explain && since > 0 {
                one.reasons.push(Reason::New { since });
            }
            one
        })
        .collect()
}

/// Fills a short page up with popular items, of lower score than anything on it.
pub(in crate::recommend) fn fill_up(
    context: &Context<'_>,
    mut items: Vec<Recommendation>,
) -> Vec<Recommendation> {
    let limit = context.query.limit;
    if items.len() >= limit {
        return items;
    }
    let taken: Vec<_> = items.iter().map(|one| one.item).collect();
    let floor = items.last().map_or(f32::INFINITY, |last| last.score);
    let more = popular(context, limit).into_iter().filter(|one| !taken.contains(&one.item));
    for mut one in more.take(limit - taken.len()) {
        if floor.is_finite() {
            one.score = floor.min(0.0);
            one.reasons.iter_mut().for_each(Reason::adds_nothing);
        }
        items.push(one);
    }
    items
}
