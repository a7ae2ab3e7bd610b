//! `popular`: the items that most people used.
//!
//! Candidates: every allowed item. Score: the number of its users; ties by number of item.

use super::{Gives, ItemList, Scenario, Spec};
use crate::id::ItemIdx;
use crate::recommend::answer::Listed;
use crate::recommend::context::Context;
use crate::recommend::page;
use crate::recommend::scratch::Scratch;

static SPEC: Spec = Spec {
    name: "popular",
    summary: "The items that most people used.",
    asks: &[],
    reasons: &["popular"],
    fills_up: true,
    is_searched: false,
    gives: Gives::Items(ItemList(list)),
};

impl Scenario {
    /// The items that most people used.
    pub const POPULAR: Self = Self(&SPEC);
}

fn list(context: &mut Context<'_>, _: &mut Scratch) -> Vec<Listed<ItemIdx>> {
    page::popular(context, context.query.limit)
}
