//! What people do with items.

pub use crate::action::{Action, Details, Order, StrayDetail};
use serde::{Deserialize, Serialize};

/// Unix time in milliseconds.
pub type Millis = i64;

/// What a person did with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EventType {
    /// Looked at the item's page.
    View,
    /// Followed a link or a recommendation to it.
    Click,
    /// Liked, saved or tagged it.
    Like,
    /// Put it into the cart.
    Cart,
    /// Bought it.
    Purchase,
    /// Gave it back: undoes the purchase and counts against the item.
    Refund,
    /// Wrote about it after buying it.
    Review,
    /// Shared it with somebody.
    Share,
    /// Opened a group purchase of it.
    GroupOpen,
    /// Joined a group purchase of it.
    GroupJoin,
    /// Asked not to be shown it.
    Dismiss,
    /// Reported it.
    Report,
    /// Was shown it in a list.
    Impression,
}

impl EventType {
    /// Every event type, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::View,
        Self::Click,
        Self::Like,
        Self::Cart,
        Self::Purchase,
        Self::Refund,
        Self::Review,
        Self::Share,
        Self::GroupOpen,
        Self::GroupJoin,
        Self::Dismiss,
        Self::Report,
        Self::Impression,
    ];

    /// The name used in every file and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Click => "click",
            Self::Like => "like",
            Self::Cart => "cart",
            Self::Purchase => "purchase",
            Self::Refund => "refund",
            Self::Review => "review",
            Self::Share => "share",
            Self::GroupOpen => "group_open",
            Self::GroupJoin => "group_join",
            Self::Dismiss => "dismiss",
            Self::Report => "report",
            Self::Impression => "impression",
        }
    }

    /// The type of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the person has bought the item by this: only such events are friends' purchases.
    ///
    /// Opening or joining a group purchase is an intent, as a cart is: most groups may never fill. The shop sends the purchases of a
    /// group once it has filled.
    pub fn is_purchase(self) -> bool {
        matches!(self, Self::Purchase | Self::Review)
    }

    /// Whether the event speaks against the item.
    pub fn is_negative(self) -> bool {
        matches!(self, Self::Refund | Self::Dismiss | Self::Report)
    }
}

/// Who may be told, in numbers, that an event happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// Friends may see it counted.
    #[default]
    Friends,
    /// Nobody may: it teaches the owner's own taste alone.
    Private,
}

impl Visibility {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Friends, Self::Private];

    /// The name used in every file and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Friends => "friends",
            Self::Private => "private",
        }
    }

    /// The visibility of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// Where an event came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// The answer that had listed the item.
    pub recommendation_id: Option<String>,
    /// The user who had shared it.
    pub sharer: Option<String>,
}

/// One thing that one user did with one item. The ids have been checked.
///
/// The detail that only some types have stands in `action`. The wire has always taken quantity, price and currency with every type,
/// so these are common to all.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The client's name for this event: the same id twice is one event.
    pub event_id: String,
    /// Who.
    pub user: String,
    /// With what.
    pub item: String,
    /// Did what.
    pub action: Action,
    /// When it happened, in Unix milliseconds.
    pub ts: Millis,
    /// How strongly: multiplies the weight of the event's type; positive and finite.
    pub weight: f32,
    /// How many pieces.
    pub quantity: u32,
    /// The price of one piece.
    pub price: Option<f64>,
    /// The currency of `price`, an ISO 4217 code.
    pub currency: Option<String>,
    /// The circle (group chat, class, colleagues) it happened in.
    pub circle: Option<String>,
    /// The visit it belongs to.
    pub session: Option<String>,
    /// The way it came by or went: `official_account`, `moments`, `group`, `qr`, `store`, or another that the shop names.
    pub channel: Option<String>,
    /// Where it came from.
    pub attribution: Option<Attribution>,
    /// Who may be told; none means the user's own setting.
    pub visibility: Option<Visibility>,
}

impl Event {
    /// A plain event: weight 1, one piece, nothing else known.
    pub fn new(event_id: &str, user: &str, item: &str, kind: EventType, ts: Millis) -> Self {
        Self {
            event_id: event_id.to_owned(),
            user: user.to_owned(),
            item: item.to_owned(),
            action: Action::from(kind),
            ts,
            weight: 1.0,
            quantity: 1,
            price: None,
            currency: None,
            circle: None,
            session: None,
            channel: None,
            attribution: None,
            visibility: None,
        }
    }

    /// The type of the event.
    pub fn kind(&self) -> EventType {
        self.action.kind()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name() {
        for (number, kind) in EventType::ALL.into_iter().enumerate() {
            assert_eq!(EventType::from_name(kind.name()), Some(kind));
            assert_eq!(kind as usize, number);
        }
        assert_eq!(EventType::from_name("buy"), None);
    }
}
