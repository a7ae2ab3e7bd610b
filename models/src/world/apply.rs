//! How a record changes the world. The same code runs for a fresh write, for a replay and for training.

use std::sync::Arc;

use super::World;
use super::person::{Person, Ties, insert_sorted, remove_sorted};
use crate::attributes::features;
use crate::event::{Event, Millis, Visibility};
use crate::history::{Entry, History, Observation, VISIBLE};
use crate::id::{ItemIdx, Offset, UserIdx};
use crate::record::{Item, Record, Relation, RelationKind, User};
use crate::tie;

impl World {
    /// Applies the record at `offset`. Records must come in order; one that was already applied changes nothing.
    pub fn apply(&mut self, offset: Offset, record: &Record) {
        if offset <= self.offset {
            return;
        }
        self.offset = offset;
        match record {
            Record::Event(event) => self.apply_event(event),
            Record::Item(item) => self.put_item(item.clone()),
            Record::ItemDeleted { id } => self.delete_item(id),
            Record::User(user) => self.put_user(user.clone()),
            Record::UserDeleted { id } => self.forget_user(id),
            Record::Relation(relation) => self.relate(relation),
            Record::RelationDeleted(relation) => self.unrelate(relation),
        }
    }

    /// Takes in an item as it is from now on.
    pub fn put_item(&mut self, item: Item) {
        let number = self.intern_item(&item.id);
        self.place(number, &item);
        self.catalogue.put(number, Arc::new(item));
        self.date(number);
    }

    /// Takes an item out of the catalogue.
    pub fn delete_item(&mut self, id: &str) {
        let number = self.intern_item(id);
        self.catalogue.delete(number);
        self.newcomers.put(number, None);
        self.date(number);
    }

    /// Gives an item without a trained row the one that its attributes foretell, if training found that they do.
    fn place(&mut self, number: ItemIdx, item: &Item) {
        let Some(placement) = &self.model.placement else { return };
        let trained = self.model.item_factors.row(number.row());
        if trained.is_some_and(|row| row.iter().any(|value| *value != 0.0)) {
            return;
        }
        let (features, values): (Vec<u32>, Vec<f32>) = features(item).into_iter().unzip();
        let row = (!features.is_empty()).then(|| placement.place((&features, &values)));
        self.newcomers.put(number, row);
    }

    /// Takes in a user as it is from now on. Whoever turns private takes back what friends were told.
    pub fn put_user(&mut self, user: User) {
        let number = self.intern_user(&user.id);
        let is_private = user.visibility == Visibility::Private;
        let shows = self.history(number).flags.iter().any(|flags| flags & VISIBLE != 0);
        if is_private && shows {
            self.history_mut(number).hide();
        }
        self.people.get_mut(number.row()).is_private = is_private;
        self.describe_user(user);
    }

    /// Takes in what is known of a user, and nothing of what the user allows: that comes in the order of the log alone.
    pub fn describe_user(&mut self, user: User) {
        let number = self.intern_user(&user.id);
        self.people.get_mut(number.row()).record = Some(Arc::new(user));
    }

    /// The number of a user, who is created if unheard of.
    pub fn intern_user(&mut self, id: &str) -> UserIdx {
        let number = UserIdx(self.user_ids.intern(id));
        self.people.grow_to(self.user_ids.len());
        number
    }

    /// The number of an item, which is created if unheard of.
    pub fn intern_item(&mut self, id: &str) -> ItemIdx {
        let number = ItemIdx(self.item_ids.intern(id));
        self.popularity.grow_to(self.item_ids.len());
        self.first_seen.grow_to(self.item_ids.len());
        self.arrivals.grow_to(self.item_ids.len());
        number
    }

    fn apply_event(&mut self, event: &Event) {
        let (user, item) = (self.intern_user(&event.user), self.intern_item(&event.item));
        let visible = match event.visibility {
            Some(visibility) => visibility == Visibility::Friends,
            None => !self.is_private(user),
        };
        self.observe(
            user,
            Observation { item, kind: event.kind, weight: event.weight, ts: event.ts, visible },
        );
    }

    fn observe(&mut self, user: UserIdx, seen: Observation) {
        let model = Arc::clone(&self.model);
        let history = self.history_mut(user);
        let before = history.view().find(seen.item);
        history.observe(seen, &model.params.events);
        let after = history.view().find(seen.item);
        let counts =
            |entry: Option<Entry>| f32::from(entry.is_some_and(|entry| entry.is_positive()));
        let change = counts(after) - counts(before);
        if change != 0.0 {
            self.make_popular(seen.item, change);
        }
        self.see(seen.item, seen.ts);
    }

    fn make_popular(&mut self, item: ItemIdx, change: f32) {
        let users = self.popularity.get(item.row()).copied().unwrap_or(0.0);
        self.popularity.set(item.row(), users + change);
    }

    fn see(&mut self, item: ItemIdx, ts: Millis) {
        let known = self.first_seen.get(item.row()).copied().unwrap_or_default();
        if ts > 0 && (known == 0 || ts < known) {
            *self.first_seen.get_mut(item.row()) = ts;
            self.date(item);
        }
    }

    /// Says when an item came, from what is known of it now: a replay meets records that are ahead of it, and must come to the same end.
    fn date(&mut self, item: ItemIdx) {
        let own = self.catalogue.get(item).and_then(|item| item.created);
        let came = own.or(self.first_seen.get(item.row()).copied()).unwrap_or(0);
        if self.arrivals.get(item.row()) != Some(&came) {
            self.arrivals.set(item.row(), came);
        }
    }

