//! The live state: a model and every record since its watermark.
//!
//! A [`World`] is a persistent value. A clone is O(1) and does not change, so readers keep their
//! version while a writer continues: no lock, and no response mixes two states. The same records
//! applied to the same model give the same world.

mod apply;
mod arrivals;
mod catalogue;
mod change;
mod chunked;
mod circles;
mod condition;
mod details;
pub(crate) mod facts;
mod histories;
mod interner;
mod item_set;
mod live_rows;
mod newcomers;
mod popularity;
mod privacy;
mod profiles;
mod ranking;
mod sets;
mod ties;

use std::sync::Arc;

pub use catalogue::Catalogue;
pub use change::{Change, Gone, Happened, Link};
pub use chunked::Chunked;
pub use condition::{Condition, Estimate};
pub use details::{Detail, DetailTable};
use facts::Facts;
pub use facts::{Counts, Projection};
pub use interner::Interner;
use newcomers::Newcomers;
pub use ranking::Ranking;
pub use ties::{TieTable, Ties, TiesView};

use crate::event::Millis;
use crate::ground::Ground;
use crate::history::HistoryView;
use crate::id::{CircleIdx, ItemIdx, Offset, UserIdx};
use crate::model::Model;
use crate::record::{Item, Relation, RelationKind, User};

/// A model and every record since its watermark.
#[derive(Clone, Debug)]
pub struct World {
    model: Arc<Model>,
    offset: Offset,
    user_ids: Interner,
    item_ids: Interner,
    circle_ids: Interner,
    facts: Facts,
    newcomers: Newcomers,
    /// The items with a positive bias, the largest first; empty if the model's blend does not use
    /// it.
    by_bias: Arc<[u32]>,
}

impl World {
    /// The world at the model's watermark, with an empty catalogue: see [`World::put_item`].
    pub fn new(model: Arc<Model>) -> Self {
        let Ground { users, items, circles, .. } = &model.ground;
        Self {
            offset: model.watermark,
            user_ids: Interner::new(users),
            item_ids: Interner::new(items),
            circle_ids: Interner::new(circles),
            facts: Facts::thaw(&model.ground),
            newcomers: Newcomers::default(),
            by_bias: by_bias(&model),
            model,
        }
    }

    /// The current facts as columns, to train a model on.
    pub fn ground(&self) -> Ground {
        let ids = [&self.user_ids, &self.item_ids, &self.circle_ids];
        self.facts.freeze(ids.map(|ids| ids.names().collect()))
    }

    /// The offset of the last applied record.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The catalogue.
    pub fn catalogue(&self) -> &Catalogue {
        &self.facts.deleted_items
    }

    /// The size of the world.
    pub fn counts(&self) -> Counts {
        Counts {
            users: self.user_ids.len(),
            items: self.item_ids.len(),
            circles: self.circle_ids.len(),
        }
    }

    /// The ids of users.
    pub fn user_ids(&self) -> &Interner {
        &self.user_ids
    }

    /// The ids of items.
    pub fn item_ids(&self) -> &Interner {
        &self.item_ids
    }

    /// The number of a user, if the user is known.
    pub fn user_idx(&self, id: &str) -> Option<UserIdx> {
        self.user_ids.get(id).map(UserIdx)
    }

    /// The number of an item, if the item is known.
    pub fn item_idx(&self, id: &str) -> Option<ItemIdx> {
        self.item_ids.get(id).map(ItemIdx)
    }

    /// The vector of an item: as trained, else from its attributes; zeros or none without both.
    pub fn item_row(&self, item: ItemIdx) -> Option<&[f32]> {
        let trained = self.model.learned.item_factors.row(item.row());
        // A trained vector that doesn't begin with 0, as nearly all, needs no further check.
        match trained.and_then(<[f32]>::first) {
            Some(&first) if first != 0.0 => trained,
            _ => self.newcomers.row(item).or(trained),
        }
    }

    /// The number of items with a vector from their attributes.
    pub fn newcomers(&self) -> usize {
        self.newcomers.len()
    }

    /// True if the item's vector comes from its attributes.
    pub fn is_newcomer(&self, item: ItemIdx) -> bool {
        self.newcomers.row(item).is_some()
    }

    /// The `k` accepted newcomers with the largest inner product with `vector`, unordered; possibly
    /// more.
    pub fn nearest_newcomers(
        &self,
        vector: &[f32],
        k: usize,
        accept: &dyn Fn(ItemIdx) -> bool,
    ) -> Vec<(f32, ItemIdx)> {
        self.newcomers.nearest(vector, k, accept)
    }

    /// The public id of an item of this world.
    pub fn item_id(&self, item: ItemIdx) -> &str {
        self.item_ids.name(item.0).map_or("", |name| name)
    }

    /// Prefetches the public ids of items.
    pub fn prefetch_ids(&self, items: impl Iterator<Item = ItemIdx> + Clone) {
        self.item_ids.prefetch(&items.map(|item| item.0));
    }

