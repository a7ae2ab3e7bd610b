//! `similar-items`: what lies near an item in the embedding.
//!
//! Score: the cosine of the two rows. From the list that training made of the nearest; where that may not be enough, candidates are the items
//! that a search finds nearest to the item's row, and the item's list.

use super::nearest::{Nearest, best};
use super::query::{Reason, Recommendation, Search};
use super::{Context, Part, Scratch, listed};
use crate::id::ItemIdx;
use crate::kernel::{dot, prefetch};

/// So many candidates are taken from the index for each item of the page, because the index ranks by inner product.
const CANDIDATES_PER_ITEM: usize = 8;

pub(super) fn list(
    context: &Context<'_>,
    anchor: ItemIdx,
    scratch: &mut Scratch,
) -> Vec<Recommendation> {
    let Some(vector) = unit(context.world.item_row(anchor)) else { return Vec::new() };
    let top = made(context, anchor, &vector)
        .unwrap_or_else(|| searched(context, anchor, &vector, scratch));
    top.into_iter().map(|(cosine, item)| similar(context, anchor, cosine, item)).collect()
}

/// The page from the list that training made; none where the list is not meant for the question, or too much of it may not be shown.
fn made(context: &Context<'_>, anchor: ItemIdx, vector: &[f32]) -> Option<Vec<(f32, u32)>> {
    let (world, limit) = (context.world, context.query.limit);
    let is_meant = context.query.search == Search::Index { ef: None };
    if !is_meant || context.allowed.count().is_some() {
        return None;
    }
    let (items, cosines) = world.model().similar.row(anchor.row());
    let shown = cosines.iter().copied().zip(items.iter().copied());
    let shown = shown.filter(|&(_, item)| context.allowed.contains(item)).take(limit);
    let mut shown: Vec<(f32, u32)> = shown.collect();
    if shown.len() < limit {
        return None;
    }
    context.pace.done(Part::Candidates);
    if world.newcomers() > 0 {
        let accept = |item: ItemIdx| context.allowed.contains(item.0);
        let newcomers = world.nearest_newcomers(vector, limit * CANDIDATES_PER_ITEM, &accept);
        shown.extend(newcomers.into_iter().filter_map(|(_, item)| cosine(context, vector, item.0)));
        shown = best(shown, limit);
    }
    Some(shown)
}

/// From what is looked for.
fn searched(
    context: &Context<'_>,
    anchor: ItemIdx,
    vector: &[f32],
    scratch: &mut Scratch,
) -> Vec<(f32, u32)> {
    let (model, limit, search) = (context.world.model(), context.query.limit, context.query.search);
    let all = 0..context.world.counts().items as u32;
    let candidates = match (search, context.allowed.few()) {
        (Search::Exact, None) => all.filter(|&item| context.allowed.contains(item)).collect(),
        (Search::Exact | Search::Index { .. }, Some(few)) => {
            few.iter().filter(|&item| context.allowed.contains(item)).collect()
        }
        _ => {
            let nearest = Nearest { k: limit * CANDIDATES_PER_ITEM, search };
            let near = nearest.find(context.world, vector, &context.allowed, &mut scratch.search);
            with_neighbors(context, anchor, &near)
        }
    };
    context.pace.done(Part::Candidates);
    for &item in &candidates {
        model.item_factors.row(item as usize).into_iter().for_each(prefetch);
    }
    let cosines = candidates.into_iter().filter_map(|item| cosine(context, vector, item));
    best(cosines.collect(), limit)
}

/// Besides what a search found: who is on the anchor's lists, and on the lists of those. Each item once.
fn with_neighbors(context: &Context<'_>, anchor: ItemIdx, near: &[(f32, u32)]) -> Vec<u32> {
    let model = context.world.model();
    let similar = |item: usize| model.similar.row(item).0.iter().copied();
    let around = similar(anchor.row()).chain(near.iter().map(|&(_, item)| item));
    let further = around.clone().flat_map(|item| similar(item as usize));
    let on_list = model.lists.row(anchor.row()).0.iter().copied();
    let mut all: Vec<u32> = around.chain(further).chain(on_list).collect();
    all.sort_unstable();
    all.dedup();
    all.retain(|&item| context.allowed.contains(item));
    all
}

/// The cosine of an item's row with a vector of length 1, before the item; none for a row of zeros.
fn cosine(context: &Context<'_>, vector: &[f32], item: u32) -> Option<(f32, u32)> {
    let other = context.world.item_row(ItemIdx(item))?;
    let length = dot(other, other).sqrt();
    (length > 0.0).then(|| (dot(vector, other) / length, item))
}

fn similar(context: &Context<'_>, anchor: ItemIdx, cosine: f32, item: u32) -> Recommendation {
    let mut one = listed(item, cosine);
    if context.query.explain {
        one.reasons.push(Reason::SimilarTo { item: anchor, share: cosine });
    }
    one
}

/// The row scaled to length 1; none for a row of zeros, which is like nothing.
fn unit(row: Option<&[f32]>) -> Option<Vec<f32>> {
    let row = row?;
    let norm = dot(row, row).sqrt();
    if norm > 0.0 { Some(row.iter().map(|value| value / norm).collect()) } else { None }
}
