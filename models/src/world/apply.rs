//! Applies records to the world. Writes, replays and training share this code.

use std::sync::Arc;

use super::World;
use super::change::{Change, Gone, Happened, Link};
use super::facts::Projection as _;
use crate::attributes::features;
use crate::event::{Event, Visibility};
use crate::history::{Entry, Observation};
use crate::id::{CircleIdx, ItemIdx, Offset, UserIdx};
use crate::record::{Item, Record, Relation, RelationKind, User};

impl World {
    /// Applies the record at `offset`. Records must come in order; an already applied one has no
    /// effect.
    pub fn apply(&mut self, offset: Offset, record: &Record) {
        if offset <= self.offset {
            return;
        }
        self.offset = offset;
        match record {
            Record::Event(event) => self.observe(event),
            Record::Item(item) => self.put_item(item.clone()),
            Record::ItemDeleted { id } => self.delete_item(id),
            Record::User(user) => self.put_user(user.clone()),
            Record::UserDeleted { id } => self.forget_user(id),
            Record::Relation(relation) => self.relate(relation),
            Record::RelationDeleted(relation) => self.unrelate(relation),
        }
    }

    /// Adds or replaces an item.
    pub fn put_item(&mut self, item: Item) {
        let number = self.intern_item(&item.id);
        self.place(number, &item);
        self.facts.apply(&Change::Item(number, &Arc::new(item)));
    }

    /// Removes an item from the catalogue.
    pub fn delete_item(&mut self, id: &str) {
        let number = self.intern_item(id);
        self.newcomers.put(number, None);
        self.facts.apply(&Change::ItemDeleted(number));
    }

    /// Gives an item without a trained vector one from its attributes, if training found them
    /// useful.
    fn place(&mut self, number: ItemIdx, item: &Item) {
        let Some(placement) = &self.model.learned.placement else { return };
        let trained = self.model.learned.item_factors.row(number.row());
        if trained.is_some_and(|row| row.iter().any(|value| *value != 0.0)) {
            return;
        }
        let (features, values): (Vec<u32>, Vec<f32>) = features(item).into_iter().unzip();
        let row = (!features.is_empty()).then(|| placement.place((&features, &values)));
        self.newcomers.put(number, row);
    }

    /// Adds or replaces a user. A user who turns private withdraws purchases that friends could
    /// see.
    pub fn put_user(&mut self, user: User) {
        let number = self.intern_user(&user.id);
        self.facts.apply(&Change::User(number, &Arc::new(user)));
    }

    /// Sets a user's description, but not the visibility, which depends on the order of the log.
    pub fn describe_user(&mut self, user: User) {
        let number = self.intern_user(&user.id);
        self.facts.profiles.put(number, Arc::new(user));
    }

    /// The number of a user, who is created if unknown.
    pub fn intern_user(&mut self, id: &str) -> UserIdx {
        let before = self.user_ids.len();
        let number = UserIdx(self.user_ids.intern(id));
        self.grow(self.user_ids.len() > before);
        number
    }

    /// The number of an item, which is created if unknown.
    pub fn intern_item(&mut self, id: &str) -> ItemIdx {
        let before = self.item_ids.len();
        let number = ItemIdx(self.item_ids.intern(id));
        self.grow(self.item_ids.len() > before);
        number
    }

    fn intern_circle(&mut self, id: &str) -> CircleIdx {
        let before = self.circle_ids.len();
        let number = CircleIdx(self.circle_ids.intern(id));
        self.grow(self.circle_ids.len() > before);
        number
    }

    fn grow(&mut self, has_grown: bool) {
        if has_grown {
            self.facts.apply(&Change::Grown(self.counts()));
        }
    }

    fn observe(&mut self, event: &Event) {
        let (user, item) = (self.intern_user(&event.user), self.intern_item(&event.item));
        let visible = match event.visibility {
            Some(visibility) => visibility == Visibility::Friends,
            None => !self.is_private(user),
        };
        let &Event { weight, ts, .. } = event;
        let (kind, in_group) = (event.kind(), event.action.is_bought_in_group());
        let seen = Observation { item, kind, weight, ts, visible, in_group };
        let before = self.history(user).find(item);
        let after = Entry::folded(before, seen, &self.model.learned.params.events);
        let created = self.item_at(item).and_then(|item| item.created);
        let circle = event.circle.as_deref().map(|id| self.intern_circle(id));
        let sharer = event.attribution.as_ref().and_then(|came| came.sharer.as_deref());
        let sharer = sharer.map(|id| self.intern_user(id));
        let happened = Happened { user, item, event, before, after, created, circle, sharer };
        self.facts.apply(&Change::Event(happened));
    }

