//! The records of the log. Every change of state is one of them.

use std::collections::BTreeMap;

use crate::event::{Event, Millis, Visibility};

/// A record of the log, with valid ids and numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// An event.
    Event(Event),
    /// An item was added or replaced.
    Item(Item),
    /// An item was deleted: it is not listed until it is put again.
    ItemDeleted {
        /// The item's id.
        id: String,
    },
    /// A user was added or replaced.
    User(User),
    /// A user was deleted, with history and relations. The id may return as an empty user.
    UserDeleted {
        /// The user's id.
        id: String,
    },
    /// A relation begins.
    Relation(Relation),
    /// A relation ends.
    RelationDeleted(Relation),
}

/// An item of the catalogue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// The public id.
    pub id: String,
    /// The name.
    pub name: Option<String>,
    /// The path in the category tree, from the top: `shoes/running`.
    pub category: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// The id of the merchant.
    pub merchant: Option<String>,
    /// The price of one piece: finite and not negative.
    pub price: Option<f64>,
    /// The currency of `price`, an ISO 4217 code.
    pub currency: Option<String>,
    /// The number of pieces left; none means unlimited.
    pub stock: Option<u32>,
    /// False if the item can't be bought at present.
    pub available: bool,
    /// The place of sale.
    pub place: Option<Place>,
    /// The arrival time in the shop, in Unix milliseconds; none means the time of its first event.
    pub created: Option<Millis>,
    /// Further attributes to filter by.
    pub attributes: BTreeMap<String, Attribute>,
}

impl Item {
    /// An available item with nothing but an id.
    pub fn bare(id: &str) -> Self {
        Self { id: id.to_owned(), available: true, ..Self::default() }
    }

    /// True if the item may be listed: available and in stock.
    pub fn is_listed(&self) -> bool {
        self.available && self.stock != Some(0)
    }
}

/// A point on the earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// North positive, -90 to 90.
    pub lat: f64,
    /// East positive, -180 to 180.
    pub lon: f64,
}

/// The value of a free attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A finite number.
    Number(f64),
    /// A boolean.
    Flag(bool),
    /// Several texts; a filter matches any of them.
    Texts(Vec<String>),
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct User {
    /// The public id.
    pub id: String,
    /// The name.
    pub name: Option<String>,
    /// The audience of the user's events without their own visibility.
    pub visibility: Visibility,
    /// The usual place.
    pub place: Option<Place>,
    /// Further attributes.
    pub attributes: BTreeMap<String, Attribute>,
}

/// The kind of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RelationKind {
    /// Mutual: one record covers both directions.
    Friend,
    /// `from` follows `to`.
    Follow,
    /// Neither sees anything of the other.
    Block,
    /// `from` is in the circle `to`.
    Member,
}

impl RelationKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Friend, Self::Follow, Self::Block, Self::Member];

    /// The name used in every file and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Friend => "friend",
            Self::Follow => "follow",
            Self::Block => "block",
            Self::Member => "member",
        }
    }

    /// The kind with this name, if any.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A relation, identified by `from`, `kind` and `to`. `from` and `to` differ, unless `kind` is
/// [`RelationKind::Member`]. Two relations that differ only in `since` are the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Relation {
    /// The user that the relation belongs to.
    pub from: String,
    /// The kind.
    pub kind: RelationKind,
    /// The other user, or the circle.
    pub to: String,
    /// The start of the relation, in Unix milliseconds, if known.
    pub since: Option<Millis>,
}

impl Relation {
    /// A relation without a start.
    pub fn new(from: &str, kind: RelationKind, to: &str) -> Self {
        Self { from: from.to_owned(), kind, to: to.to_owned(), since: None }
    }
}
