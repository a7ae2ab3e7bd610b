//! The live state: a model and every record since its watermark.
//!
//! A [`World`] is a value. A clone is O(1) and stays as it is, so that a writer can go on while readers hold the version that they
//! began with: no lock, and no answer from two states. Applying the same records to the same model gives the same world.

mod apply;
mod catalogue;
mod chunked;
mod condition;
mod interner;
mod item_set;
mod newcomers;
mod person;
mod ranking;
mod sets;
mod shown;

use std::sync::Arc;

pub use catalogue::Catalogue;
pub use chunked::Chunked;
pub use condition::{Condition, Estimate};
pub use interner::Interner;
use newcomers::Newcomers;
pub use person::{Person, Ties, TiesView};
pub use ranking::Ranking;

use crate::event::Millis;
use crate::history::HistoryView;
use crate::id::{ItemIdx, Offset, UserIdx};
use crate::model::Model;
use crate::record::{Item, Relation, RelationKind, User};

/// A model and every record since its watermark.
#[derive(Clone, Debug)]
pub struct World {
    model: Arc<Model>,
    offset: Offset,
    user_ids: Interner,
    item_ids: Interner,
    people: Chunked<Person>,
    catalogue: Catalogue,
    newcomers: Newcomers,
    /// How many users touched each item without speaking against it in the end.
    popularity: Ranking<f32>,
    /// The time of the first event about each item; 0 where unknown.
    first_seen: Chunked<Millis>,
    /// When each item came: its own date, else the time of its first event; 0 where unknown.
    arrivals: Ranking<Millis>,
    /// The items that draw everybody, the strongest first; empty where the model's blend leaves that out.
    by_bias: Arc<[u32]>,
}

/// How much a world holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Users ever seen.
    pub users: usize,
    /// Items ever seen.
    pub items: usize,
}

impl World {
    /// The world at the model's watermark. The catalogue is empty: it comes as records, see [`World::put_item`].
    pub fn new(model: Arc<Model>) -> Self {
        let mut world = Self {
            offset: model.watermark,
            user_ids: Interner::new(&model.users),
            item_ids: Interner::new(&model.items),
            people: Chunked::default(),
            catalogue: Catalogue::default(),
            newcomers: Newcomers::default(),
            popularity: Ranking::new(model.popularity.iter().copied(), |a, b| {
                b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
            }),
            first_seen: model.first_seen.iter().copied().collect(),
            arrivals: Ranking::new(model.first_seen.iter().copied(), |a, b| b.cmp(a)),
            by_bias: by_bias(&model),
            model,
        };
        world.people.grow_to(world.user_ids.len());
        world.popularity.grow_to(world.item_ids.len());
        world.first_seen.grow_to(world.item_ids.len());
        world.arrivals.grow_to(world.item_ids.len());
        for &user in &world.model.private_users {
            world.people.get_mut(user as usize).is_private = true;
        }
        for &item in &world.model.deleted_items {
            world.catalogue.delete(ItemIdx(item));
        }
        world
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
        &self.catalogue
    }

    /// How much there is.
    pub fn counts(&self) -> Counts {
        Counts { users: self.user_ids.len(), items: self.item_ids.len() }
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
        let trained = self.model.item_factors.row(item.row());
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
        self.catalogue.get(self.item_idx(id)?)
    }

    /// What is known of an item; none where it was never described.
    pub fn item_at(&self, item: ItemIdx) -> Option<&Arc<Item>> {
        self.catalogue.get(item)
    }

    /// What is known of a user; none where the user was never described.
    pub fn user(&self, id: &str) -> Option<&Arc<User>> {
        self.people.get(self.user_idx(id)?.row())?.record.as_ref()
    }

    /// Whether the user keeps from friends what no event says otherwise of.
    pub fn is_private(&self, user: UserIdx) -> bool {
        self.people.get(user.row()).is_some_and(|person| person.is_private)
    }

    /// Whether the relation holds. Membership of circles is kept in the log alone and always answers no.
    pub fn has_relation(&self, relation: &Relation) -> bool {
        let (Some(from), Some(to)) = (self.user_idx(&relation.from), self.user_idx(&relation.to))
        else {
            return false;
        };
        let ties = self.ties(from);
        let list = match relation.kind {
            RelationKind::Friend => ties.friends,
            RelationKind::Follow => ties.follows,
            RelationKind::Block => ties.blocks,
            RelationKind::Member => return false,
        };
        list.binary_search(&to.0).is_ok()
    }

    /// What a user has done, with everything since the watermark.
    pub fn history(&self, user: UserIdx) -> HistoryView<'_> {
        match self.people.get(user.row()).and_then(|person| person.history.as_ref()) {
            Some(history) => history.view(),
            None => self.model.histories.row(user.row()),
        }
    }

    /// The relations of a user, with everything since the watermark.
    pub fn ties(&self, user: UserIdx) -> TiesView<'_> {
        match self.people.get(user.row()).and_then(|person| person.ties.as_ref()) {
            Some(ties) => ties.view(),
            None => self.model_ties(user),
        }
    }

    /// Whether the user's row of the model is out of date, so that it must be folded in.
    pub fn has_changed(&self, user: UserIdx) -> bool {
        user.row() >= self.model.user_factors.rows()
            || self
                .people
                .get(user.row())
                .is_some_and(|person| person.history.is_some() || person.ties.is_some())
    }

    /// How many users touched each item; most first, ties by number.
    pub fn popularity(&self) -> &Ranking<f32> {
        &self.popularity
    }

    /// The items of positive [bias](Model::bias), largest first, ties by number; empty where it has no weight in the score.
    pub fn by_bias(&self) -> &[u32] {
        &self.by_bias
    }

    /// The time of the first event about each item, in Unix milliseconds; 0 where unknown.
    pub fn first_seen(&self) -> &Chunked<Millis> {
        &self.first_seen
    }

    /// When each item came, in Unix milliseconds, 0 where unknown; the latest first, of equals the last number.
    pub fn arrivals(&self) -> &Ranking<Millis> {
        &self.arrivals
    }

    fn model_ties(&self, user: UserIdx) -> TiesView<'_> {
        let (friends, strengths) = self.model.friends.row(user.row());
        TiesView {
            friends,
            strengths,
            follows: self.model.follows.row(user.row()),
            blocks: self.model.blocks.row(user.row()),
        }
    }
}

/// O(m log m).
fn by_bias(model: &Model) -> Arc<[u32]> {
    if model.params.blend.popularity <= 0.0 {
        return Arc::default();
    }
    let bias = &model.bias;
    let items = 0..bias.len().min(model.items.len()) as u32;
    let mut order: Vec<u32> = items.filter(|&item| bias[item as usize] > 0.0).collect();
    order.sort_by(|&a, &b| bias[b as usize].total_cmp(&bias[a as usize]));
    order.into()
}
