//! `also-bought`: what people who bought an item (or these items) also bought.
//!
//! Candidates: the co-occurrence lists of the items. Score: the sum of the list weights `g_ij`.

use crate::id::ItemIdx;
use crate::recommend::answer::{Reason, Recommendation};
use crate::recommend::page::best;
use crate::recommend::{Context, RankingStage, Scratch, listed};

pub(in crate::recommend) fn list(
    context: &Context<'_>,
    anchors: &[ItemIdx],
    scratch: &mut Scratch,
) -> Vec<Recommendation> {
    let lists = &context.world.model().also_bought;
    let sums = &mut scratch.sums;
    sums.begin(context.world.counts().items, 1);
    for anchor in anchors {
        let (items, weights) = lists.row(anchor.row());
        sums.add_weighted(items, weights, 1.0);
    }
    context.deadline.done(RankingStage::Candidates);
    let allowed = sums.noted().iter().filter(|&&item| context.allowed.contains(item));
    let scored = allowed.map(|&item| (sums.sum(item), item)).collect();
    let top = best(scored, context.query.limit);
    top.into_iter().map(|(score, item)| explained(context, anchors, score, item)).collect()
}

fn explained(context: &Context<'_>, anchors: &[ItemIdx], score: f32, item: u32) -> Recommendation {
    let mut one = listed(item, score);
    if !context.query.explain {
        return one;
    }
    for &anchor in anchors {
        let (items, weights) = context.world.model().also_bought.row(anchor.row());
        let at = items.iter().position(|&other| other == item);
        one.reasons.extend(at.map(|at| Reason::AlsoBought { item: anchor, share: weights[at] }));
    }
    one
}
