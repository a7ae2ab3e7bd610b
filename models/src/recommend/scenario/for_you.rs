//! `for-you`: the items that suit the asker.
//!
//! `score(u, j) = embedding p_u.q_j + list sum_i a_ui M_ij + friends f_u(j) + popularity b_j`,
//! where `i` runs over the asker's own items. Training learned the weights
//! ([`Blend`](crate::params::Blend)); `a_ui` is the [recency](crate::recency) of an own item, and
//! `b_j` is the [bias](crate::model::Model::bias) of the item. For askers with few own items,
//! a term for friends of friends is added: see [`crate::friends_of_friends`]. They are not friends,
//! so reasons count this term as taste.
//!
//! Candidates: the items nearest to `p_u`, the lists of the asker's own items, the purchases of
//! friends, and the items of largest bias. An item outside the first three
//! scores only `p_u.q_j + b_j`, and its `p_u.q_j` is at most that of the last of the nearest. This
//! bounds its score. Items are read in order of bias until the bound no longer reaches the page
//! (the threshold algorithm of Fagin, Lotem and Naor, 2003).
//! The page is the exact top of the score over all allowed items, up to the recall of the index.

use super::{Ask, Gives, Input, ItemList, Scenario, Spec};
use crate::friends_of_friends::FEW_ITEMS;
use crate::id::ItemIdx;
use crate::kernel::prefetch;
use crate::params::Blend;
use crate::recommend::answer::Listed;
use crate::recommend::asker::Taste;
use crate::recommend::context::Context;
use crate::recommend::deadline::RankingStage;
use crate::recommend::nearest::Nearest;
use crate::recommend::page::{Accumulator, best};
use crate::recommend::score::{Friends, Parts};
use crate::recommend::scratch::Scratch;

static SPEC: Spec = Spec {
    name: "for-you",
    summary: "The items that suit the user, by embedding, item lists, friends and popularity.",
    asks: &[Ask::optional(&[Input::User]), Ask::optional(&[Input::Items])],
    reasons: &["taste", "also_bought", "friends_bought", "popular"],
    fills_up: true,
    is_searched: true,
    gives: Gives::Items(ItemList(list)),
};

impl Scenario {
    /// The items that suit the user, by embedding, item lists, friends and popularity.
    pub const FOR_YOU: Self = Self(&SPEC);
}

fn list(context: &mut Context<'_>, scratch: &mut Scratch) -> Vec<Listed<ItemIdx>> {
    ranked(context, context.query.limit, scratch)
}

/// The best `k`, with their reasons.
pub(super) fn ranked(
    context: &Context<'_>,
    k: usize,
    scratch: &mut Scratch,
) -> Vec<Listed<ItemIdx>> {
    let blend = context.world.model().learned.params.blend;
    let taste = context.asker.taste(context.world, scratch);
    if context.is_due() {
        return Vec::new();
    }
    accumulate(context, &taste, blend, scratch);
    let vector = &taste.vector;
    let nearest = if vector.is_empty() || blend.embedding <= 0.0 || context.is_due() {
        Vec::new()
    } else {
        let nearest = Nearest { k, search: context.query.search };
        nearest.find(context.world, vector, &context.allowed, &mut scratch.search)
    };
    context.deadline.done(RankingStage::Candidates);
    let Scratch { sums, friends, second_hop, .. } = scratch;
    let parts = Parts { context, taste: &taste, blend, sums, friends, second_hop };
    let top = best(parts.score_candidates(&nearest, k), k);
    parts.explain(top.into_iter().map(|(score, item)| Listed::new(ItemIdx(item), score)).collect())
}

fn accumulate(context: &Context<'_>, taste: &Taste, blend: Blend, scratch: &mut Scratch) {
    let Context { world, query, asker, .. } = context;
    let Scratch { sums, friends: friends_sums, second_hop, .. } = scratch;
    sums.begin(world.counts().items, 1);
    let rows = taste
        .own
        .iter()
        .map(|&(own, recency)| (world.model().learned.lists.row(own as usize), recency));
    let mut rows = rows.peekable();
    while let Some(((items, weights), recency)) = rows.next() {
        if let Some(((items, weights), _)) = rows.peek() {
            prefetch(items);
            prefetch(weights);
        }
        sums.add_weighted(items, weights, blend.list * recency);
    }
    let friends = Friends::new(world, asker.ties);
    friends.add(None, blend.friends, sums);
    add_second_hop(context, taste, blend, sums);
    if query.explain {
        friends_sums.begin(world.counts().items, 1);
        friends.add(None, blend.friends, friends_sums);
        second_hop.begin(world.counts().items, 1);
        add_second_hop(context, taste, blend, second_hop);
    }
}

/// Adds what friends of friends say, where little is known of the asker.
fn add_second_hop(context: &Context<'_>, taste: &Taste, blend: Blend, sums: &mut Accumulator) {
    let Context { world, asker, .. } = context;
    let share = blend.friends * blend.second_hop;
    if let Some(user) = asker.user
        && share > 0.0
        && taste.own.len() <= FEW_ITEMS
    {
        Friends::new(world, asker.ties).add_second_hop(user, share, sums);
    }
}
