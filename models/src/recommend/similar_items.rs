//! `similar-items`: what lies near an item in the embedding.
//!
//! Candidates: the items nearest to the item's row, and the item's list. Score: the cosine of the two rows.

use super::nearest::{Nearest, best};
use super::query::{Reason, Recommendation};
use super::{Context, Part, Scratch, listed};
use crate::id::ItemIdx;
use crate::kernel::{dot, prefetch};

/// So many candidates are taken from the index for each item of the page, because the index ranks by inner product.
const CANDIDATES_PER_ITEM: usize = 3;

pub(super) fn list(
    context: &Context<'_>,
    anchor: ItemIdx,
    scratch: &mut Scratch,
) -> Vec<Recommendation> {
    let model = context.world.model();
    let Some(vector) = unit(context.world.item_row(anchor)) else { return Vec::new() };
    let limit = context.query.limit;
    let nearest = Nearest { k: limit * CANDIDATES_PER_ITEM, search: context.query.search };
    let near = nearest.find(context.world, &vector, &context.allowed, &mut scratch.search);
    context.pace.done(Part::Candidates);
    let on_list = model.lists.row(anchor.row()).0.iter().copied();
    let mut candidates: Vec<u32> = near.into_iter().map(|(_, item)| item).collect();
    candidates.extend(on_list.filter(|&item| context.allowed.contains(item)));
    candidates.sort_unstable();
    candidates.dedup();
    for &item in &candidates {
        model.item_factors.row(item as usize).into_iter().for_each(prefetch);
    }
    let cosines = candidates.into_iter().filter_map(|item| {
        let other = context.world.item_row(ItemIdx(item))?;
        let length = dot(other, other).sqrt();
        (length > 0.0).then(|| (dot(&vector, other) / length, item))
    });
    let top = best(cosines.collect(), limit);
    top.into_iter().map(|(cosine, item)| similar(context, anchor, cosine, item)).collect()
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
