//! `new`: the items that came last.
//!
//! Candidates: every allowed item, latest first. Score: the day on which it came, in days since
//! 1970.

use super::{Gives, ItemList, Scenario, Spec};
use crate::id::ItemIdx;
use crate::recommend::answer::{Listed, Reason};
use crate::recommend::context::Context;
use crate::recommend::scratch::Scratch;

static SPEC: Spec = Spec {
    name: "new",
    summary: "The items that came last.",
    asks: &[],
    reasons: &["new"],
    fills_up: true,
    is_searched: false,
    gives: Gives::Items(ItemList(list)),
};

impl Scenario {
    /// The items that came last.
    pub const NEW: Self = Self(&SPEC);
}

fn list(context: &mut Context<'_>, _: &mut Scratch) -> Vec<Listed<ItemIdx>> {
    let (arrivals, limit) = (context.world.arrivals(), context.query.limit);
    let top = arrivals.largest(limit, &|item| context.allowed.contains(item));
    top.into_iter().map(|(since, item)| arrived(context, since, item)).collect()
}

fn arrived(context: &Context<'_>, since: i64, item: u32) -> Listed<ItemIdx> {
    const DAY: f64 = 86_400_000.0;
    let mut one = Listed::new(ItemIdx(item), (since as f64 / DAY) as f32);
    if context.query.explain && since > 0 {
        one.reasons.push(Reason::New { since });
    }
    one
}
