//! The live state: a model and every record since its watermark.
//!
//! A [`World`] is a value. A clone is O(1) and stays as it is, so that a writer can go on while readers hold the version that they
//! began with: no lock, and no answer from two states. Applying the same records to the same model gives the same world.

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
    /// The items that draw everybody, the strongest first; empty where the model's blend leaves that out.
    by_bias: Arc<[u32]>,
}

impl World {
    /// The world at the model's watermark. The catalogue is empty: it comes as records, see [`World::put_item`].
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

    /// The facts of this moment as columns: what a model is trained on.
    pub fn ground(&self) -> Ground {
        let ids = [&self.user_ids, &self.item_ids, &self.circle_ids];
        self.facts.freeze(ids.map(|ids| ids.names().collect()))
    }

    /// The offset of the last record that is in this state.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// The model below.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// What is known of items.
    pub fn catalogue(&self) -> &Catalogue {
        &self.facts.deleted_items
    }

    /// How much there is.
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

    /// The number of a user, if anything was ever heard of the user.
    pub fn user_idx(&self, id: &str) -> Option<UserIdx> {
        self.user_ids.get(id).map(UserIdx)
    }

    /// The number of an item, if anything was ever heard of it.
    pub fn item_idx(&self, id: &str) -> Option<ItemIdx> {
        self.item_ids.get(id).map(ItemIdx)
    }

    /// The row of an item: as trained, else as placed by what is said of it; zeros or none where neither is there.
    pub fn item_row(&self, item: ItemIdx) -> Option<&[f32]> {
        let trained = self.model.learned.item_factors.row(item.row());
        // Almost no trained row begins with 0: where one doesn't, nothing else is looked at.
        match trained.and_then(<[f32]>::first) {
            Some(&first) if first != 0.0 => trained,
            _ => self.newcomers.row(item).or(trained),
        }
    }

    /// How many items without a trained row were placed by what is said of them.
    pub fn newcomers(&self) -> usize {
        self.newcomers.len()
    }

    /// Whether an item was placed by what is said of it.
    pub fn is_newcomer(&self, item: ItemIdx) -> bool {
        self.newcomers.row(item).is_some()
    }

    /// The `k` newcomers of largest inner product with `vector` among those that `accept` lets through, in no order; perhaps more.
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

    /// Fetches the public ids of items ahead, so that not each of them is waited for.
    pub fn prefetch_ids(&self, items: impl Iterator<Item = ItemIdx> + Clone) {
        self.item_ids.prefetch(&items.map(|item| item.0));
    }

    /// What is known of an item; none where it was never described.
    pub fn item(&self, id: &str) -> Option<&Arc<Item>> {
        self.catalogue().get(self.item_idx(id)?)
    }

    /// What is known of an item; none where it was never described.
    pub fn item_at(&self, item: ItemIdx) -> Option<&Arc<Item>> {
        self.catalogue().get(item)
    }

    /// What is known of a user; none where the user was never described.
    pub fn user(&self, id: &str) -> Option<&Arc<User>> {
        self.facts.profiles.get(self.user_idx(id)?)
    }

    /// Whether the user keeps from friends what no event says otherwise of.
    pub fn is_private(&self, user: UserIdx) -> bool {
        self.facts.private_users.is_private(user)
    }

    /// Whether the relation holds.
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

    /// The numbers of the circles that a user is in, ascending.
    pub fn circles(&self, user: UserIdx) -> &[u32] {
        self.facts.memberships.of_user(user)
    }

    /// The numbers of the members of a circle, ascending.
    pub fn members(&self, circle: CircleIdx) -> &[u32] {
        self.facts.memberships.of_circle(circle)
    }

    /// Whether the model was made before memberships were kept, so that those from before its watermark are missing.
    pub fn lacks_memberships(&self) -> bool {
        let Ground { users, memberships, .. } = &self.model.ground;
        self.model.watermark > Offset(0) && memberships.rows() < users.len()
    }

    /// What a user's events tell beside who did what with which item, in the order of the log. Impressions are left out.
    pub fn details(&self, user: UserIdx) -> impl Iterator<Item = Detail> + '_ {
        self.facts.details.of_user(user)
    }

    /// What a user has done, with everything since the watermark.
    pub fn history(&self, user: UserIdx) -> HistoryView<'_> {
        self.facts.histories.row(user)
    }

    /// The items of the purchases that a user's friends may be told of, ascending.
    pub fn shown(&self, user: UserIdx) -> &[u32] {
        self.facts.histories.shown(user)
    }

    /// Looks up what each of some users shows, and has it fetched.
    pub(crate) fn shown_by<'a>(&'a self, users: &[u32], rows: &mut [&'a [u32]]) {
        self.facts.histories.shown_by(users, rows);
    }

    /// The relations of a user, with everything since the watermark.
    pub fn ties(&self, user: UserIdx) -> TiesView<'_> {
        self.facts.ties.row(user)
    }

    /// Whether either blocks the other.
    pub fn is_blocked(&self, one: UserIdx, other: UserIdx) -> bool {
        self.facts.ties.is_blocked(one, other)
    }

    /// Whether the user's row of the model is out of date, so that it must be folded in.
    pub fn has_changed(&self, user: UserIdx) -> bool {
        user.row() >= self.model.learned.user_factors.rows()
            || self.facts.histories.has_changed(user)
            || self.facts.ties.has_changed(user)
    }

    /// How many users touched each item; most first, ties by number.
    pub fn popularity(&self) -> &Ranking<f32> {
        self.facts.popularity.ranking()
    }

    /// The items of positive [bias](crate::model::Learned::bias), largest first, ties by number; empty where it has no weight in the score.
    pub fn by_bias(&self) -> &[u32] {
        &self.by_bias
    }

    /// The time of the first event about each item, in Unix milliseconds; 0 where unknown.
    pub fn first_seen(&self) -> &Chunked<Millis> {
        self.facts.first_seen.first_seen()
    }

    /// When each item came, in Unix milliseconds, 0 where unknown; the latest first, of equals the last number.
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