    fn relate(&mut self, relation: &Relation) {
        if relation.kind == RelationKind::Member {
            return;
        }
        let (from, to) = (self.intern_user(&relation.from), self.intern_user(&relation.to));
        if from == to {
            return;
        }
        match relation.kind {
            RelationKind::Friend if !self.is_blocked(from, to) => self.befriend(from, to),
            RelationKind::Follow if !self.is_blocked(from, to) => {
                insert_sorted(&mut self.ties_mut(from).follows, to.0);
            }
            RelationKind::Block => {
                self.part(from, to);
                insert_sorted(&mut self.ties_mut(from).blocks, to.0);
            }
            RelationKind::Friend | RelationKind::Follow | RelationKind::Member => (),
        }
    }

    fn unrelate(&mut self, relation: &Relation) {
        let (Some(from), Some(to)) = (self.user_idx(&relation.from), self.user_idx(&relation.to))
        else {
            return;
        };
        match relation.kind {
            RelationKind::Friend => {
                self.ties_mut(from).unfriend(to.0);
                self.ties_mut(to).unfriend(from.0);
            }
            RelationKind::Follow => remove_sorted(&mut self.ties_mut(from).follows, to.0),
            RelationKind::Block => remove_sorted(&mut self.ties_mut(from).blocks, to.0),
            RelationKind::Member => (),
        }
    }

    /// Whether either blocks the other.
    pub fn is_blocked(&self, one: UserIdx, other: UserIdx) -> bool {
        self.ties(one).blocks.binary_search(&other.0).is_ok()
            || self.ties(other).blocks.binary_search(&one.0).is_ok()
    }

    /// Makes both friends of each other. The tie is as strong as what they have in common now; training renews it.
    fn befriend(&mut self, one: UserIdx, other: UserIdx) {
        self.set_tie(one, other, tie::FLOOR);
        let (items, others_items) = (self.liked_items(one), self.liked_items(other));
        let strength = tie::strength(
            tie::Person { friends: self.ties(one).friends, items: &items },
            tie::Person { friends: self.ties(other).friends, items: &others_items },
        );
        self.set_tie(one, other, strength);
    }

    fn set_tie(&mut self, one: UserIdx, other: UserIdx, strength: f32) {
        self.ties_mut(one).befriend(other.0, strength);
        self.ties_mut(other).befriend(one.0, strength);
    }

    fn liked_items(&self, user: UserIdx) -> Vec<u32> {
        let entries = self.history(user).entries();
        entries.filter(Entry::is_positive).map(|entry| entry.item.0).collect()
    }

    /// Ends friendship and following, both ways.
    fn part(&mut self, one: UserIdx, other: UserIdx) {
        for (from, to) in [(one, other), (other, one)] {
            let ties = self.ties_mut(from);
            ties.unfriend(to.0);
            remove_sorted(&mut ties.follows, to.0);
        }
    }

    /// Forgets what a user did and whom the user knew. Blocks by others stay, in case the id comes back.
    fn forget_user(&mut self, id: &str) {
        let Some(user) = self.user_idx(id) else { return };
        for item in self.liked_items(user) {
            self.make_popular(ItemIdx(item), -1.0);
        }
        for friend in self.ties(user).friends.to_vec() {
            self.ties_mut(UserIdx(friend)).unfriend(user.0);
        }
        *self.people.get_mut(user.row()) = Person {
            history: Some(Arc::default()),
            ties: Some(Arc::default()),
            ..Person::default()
        };
    }

    /// The history of a user, to change it: copied from the model at the first change.
    fn history_mut(&mut self, user: UserIdx) -> &mut History {
        let person = self.people.get_mut(user.row());
        let model = &self.model;
        let history = person
            .history
            .get_or_insert_with(|| Arc::new(History::from(model.histories.row(user.row()))));
        Arc::make_mut(history)
    }

    /// The relations of a user, to change them: copied from the model at the first change.
    fn ties_mut(&mut self, user: UserIdx) -> &mut Ties {
        if self.people.get(user.row()).is_none_or(|person| person.ties.is_none()) {
            let copy = Ties::from(self.model_ties(user));
            self.people.get_mut(user.row()).ties = Some(Arc::new(copy));
        }
        let ties = self.people.get_mut(user.row()).ties.as_mut();
        Arc::make_mut(ties.expect("the relations were put there above"))
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
        Relation { from: from.into(), kind, to: to.into() }
    }

    fn friends(world: &World, user: &str) -> Vec<u32> {
        world.ties(world.user_idx(user).unwrap()).friends.to_vec()
    }

    #[test]
    fn an_event_creates_its_user_and_item_and_counts_once() {
        let buys = event("u", "i", EventType::Purchase);
        let world = world(&[buys.clone(), buys]);
        assert_eq!(world.counts(), super::super::Counts { users: 1, items: 1 });
        assert_eq!(world.popularity().get(0), Some(&1.0));
        assert_eq!(world.arrivals().get(0), Some(&1_000));
        assert_eq!(world.history(UserIdx(0)).len(), 1);
    }

    #[test]
    fn an_item_came_when_it_says_or_when_it_was_seen_first() {
        let told = |created| Item { created, ..Item::bare("i") };
        let item = |created| Record::Item(told(created));
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
                ahead.put_item(told(created));
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
