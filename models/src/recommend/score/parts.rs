//! The parts of a score in `for-you`, and the reasons that the same numbers make.

use super::Shortlist;
use crate::id::ItemIdx;
use crate::kernel::dot;
use crate::params::Blend;
use crate::recommend::answer::{Listed, Reason};
use crate::recommend::asker::Taste;
use crate::recommend::context::Context;
use crate::recommend::page::{Accumulator, best};

/// The most own items that a reason names.
const OWN_ITEMS_NAMED: usize = 3;

/// The parts of every candidate's score.
pub(in crate::recommend) struct Parts<'a> {
    pub(in crate::recommend) context: &'a Context<'a>,
    pub(in crate::recommend) taste: &'a Taste,
    pub(in crate::recommend) blend: Blend,
    /// The sums of own items and friends together.
    pub(in crate::recommend) sums: &'a Accumulator,
    /// The sums of friends, where reasons are asked for.
    pub(in crate::recommend) friends: &'a Accumulator,
    /// The sums of friends of friends, where reasons are asked for.
    pub(in crate::recommend) second_hop: &'a Accumulator,
}

impl Parts<'_> {
    /// Scores every candidate that can be among the `k` best.
    pub(in crate::recommend) fn score_candidates(
        &self,
        nearest: &[(f32, u32)],
        k: usize,
    ) -> Vec<(f32, u32)> {
        let score = |&(product, item): &(f32, u32)| {
            self.blend.embedding * product + self.beside_taste(item)
        };
        let scored = nearest.iter().map(|near| (score(near), near.1)).collect();
        let mut shortlist = Shortlist::new(scored, self.most_taste(nearest, k), k);
        shortlist.consider_all(self);
        if self.blend.popularity > 0.0 {
            self.add_popular(&mut shortlist);
        }
        shortlist.scored
    }

    /// Considers the items that nobody near the asker touched, by falling bias, until none can be
    /// on the page.
    fn add_popular(&self, shortlist: &mut Shortlist) {
        shortlist.thin();
        let is_known = |item: u32| self.sums.is_touched(item);
        if let Some(few) = self.context.allowed.few() {
            few.iter()
                .filter(|&item| !is_known(item))
                .for_each(|item| shortlist.consider(item, self.beside_taste(item), self));
            return;
        }
        for &item in self.context.world.by_bias() {
            if self.popularity(item) < shortlist.needed {
                return;
            }
            if !is_known(item) {
                shortlist.consider(item, self.beside_taste(item), self);
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

    /// The part of an item's score that is not of the embedding.
    fn beside_taste(&self, item: u32) -> f32 {
        self.sums.sum(item) + self.popularity(item)
    }

    pub(super) fn popularity(&self, item: u32) -> f32 {
        if self.blend.popularity <= 0.0 {
            return 0.0;
        }
        let bias = self.context.world.model().learned.bias.get(item as usize);
        bias.map_or(0.0, |bias| self.blend.popularity * bias)
    }

    pub(super) fn embedding(&self, item: u32) -> f32 {
        if !self.has_taste() {
            return 0.0;
        }
        let row = self.context.world.item_row(ItemIdx(item));
        row.map_or(0.0, |row| self.blend.embedding * dot(&self.taste.vector, row))
    }

    pub(in crate::recommend) fn explain(
        &self,
        mut items: Vec<Listed<ItemIdx>>,
    ) -> Vec<Listed<ItemIdx>> {
        if !self.context.query.explain {
            return items;
        }
        for one in &mut items {
            one.reasons = self.reasons(one.id.0);
        }
        items
    }

    /// The facts behind a score, largest share first.
    ///
    /// A purchase of too few friends is told as taste, so that no reason and no sum of shares
    /// gives a friend away.
    fn reasons(&self, item: u32) -> Vec<Reason> {
        let mut reasons = self.own_items_behind(item);
        let (count, share) = (self.friends.count(item), self.friends.sum(item));
        let reported = count >= self.context.query.min_friends.max(1) && share > 0.0;
        let hidden = if reported { 0.0 } else { share };
        let taste = self.embedding(item) + self.second_hop.sum(item) + hidden;
        if taste > 0.0 {
            reasons.push(Reason::Taste { share: taste });
        }
        if reported {
            reasons.push(Reason::FriendsBought { count, share });
        }
        reasons.extend(self.popular(item));
        reasons.sort_by(|a, b| b.share().total_cmp(&a.share()));
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
            let (items, weights) = self.context.world.model().learned.lists.row(own as usize);
            let at = items.iter().position(|&other| other == item);
            behind.extend(at.map(|at| (self.blend.list * recency * weights[at], own)));
        }
        let named = best(behind, OWN_ITEMS_NAMED).into_iter().filter(|&(share, _)| share > 0.0);
        named.map(|(share, own)| Reason::AlsoBought { item: ItemIdx(own), share }).collect()
    }
}
