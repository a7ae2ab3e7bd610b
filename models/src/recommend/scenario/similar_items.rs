//! `similar-items`: the items nearest to an item in the embedding.
//!
//! Score: the cosine of the two vectors. The page is the head of the item's list from training. If
//! too few of its items are allowed, a walk follows the lists of the listed items. If that finds
//! too few, every allowed item is scanned.

use super::{Ask, Gives, Input, ItemList, Scenario, Spec};
use crate::id::ItemIdx;
use crate::index::{SearchScratch, WalkLimits};
use crate::kernel::{dot, prefetch};
use crate::recommend::answer::{Listed, Reason};
use crate::recommend::context::Context;
use crate::recommend::deadline::RankingStage;
use crate::recommend::page::best;
use crate::recommend::query::Search;
use crate::recommend::scratch::Scratch;

static SPEC: Spec = Spec {
    name: "similar-items",
    summary: "The items nearest to an item in the embedding.",
    asks: &[Ask::required(&[Input::Item])],
    reasons: &["similar_to"],
    fills_up: true,
    is_searched: true,
    gives: Gives::Items(ItemList(list)),
};

impl Scenario {
    /// The items nearest to an item in the embedding.
    pub const SIMILAR_ITEMS: Self = Self(&SPEC);
}

/// Candidates for each item of the page.
const CANDIDATES_PER_ITEM: usize = 8;

fn list(context: &mut Context<'_>, scratch: &mut Scratch) -> Vec<Listed<ItemIdx>> {
    let (context, anchor) = (&*context, context.anchors[0]);
    let Some(unit) = unit(context.world.item_row(anchor)) else { return Vec::new() };
    let likeness = Likeness { context, anchor, unit: &unit };
    let top = likeness.made().unwrap_or_else(|| likeness.searched(&mut scratch.search));
    top.into_iter().map(|(cosine, item)| likeness.reported(cosine, item)).collect()
}

/// One item, to which others are like.
#[derive(Clone, Copy)]
struct Likeness<'a> {
    context: &'a Context<'a>,
    anchor: ItemIdx,
    /// Its row, scaled to length 1.
    unit: &'a [f32],
}

