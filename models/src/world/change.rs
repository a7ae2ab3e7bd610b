//! The change made by a record, with interned ids and resolved visibility.

use std::sync::Arc;

use super::facts::Counts;
use crate::event::{Event, Millis};
use crate::history::Entry;
use crate::id::{CircleIdx, ItemIdx, UserIdx};
use crate::record::{Item, RelationKind, User};

/// A change made by a record. [`World::apply`](super::World::apply) passes it to every projection.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// New ids were interned. The counts include them.
    Grown(Counts),
    /// An event.
    Event(Happened<'a>),
    /// An item was added or replaced.
    Item(ItemIdx, &'a Arc<Item>),
    /// An item was deleted.
    ItemDeleted(ItemIdx),
    /// A user was added or replaced, with the visibility.
    User(UserIdx, &'a Arc<User>),
    /// A relation of two different users begins.
    Related(Link<'a>),
    /// A relation of two different users ends.
    Unrelated(Link<'a>),
    /// A user joins a circle.
    Joined(UserIdx, CircleIdx),
    /// A user leaves a circle.
    Left(UserIdx, CircleIdx),
}

/// An event with the state of its user and item.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// The user.
    pub user: UserIdx,
    /// The item.
    pub item: ItemIdx,
    /// The event.
    pub event: &'a Event,
    /// The user's entry of the item before the event.
    pub before: Option<Entry>,
    /// The entry after the event.
    pub after: Option<Entry>,
    /// The item's own date, if its description has one.
    pub created: Option<Millis>,
    /// The circle of the event.
    pub circle: Option<CircleIdx>,
    /// The user who had shared the item.
    pub sharer: Option<UserIdx>,
}

/// A relation of two different users.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The user that the relation belongs to.
    pub from: UserIdx,
    /// The kind; never [`RelationKind::Member`].
    pub kind: RelationKind,
    /// The other user.
    pub to: UserIdx,
    /// The positive items of each of two new friends, ascending; empty for other kinds.
    pub liked: [&'a [u32]; 2],
}

/// A user to forget.
#[derive(Clone, Debug)]
pub struct Gone {
    /// The user.
    pub user: UserIdx,
    /// The user's positive items, ascending.
    pub liked: Vec<u32>,
}
