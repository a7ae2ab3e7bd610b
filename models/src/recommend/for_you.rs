//! `for-you`: what suits the asker.
//!
//! `score(u, j) = embedding p_u.q_j + list sum_{i in S_u} a_ui M_ij + friends f_u(j) + popularity b_j`, with the weights that
//! training learned ([`Blend`](crate::params::Blend)), the [recency](crate::recency) `a_ui` of an own item and the
//! [bias](crate::model::Model::bias) `b_j` of the item. For askers with few own items, friends of friends speak beside `f_u`: see
//! [`crate::reach`]. They are no friends, so that they are told as taste.
//!
//! Candidates: the items nearest to `p_u`, the lists of the asker's own items, what friends bought, and the items of largest
//! bias. The sums are never negative, so an item outside the first three adds to the nearest ones' `p_u.q_j` at most its bias:
//! the items are walked by bias until that no longer reaches the page (the threshold algorithm of Fagin, Lotem and Naor, 2003).
//! The page is the exact top of the score over all allowed items, up to the recall of the index.

use super::accumulator::Accumulator;
use super::asker::Taste;
use super::friends::Friends;
use super::nearest::{Nearest, best};
use super::query::{Reason, Recommendation};
use super::{Context, Part, Scratch, listed};
use crate::id::ItemIdx;
use crate::kernel::{dot, prefetch};
use crate::params::Blend;
use crate::reach::FEW_ITEMS;

/// How many own items a list names as reasons.
const OWN_ITEMS_NAMED: usize = 3;

/// So many times the page are gathered before all but the best are let go.
const CROWD: usize = 4;

/// The parts of every candidate's score.
struct Parts<'a> {
    context: &'a Context<'a>,
    taste: &'a Taste,
    blend: Blend,
    /// What own items and friends add together.
    sums: &'a Accumulator,
    /// What friends add, where reasons are asked for.
    friends: &'a Accumulator,
    /// What friends of friends add, where reasons are asked for.
    second_hop: &'a Accumulator,
}

pub(super) fn list(context: &Context<'_>, k: usize, scratch: &mut Scratch) -> Vec<Recommendation> {
    let blend = context.world.model().params.blend;
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
    context.pace.done(Part::Candidates);
    let Scratch { sums, friends, second_hop, .. } = scratch;
    let parts = Parts { context, taste: &taste, blend, sums, friends, second_hop };
    let top = best(parts.score_candidates(&nearest, k), k);
    parts.explain(top.into_iter().map(|(score, item)| listed(item, score)).collect())
}

fn accumulate(context: &Context<'_>, taste: &Taste, blend: Blend, scratch: &mut Scratch) {
    let Context { world, query, asker, .. } = context;
    let Scratch { sums, friends: friends_sums, second_hop, .. } = scratch;
    sums.begin(world.counts().items, 1);
    let rows =
        taste.own.iter().map(|&(own, recency)| (world.model().lists.row(own as usize), recency));
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

impl Parts<'_> {
    /// Scores whatever can be among the `k` best.
    fn score_candidates(&self, nearest: &[(f32, u32)], k: usize) -> Vec<(f32, u32)> {
        let score = |&(product, item): &(f32, u32)| {
            self.blend.embedding * product + self.beside_taste(item)
        };
        let scored = nearest.iter().map(|near| (score(near), near.1)).collect();
        let mut crowd = Crowd::new(scored, self.most_taste(nearest, k), k);
        crowd.consider_all(self);
        if self.blend.popularity > 0.0 {
            self.add_popular(&mut crowd);
        }
        crowd.scored
    }

    /// Considers the items that nobody near the asker touched, by their bias, as far down as one could still be on the page.
    fn add_popular(&self, crowd: &mut Crowd) {
        crowd.thin();
        let is_known = |item: u32| self.sums.is_touched(item);
        if let Some(few) = self.context.allowed.few() {
            few.iter()
                .filter(|&item| !is_known(item))
                .for_each(|item| crowd.consider(item, self.beside_taste(item), self));
            return;
        }
        for &item in self.context.world.by_bias() {
            if self.popularity(item) < crowd.needed {
                return;
            }
            if !is_known(item) {
                crowd.consider(item, self.beside_taste(item), self);
            }
        }
    }

    /// The most that the embedding can add to an item that is not among the `k` nearest.
    fn most_taste(&self, nearest: &[(f32, u32)], k: usize) -> f32 {
        match nearest.last() {
            Some(&(product, _)) if nearest.len() == k => self.blend.embedding * product,
            _ if self.has_taste() => f32::INFINITY,
            _ => 0.0,
        }
    }

    fn has_taste(&self) -> bool {
        self.blend.embedding > 0.0 && !self.taste.vector.is_empty()
    }

    /// What an item's score has beside the share of the embedding.
    fn beside_taste(&self, item: u32) -> f32 {
        self.sums.sum(item) + self.popularity(item)
    }

    fn popularity(&self, item: u32) -> f32 {
        if self.blend.popularity <= 0.0 {
            return 0.0;
        }
        let bias = self.context.world.model().bias.get(item as usize);
        bias.map_or(0.0, |bias| self.blend.popularity * bias)
    }

    fn embedding(&self, item: u32) -> f32 {
        if !self.has_taste() {
            return 0.0;
        }
        let row = self.context.world.item_row(ItemIdx(item));
        row.map_or(0.0, |row| self.blend.embedding * dot(&self.taste.vector, row))
    }

    fn explain(&self, mut items: Vec<Recommendation>) -> Vec<Recommendation> {
        if !self.context.query.explain {
            return items;
        }
        for one in &mut items {
            one.reasons = self.reasons(one.item.0);
        }
        items
    }

    /// The facts behind a score, largest share first.
    ///
    /// What too few friends bought is told as taste: neither a reason nor the sum of the shares gives a single friend away.
    fn reasons(&self, item: u32) -> Vec<Reason> {
        let mut reasons = self.own_items_behind(item);
        let (count, share) = (self.friends.count(item), self.friends.sum(item));
        let told = count >= self.context.query.min_friends.max(1) && share > 0.0;
        let hidden = if told { 0.0 } else { share };
        let taste = self.embedding(item) + self.second_hop.sum(item) + hidden;
        if taste > 0.0 {
            reasons.push(Reason::Taste { share: taste });
        }
        if told {
            reasons.push(Reason::FriendsBought { count, share });
        }
        reasons.extend(self.popular(item));
        reasons.sort_by(|a, b| share_of(b).total_cmp(&share_of(a)));
        reasons
    }

    fn popular(&self, item: u32) -> Option<Reason> {
        let share = self.popularity(item);
        let users = self.context.world.popularity().get(item as usize).copied().unwrap_or(0.0);
        (share > 0.0).then_some(Reason::Popular { users: users as u32, share })
    }

    fn own_items_behind(&self, item: u32) -> Vec<Reason> {
        let mut behind: Vec<(f32, u32)> = Vec::new();
        for &(own, recency) in &self.taste.own {
            let (items, weights) = self.context.world.model().lists.row(own as usize);
            let at = items.iter().position(|&other| other == item);
            behind.extend(at.map(|at| (self.blend.list * recency * weights[at], own)));
        }
        let named = best(behind, OWN_ITEMS_NAMED).into_iter().filter(|&(share, _)| share > 0.0);
        named.map(|(share, own)| Reason::AlsoBought { item: ItemIdx(own), share }).collect()
    }
}