impl Likeness<'_> {
    /// The page from the list that training made; none where the query searches otherwise, or too
    /// few of the list are allowed.
    fn made(self) -> Option<Vec<(f32, u32)>> {
        let (context, limit) = (self.context, self.context.query.limit);
        let is_meant = matches!(context.query.search, Search::Index { .. });
        if !is_meant || context.allowed.count().is_some() {
            return None;
        }
        let (items, cosines) = context.world.model().learned.similar.row(self.anchor.row());
        let shown = cosines.iter().copied().zip(items.iter().copied());
        let shown = shown.filter(|&(_, item)| context.allowed.contains(item)).take(limit);
        let mut shown: Vec<(f32, u32)> = shown.collect();
        if shown.len() < limit {
            return None;
        }
        context.deadline.done(RankingStage::Candidates);
        if context.world.newcomers() > 0 {
            let newcomers = self.newcomers().into_iter();
            shown.retain(|&(_, item)| !context.world.is_newcomer(ItemIdx(item)));
            shown.extend(newcomers.filter_map(|item| self.cosine(item)));
            shown = best(shown, limit);
        }
        (shown.len() == limit).then_some(shown)
    }

    /// The page from a search.
    fn searched(self, scratch: &mut SearchScratch) -> Vec<(f32, u32)> {
        let (context, model) = (self.context, self.context.world.model());
        let mut candidates = match context.query.search {
            Search::Exact => self.all(),
            _ => self.candidates(scratch),
        };
        candidates.extend(self.newcomers());
        candidates.sort_unstable();
        candidates.dedup();
        context.deadline.done(RankingStage::Candidates);
        for &item in &candidates {
            model.learned.item_factors.row(item as usize).into_iter().for_each(prefetch);
        }
        let cosines = candidates.into_iter().filter_map(|item| self.cosine(item));
        best(cosines.collect(), context.query.limit)
    }

    /// Every allowed item.
    fn all(self) -> Vec<u32> {
        let allowed = &self.context.allowed;
        let passes = |item: &u32| allowed.contains(*item);
        match allowed.few() {
            Some(few) => few.iter().filter(passes).collect(),
            None => (0..self.context.world.counts().items as u32).filter(passes).collect(),
        }
    }

    /// Allowed trained items, the nearest among them.
    fn candidates(self, scratch: &mut SearchScratch) -> Vec<u32> {
        let (context, model) = (self.context, self.context.world.model());
        if model.learned.index.is_exact() {
            return self.all();
        }
        let is_few = context.allowed.few().is_some();
        let walked = if is_few { None } else { self.walked(scratch) };
        walked.unwrap_or_else(|| {
            let accept = |item: u32| context.allowed.contains(item);
            let passing = context.allowed.passing();
            let (rows, k) = (&model.learned.item_factors, context.query.limit);
            model.learned.index.scan_by_cosine(
                rows,
                self.unit,
                &mut passing.iter(),
                k,
                &accept,
                scratch,
            )
        })
    }

    /// The items on the anchor's list, on the lists of those, and so on; none where a scan is
    /// cheaper, or too few are found.
    fn walked(self, scratch: &mut SearchScratch) -> Option<Vec<u32>> {
        /// A walk that scores one in this many passing items is given up: a scan reads rows in
        /// order and misses none.
        const SCANNED_PER_WALKED: usize = 4;
        let (world, limit) = (self.context.world, self.context.query.limit);
        let model = world.model();
        let passing = self.context.allowed.count();
        let most = passing.map_or(world.counts().items, |passing| passing as usize);
        let asked = self.context.query.search.ef();
        let ef = asked.unwrap_or(limit * CANDIDATES_PER_ITEM).max(limit);
        let limits = WalkLimits { ef, most: most / SCANNED_PER_WALKED };
        let accept = |item: u32| self.context.allowed.contains(item);
        let starts = self.starts(scratch);
        let ways = (&model.learned.similar, &*starts);
        let rows = &model.learned.item_factors;
        let found =
            model.learned.index.walk_by_cosine(rows, self.unit, ways, limits, &accept, scratch)?;
        (found.len() >= limit).then_some(found)
    }

    /// The items where a walk begins: the anchor, or items near it where it has no list.
    fn starts(self, scratch: &mut SearchScratch) -> Vec<u32> {
        let model = self.context.world.model();
        if !model.learned.similar.row(self.anchor.row()).0.is_empty() {
            return vec![self.anchor.0];
        }
        let k = self.context.query.limit * CANDIDATES_PER_ITEM;
        let (rows, ef) = (&model.learned.item_factors, model.learned.index.ef());
        let near = model.learned.index.search(rows, self.unit, k, ef, &|_| true, scratch);
        near.into_iter().map(|(_, item)| item).collect()
    }

    /// Allowed items that came after the model.
    fn newcomers(self) -> Vec<u32> {
        let (world, limit) = (self.context.world, self.context.query.limit);
        let accept = |item: ItemIdx| self.context.allowed.contains(item.0);
        let near = world.nearest_newcomers(self.unit, limit * CANDIDATES_PER_ITEM, &accept);
        near.into_iter().map(|(_, item)| item.0).collect()
    }

    /// The cosine of an item's row with the anchor's, before the item; none for a row of zeros.
    fn cosine(self, item: u32) -> Option<(f32, u32)> {
        let other = self.context.world.item_row(ItemIdx(item))?;
        let length = dot(other, other).sqrt();
        (length > 0.0).then(|| (dot(self.unit, other) / length, item))
    }

    fn reported(self, cosine: f32, item: u32) -> Listed<ItemIdx> {
        let mut one = Listed::new(ItemIdx(item), cosine);
        if self.context.query.explain {
            one.reasons.push(Reason::SimilarTo { item: self.anchor, share: cosine });
        }
        one
    }
}

/// The row scaled to length 1; none for a row of zeros, which is like nothing.
fn unit(row: Option<&[f32]>) -> Option<Vec<f32>> {
    let row = row?;
    let norm = dot(row, row).sqrt();
    if norm > 0.0 { Some(row.iter().map(|value| value / norm).collect()) } else { None }
}