    fn relate(&mut self, relation: &Relation) {
        if relation.kind == RelationKind::Member {
            return self.join(relation);
        }
        let (from, to) = (self.intern_user(&relation.from), self.intern_user(&relation.to));
        if from == to {
            return;
        }
        let kind = relation.kind;
        let liked = match kind {
            RelationKind::Friend => [from, to].map(|user| self.liked_items(user)),
            _ => Default::default(),
        };
        let liked = [&liked[0][..], &liked[1][..]];
        self.facts.apply(&Change::Related(Link { from, kind, to, liked }));
    }

    fn unrelate(&mut self, relation: &Relation) {
        if relation.kind == RelationKind::Member {
            return self.leave(relation);
        }
        let (from, to) = (self.user_idx(&relation.from), self.user_idx(&relation.to));
        let (Some(from), Some(to)) = (from, to) else { return };
        let kind = relation.kind;
        self.facts.apply(&Change::Unrelated(Link { from, kind, to, liked: [&[], &[]] }));
    }

    fn join(&mut self, Relation { from, to, .. }: &Relation) {
        let (user, circle) = (self.intern_user(from), self.intern_circle(to));
        self.facts.apply(&Change::Joined(user, circle));
    }

    fn leave(&mut self, Relation { from, to, .. }: &Relation) {
        let (user, circle) = (self.user_idx(from), self.circle_ids.get(to).map(CircleIdx));
        if let (Some(user), Some(circle)) = (user, circle) {
            self.facts.apply(&Change::Left(user, circle));
        }
    }

    /// Applies only the memberships of a record up to the watermark, for a model from [before they
    /// were kept](World::lacks_memberships).
    pub fn recall_memberships(&mut self, record: &Record) {
        match record {
            Record::Relation(relation) if relation.kind == RelationKind::Member => {
                self.join(relation);
            }
            Record::RelationDeleted(relation) if relation.kind == RelationKind::Member => {
                self.leave(relation);
            }
            Record::UserDeleted { id } => {
                let Some(user) = self.user_idx(id) else { return };
                self.facts.memberships.forget(&Gone { user, liked: Vec::new() });
            }
            _ => (),
        }
    }

    fn liked_items(&self, user: UserIdx) -> Vec<u32> {
        let entries = self.history(user).entries();
        entries.filter(Entry::is_positive).map(|entry| entry.item.0).collect()
    }