/// The best candidates so far.
///
/// An item that is not among the nearest has at most the last nearest one's share of the embedding: where that and its own sums
/// stay below the `k`-th score so far, nothing more of it is looked at.
struct Crowd {
    /// Scores with their items: the `k` best so far are among them.
    scored: Vec<(f32, u32)>,
    /// The nearest items, ascending: scored from the start.
    nearest: Vec<u32>,
    /// The most that the embedding adds to any other item.
    most_taste: f32,
    /// What the sums of another item must reach.
    needed: f32,
    k: usize,
}

impl Crowd {
    fn new(scored: Vec<(f32, u32)>, most_taste: f32, k: usize) -> Self {
        let mut nearest: Vec<u32> = scored.iter().map(|&(_, item)| item).collect();
        nearest.sort_unstable();
        let worst = scored.iter().map(|&(score, _)| score).fold(f32::INFINITY, f32::min);
        let needed = if scored.len() == k { worst - most_taste } else { f32::MIN };
        Self { scored, nearest, most_taste, needed, k }
    }

    /// Takes in what own items and friends speak for, the most of it first: the sooner the page is good, the less is looked at.
    fn consider_all(&mut self, parts: &Parts<'_>) {
        let mut left = parts.sums.noted_from(self.needed, |item| parts.popularity(item));
        let first = CROWD * self.k;
        if left.len() > first {
            left.select_nth_unstable_by(first, |a, b| b.0.total_cmp(&a.0));
            self.consider_each(&left[..first], parts);
            self.thin();
            left.drain(..first);
            left.retain(|(sums, _)| *sums >= self.needed);
        }
        self.consider_each(&left, parts);
    }

    fn consider_each(&mut self, candidates: &[(f32, u32)], parts: &Parts<'_>) {
        /// Rows lie anywhere: so many are fetched ahead.
        const AHEAD: usize = 6;
        for (at, &(sums, item)) in candidates.iter().enumerate() {
            if let Some(&(_, ahead)) = candidates.get(at + AHEAD) {
                parts
                    .context
                    .world
                    .model()
                    .item_factors
                    .row(ahead as usize)
                    .into_iter()
                    .for_each(prefetch);
            }
            self.consider(item, sums, parts);
        }
    }

    /// Takes an item in that may be listed and can be among the best.
    fn consider(&mut self, item: u32, sums: f32, parts: &Parts<'_>) {
        if sums < self.needed || self.nearest.binary_search(&item).is_ok() {
            return;
        }
        if parts.context.allowed.contains(item) {
            self.scored.push((parts.embedding(item) + sums, item));
        }
        if self.scored.len() >= 2 * CROWD * self.k {
            self.thin();
        }
    }

    /// Lets all but the best go.
    fn thin(&mut self) {
        self.scored = best(std::mem::take(&mut self.scored), self.k);
        if self.scored.len() == self.k {
            self.needed = self.scored[self.k - 1].0 - self.most_taste;
        }
    }
}

pub(super) fn share_of(reason: &Reason) -> f32 {
    match reason {
        Reason::FriendsBought { share, .. }
        | Reason::Taste { share }
        | Reason::AlsoBought { share, .. }
        | Reason::SimilarTo { share, .. }
        | Reason::Popular { share, .. } => *share,
        Reason::New { .. } | Reason::FilledFromForYou => 0.0,
    }
}
