//! `also-bought`: the items that people who bought an item (or these items) also bought.
//!
//! Candidates: the co-occurrence lists of the items. Score: the sum of the list weights `g_ij`.

use super::{Ask, Gives, Input, ItemList, Scenario, Spec};
use crate::id::ItemIdx;
use crate::recommend::answer::{Listed, Reason};
use crate::recommend::context::Context;
use crate::recommend::deadline::RankingStage;
use crate::recommend::page::best;
use crate::recommend::scratch::Scratch;

static SPEC: Spec = Spec {
    name: "also-bought",
    summary: "The items that people who bought an item (or these items) also bought.",
    asks: &[Ask::required(&[Input::Item, Input::Items])],
    reasons: &["also_bought"],
    fills_up: true,
    is_searched: false,
    gives: Gives::Items(ItemList(list)),
};

impl Scenario {
    /// The items that people who bought an item (or these items) also bought.
    pub const ALSO_BOUGHT: Self = Self(&SPEC);
}

fn list(context: &mut Context<'_>, scratch: &mut Scratch) -> Vec<Listed<ItemIdx>> {
    let context = &*context;
    let lists = &context.world.model().learned.also_bought;
    let sums = &mut scratch.sums;
    sums.begin(context.world.counts().items, 1);
    for anchor in &context.anchors {
        let (items, weights) = lists.row(anchor.row());
        sums.add_weighted(items, weights, 1.0);
    }
    context.deadline.done(RankingStage::Candidates);
    let allowed = sums.noted().iter().filter(|&&item| context.allowed.contains(item));
    let scored = allowed.map(|&item| (sums.sum(item), item)).collect();
    let top = best(scored, context.query.limit);
    top.into_iter().map(|(score, item)| explained(context, score, item)).collect()
}

fn explained(context: &Context<'_>, score: f32, item: u32) -> Listed<ItemIdx> {
    let mut one = Listed::new(ItemIdx(item), score);
    if !context.query.explain {
        return one;
    }
    for &anchor in &context.anchors {
        let (items, weights) = context.world.model().learned.also_bought.row(anchor.row());
        let at = items.iter().position(|&other| other == item);
        one.reasons.extend(at.map(|at| Reason::AlsoBought { item: anchor, share: weights[at] }));
    }
    one
}