    /// Makes every fact forget a user.
    fn forget_user(&mut self, id: &str) {
        let Some(user) = self.user_idx(id) else { return };
        self.facts.forget(&Gone { user, liked: self.liked_items(user) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventType;
    use crate::history::BOUGHT;
    use crate::model::Model;

    fn world(records: &[Record]) -> World {
        let mut world = World::new(Arc::new(Model::empty()));
        for (at, record) in records.iter().enumerate() {
            world.apply(Offset(at as u64 + 1), record);
        }
        world
    }

    fn event(user: &str, item: &str, kind: EventType) -> Record {
        Record::Event(Event::new("e", user, item, kind, 1_000))
    }

    fn relation(from: &str, kind: RelationKind, to: &str) -> Relation {
        Relation::new(from, kind, to)
    }

    fn friends(world: &World, user: &str) -> Vec<u32> {
        world.ties(world.user_idx(user).unwrap()).friends.to_vec()
    }

    #[test]
    fn an_event_creates_its_user_and_item_and_counts_once() {
        let buys = event("u", "i", EventType::Purchase);
        let world = world(&[buys.clone(), buys]);
        assert_eq!(world.counts(), super::super::Counts { users: 1, items: 1, circles: 0 });
        assert_eq!(world.popularity().get(0), Some(&1.0));
        assert_eq!(world.arrivals().get(0), Some(&1_000));
        assert_eq!(world.history(UserIdx(0)).len(), 1);
    }

    #[test]
    fn an_item_came_when_it_says_or_when_it_was_seen_first() {
        let reported = |created| Item { created, ..Item::bare("i") };
        let item = |created| Record::Item(reported(created));
        let seen = |ts| Record::Event(Event::new("e", "u", "i", EventType::Click, ts));
        let gone = || Record::ItemDeleted { id: "i".to_owned() };
        for (came, records, last) in [
            (0, vec![item(None)], Some(None)),
            (700, vec![item(Some(700)), seen(500)], Some(Some(700))),
            (500, vec![item(Some(700)), seen(500), item(None)], Some(None)),
            (500, vec![seen(500), item(Some(700)), item(None), seen(600)], Some(None)),
            (900, vec![item(Some(700)), gone(), seen(900)], None),
        ] {
            assert_eq!(world(&records).arrivals().get(0), Some(&came));
            // As after a restart: what the item is in the end is known before the events are.
            let mut ahead = World::new(Arc::new(Model::empty()));
            if let Some(created) = last {
                ahead.put_item(reported(created));
            }
            records.iter().zip(1..).for_each(|(record, at)| ahead.apply(Offset(at), record));
            assert_eq!(ahead.arrivals().get(0), Some(&came));
        }
    }

    #[test]
    fn a_refund_takes_the_item_out_of_popularity() {
        let world =
            world(&[event("u", "i", EventType::Purchase), event("u", "i", EventType::Refund)]);
        assert_eq!(world.popularity().get(0), Some(&0.0));
    }

    #[test]
    fn a_record_applied_again_changes_nothing() {
        let mut world = world(&[event("u", "i", EventType::Purchase)]);
        world.apply(Offset(1), &event("v", "j", EventType::Purchase));
        assert_eq!(world.counts().users, 1);
        assert_eq!(world.offset(), Offset(1));
    }

    #[test]
    fn friendship_is_mutual_and_a_block_cuts_it_both_ways_for_good() {
        let friend = Record::Relation(relation("a", RelationKind::Friend, "b"));
        let block = relation("b", RelationKind::Block, "a");
        let world = world(&[
            friend.clone(),
            Record::Relation(relation("a", RelationKind::Follow, "b")),
            Record::Relation(block.clone()),
            friend,
        ]);
        assert_eq!((friends(&world, "a"), friends(&world, "b")), (vec![], vec![]));
        assert!(world.ties(UserIdx(0)).follows.is_empty());
        assert!(world.has_relation(&block));
        assert!(world.is_blocked(UserIdx(0), UserIdx(1)));
    }

    #[test]
    fn a_membership_is_known_from_both_ends_until_it_ends() {
        let member = |from| relation(from, RelationKind::Member, "class");
        let mut world = world(&[Record::Relation(member("a")), Record::Relation(member("b"))]);
        let class = crate::CircleIdx(0);
        assert_eq!((world.circles(UserIdx(1)), world.members(class)), (&[0][..], &[0, 1][..]));
        assert!(world.has_relation(&member("b")) && !world.has_relation(&member("c")));
        let before = world.clone();
        world.apply(Offset(3), &Record::RelationDeleted(member("b")));
        assert!(world.circles(UserIdx(1)).is_empty() && !world.has_relation(&member("b")));
        assert_eq!((world.members(class), before.members(class)), (&[0][..], &[0, 1][..]));
        assert_eq!(world.counts().items, 0, "a circle is no item and no user");
    }

    #[test]
    fn unfriending_works_from_either_side() {
        let world = world(&[
            Record::Relation(relation("a", RelationKind::Friend, "b")),
            Record::RelationDeleted(relation("b", RelationKind::Friend, "a")),
        ]);
        assert_eq!((friends(&world, "a"), friends(&world, "b")), (vec![], vec![]));
    }

    #[test]
    fn whoever_turns_private_takes_back_what_friends_were_told() {
        let private = User { id: "u".into(), visibility: Visibility::Private, ..User::default() };
        let world = world(&[
            event("u", "i", EventType::Purchase),
            Record::User(private),
            event("u", "j", EventType::Purchase),
        ]);
        assert!(world.history(UserIdx(0)).flags.iter().all(|&flags| flags == BOUGHT));
    }

    #[test]
    fn a_forgotten_user_leaves_nothing_behind() {
        let world = world(&[
            event("u", "i", EventType::Purchase),
            Record::Relation(relation("u", RelationKind::Friend, "v")),
            Record::UserDeleted { id: "u".into() },
        ]);
        assert!(world.history(UserIdx(0)).is_empty() && friends(&world, "v").is_empty());
        assert_eq!(world.popularity().get(0), Some(&0.0));
    }

    #[test]
    fn a_clone_does_not_see_what_comes_after_it() {
        let mut world = world(&[event("u", "i", EventType::Purchase)]);
        let before = world.clone();
        world.apply(Offset(2), &event("u", "j", EventType::Purchase));
        world.apply(Offset(3), &Record::Item(Item { stock: Some(0), ..Item::bare("i") }));
        assert_eq!((before.history(UserIdx(0)).len(), before.item_idx("j")), (1, None));
        assert!(before.catalogue().unlisted().is_empty());
        assert_eq!(world.history(UserIdx(0)).len(), 2);
    }
}
