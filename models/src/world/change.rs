//! What a record changes, with ids already numbered and visibility already decided.

use std::sync::Arc;

use super::facts::Counts;
use crate::event::{Event, Millis};
use crate::history::Entry;
use crate::id::{CircleIdx, ItemIdx, UserIdx};
use crate::record::{Item, RelationKind, User};

/// A change that a record makes. [`World::apply`](super::World::apply) hands each to every projection.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// Ids were numbered for the first time: there are so many now.
    Grown(Counts),
    /// Somebody did something with an item.
    Event(Happened<'a>),
    /// An item is described anew.
    Item(ItemIdx, &'a Arc<Item>),
    /// An item left the catalogue.
    ItemDeleted(ItemIdx),
    /// A user is described anew, and visibility with it.
    User(UserIdx, &'a Arc<User>),
    /// Two different users are related from now on.
    Related(Link<'a>),
    /// They no longer are.
    Unrelated(Link<'a>),
    /// A user is in a circle from now on.
    Joined(UserIdx, CircleIdx),
    /// The user no longer is.
    Left(UserIdx, CircleIdx),
}

/// An event and what the world knew of its user and item.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// Who.
    pub user: UserIdx,
    /// With what.
    pub item: ItemIdx,
    /// The event itself.
    pub event: &'a Event,
    /// The user's entry of the item before the event.
    pub before: Option<Entry>,
    /// The same after it.
    pub after: Option<Entry>,
    /// The item's own date, if its description has one.
    pub created: Option<Millis>,
    /// The circle that it happened in.
    pub circle: Option<CircleIdx>,
    /// The user who had shared the item.
    pub sharer: Option<UserIdx>,
}

/// A relation of two different users.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The user whose relation it is.
    pub from: UserIdx,
    /// How they stand to each other; never [`RelationKind::Member`].
    pub kind: RelationKind,
    /// The other user.
    pub to: UserIdx,
    /// The items that speak for each of two new friends, ascending; empty for other kinds.
    pub liked: [&'a [u32]; 2],
}

/// A user who is forgotten.
#[derive(Clone, Debug)]
pub struct Gone {
    /// The user.
    pub user: UserIdx,
    /// The items that the user had not spoken against, ascending.
    pub liked: Vec<u32>,
}
