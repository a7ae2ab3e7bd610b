//! What the log is made of: everything that changes state is one of these.

use std::collections::BTreeMap;

use crate::event::{Event, Millis, Visibility};

/// One entry of the log. Ids and numbers have been checked before a record is made.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// Somebody did something with an item.
    Event(Event),
    /// An item as it is from now on, whole.
    Item(Item),
    /// An item left the catalogue: it is never listed again until it is put back.
    ItemDeleted {
        /// The item's id.
        id: String,
    },
    /// A user as it is from now on, whole.
    User(User),
    /// A user is forgotten: history and relations go, the id may come back empty.
    UserDeleted {
        /// The user's id.
        id: String,
    },
    /// Two people (or a person and a circle) are related from now on.
    Relation(Relation),
    /// They no longer are.
    RelationDeleted(Relation),
}

/// What is known of an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// The public id.
    pub id: String,
    /// What it is called.
    pub name: Option<String>,
    /// Its place in the category tree, from the top: `shoes/running`.
    pub category: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// Who sells it.
    pub merchant: Option<String>,
    /// The price of one piece: finite and not negative.
    pub price: Option<f64>,
    /// The currency of `price`, an ISO 4217 code.
    pub currency: Option<String>,
    /// Pieces left; none means not counted.
    pub stock: Option<u32>,
    /// Whether it can be bought at all.
    pub available: bool,
    /// Where it is sold.
    pub place: Option<Place>,
    /// When it came into the shop, in Unix milliseconds; none means when guanxi first heard of it.
    pub created: Option<Millis>,
    /// Whatever else the shop wants to filter by.
    pub attributes: BTreeMap<String, Attribute>,
}

impl Item {
    /// An item of which only the id is known: available, nothing else.
    pub fn bare(id: &str) -> Self {
        Self { id: id.to_owned(), available: true, ..Self::default() }
    }

    /// Whether the item may be listed: for sale, and not out of stock.
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
    /// Yes or no.
    Flag(bool),
    /// Several texts; a filter matches any of them.
    Texts(Vec<String>),
}

/// What is known of a user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct User {
    /// The public id.
    pub id: String,
    /// What the person is called.
    pub name: Option<String>,
    /// Who may be told of what the user does, unless an event says otherwise.
    pub visibility: Visibility,
    /// Where the user usually is.
    pub place: Option<Place>,
    /// Whatever else the shop wants to keep.
    pub attributes: BTreeMap<String, Attribute>,
}

/// How one person stands to another, or to a circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RelationKind {
    /// Mutual: one record makes both friends of each other.
    Friend,
    /// `from` reads what `to` shows.
    Follow,
    /// Neither sees anything of the other, in both directions.
    Block,
    /// `from` is in the circle `to`.
    Member,
}

impl RelationKind {
    /// Every kind.
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

    /// The kind of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One relation. `from` and `to` differ unless `kind` is [`RelationKind::Member`], and with `kind` they name it: two relations that
/// differ in `since` alone are the same relation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Relation {
    /// The user whose relation it is.
    pub from: String,
    /// How they stand to each other.
    pub kind: RelationKind,
    /// The other user, or the circle.
    pub to: String,
    /// Since when, in Unix milliseconds; none where nobody said.
    pub since: Option<Millis>,
}

impl Relation {
    /// A relation of which nothing more is known.
    pub fn new(from: &str, kind: RelationKind, to: &str) -> Self {
        Self { from: from.to_owned(), kind, to: to.to_owned(), since: None }
    }
}