    /// The description of an item, if it has one.
    pub fn item(&self, id: &str) -> Option<&Arc<Item>> {
        self.catalogue().get(self.item_idx(id)?)
    }

    /// The description of an item, if it has one.
    pub fn item_at(&self, item: ItemIdx) -> Option<&Arc<Item>> {
        self.catalogue().get(item)
    }

    /// The description of a user, if there is one.
    pub fn user(&self, id: &str) -> Option<&Arc<User>> {
        self.facts.profiles.get(self.user_idx(id)?)
    }

    /// True if the user is private: events without their own visibility are hidden.
    pub fn is_private(&self, user: UserIdx) -> bool {
        self.facts.private_users.is_private(user)
    }

    /// True if the relation holds.
    pub fn has_relation(&self, relation: &Relation) -> bool {
        let Some(from) = self.user_idx(&relation.from) else { return false };
        let ties = self.ties(from);
        let (list, to) = match relation.kind {
            RelationKind::Friend => (ties.friends, self.user_ids.get(&relation.to)),
            RelationKind::Follow => (ties.follows, self.user_ids.get(&relation.to)),
            RelationKind::Block => (ties.blocks, self.user_ids.get(&relation.to)),
            RelationKind::Member => (self.circles(from), self.circle_ids.get(&relation.to)),
        };
        to.is_some_and(|to| list.binary_search(&to).is_ok())
    }

    /// The ids of circles.
    pub fn circle_ids(&self) -> &Interner {
        &self.circle_ids
    }

    /// The numbers of a user's circles, ascending.
    pub fn circles(&self, user: UserIdx) -> &[u32] {
        self.facts.memberships.of_user(user)
    }

    /// The numbers of the members of a circle, ascending.
    pub fn members(&self, circle: CircleIdx) -> &[u32] {
        self.facts.memberships.of_circle(circle)
    }

    /// True if the model is from before memberships were kept, so that earlier ones are missing.
    pub fn lacks_memberships(&self) -> bool {
        let Ground { users, memberships, .. } = &self.model.ground;
        self.model.watermark > Offset(0) && memberships.rows() < users.len()
    }

    /// The further details of a user's events, in the order of the log, without impressions.
    pub fn details(&self, user: UserIdx) -> impl Iterator<Item = Detail> + '_ {
        self.facts.details.of_user(user)
    }

    /// The history of a user, with all later events.
    pub fn history(&self, user: UserIdx) -> HistoryView<'_> {
        self.facts.histories.row(user)
    }

    /// The items of a user's purchases that friends may see, ascending.
    pub fn visible(&self, user: UserIdx) -> &[u32] {
        self.facts.histories.visible(user)
    }

    /// Looks up and prefetches the visible purchases of several users.
    pub(crate) fn visible_by<'a>(&'a self, users: &[u32], rows: &mut [&'a [u32]]) {
        self.facts.histories.visible_by(users, rows);
    }

    /// The relations of a user, with all later changes.
    pub fn ties(&self, user: UserIdx) -> TiesView<'_> {
        self.facts.ties.row(user)
    }

    /// True if one of the two blocks the other.
    pub fn is_blocked(&self, one: UserIdx, other: UserIdx) -> bool {
        self.facts.ties.is_blocked(one, other)
    }

    /// True if the user's vector of the model is outdated, so that it must be folded in.
    pub fn has_changed(&self, user: UserIdx) -> bool {
        user.row() >= self.model.learned.user_factors.rows()
            || self.facts.histories.has_changed(user)
            || self.facts.ties.has_changed(user)
    }

    /// The number of users of each item, in descending order; ties by number.
    pub fn popularity(&self) -> &Ranking<f32> {
        self.facts.popularity.ranking()
    }

    /// The items with a positive [bias](crate::model::Learned::bias), largest first, ties by
    /// number; empty if the bias has no weight.
    pub fn by_bias(&self) -> &[u32] {
        &self.by_bias
    }

    /// The time of each item's first event, in Unix milliseconds; 0 if unknown.
    pub fn first_seen(&self) -> &Chunked<Millis> {
        self.facts.first_seen.first_seen()
    }

    /// The arrival time of each item, in Unix milliseconds; 0 if unknown. The latest comes first;
    /// ties by descending number.
    pub fn arrivals(&self) -> &Ranking<Millis> {
        self.facts.first_seen.ranking()
    }
}

/// O(m log m).
fn by_bias(model: &Model) -> Arc<[u32]> {
    if model.learned.params.blend.popularity <= 0.0 {
        return Arc::default();
    }
    let bias = &model.learned.bias;
    let items = 0..bias.len().min(model.ground.items.len()) as u32;
    let mut order: Vec<u32> = items.filter(|&item| bias[item as usize] > 0.0).collect();
    order.sort_by(|&a, &b| bias[b as usize].total_cmp(&bias[a as usize]));
    order.into()
}
