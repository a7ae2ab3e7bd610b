//! Events: actions of users on items.

pub use crate::action::{Action, Details, Order, StrayDetail};
use serde::{Deserialize, Serialize};

/// Unix time in milliseconds.
pub type Millis = i64;

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EventType {
    /// Viewed the item's page.
    View,
    /// Followed a link or a recommendation to it.
    Click,
    /// Liked, saved or tagged it.
    Like,
    /// Put it into the cart.
    Cart,
    /// Bought it.
    Purchase,
    /// Returned it. This undoes the purchase and counts against the item.
    Refund,
    /// Reviewed it after buying it.
    Review,
    /// Shared it with somebody.
    Share,
    /// Opened a group purchase of it.
    GroupOpen,
    /// Joined a group purchase of it.
    GroupJoin,
    /// Asked not to see it again.
    Dismiss,
    /// Reported it.
    Report,
    /// Saw it in a list.
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

    /// The type with this name, if any.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// True if the event shows a purchase: a purchase or a review. Only such events count as
    /// purchases of friends.
    ///
    /// Opening or joining a group purchase is an intent, like a cart, because the group may never
    /// be complete. The shop sends the purchases of a group when it is complete.
    pub fn is_purchase(self) -> bool {
        matches!(self, Self::Purchase | Self::Review)
    }

    /// True for negative feedback.
    pub fn is_negative(self) -> bool {
        matches!(self, Self::Refund | Self::Dismiss | Self::Report)
    }
}

/// The audience of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// Friends see it in counts.
    #[default]
    Friends,
    /// Hidden from friends. It only affects the owner's recommendations.
    Private,
}

impl Visibility {
    /// Both values.
    pub const ALL: [Self; 2] = [Self::Friends, Self::Private];

    /// The name used in every file and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Friends => "friends",
            Self::Private => "private",
        }
    }

    /// The visibility with this name, if any.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// The origin of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// The id of the response that listed the item.
    pub recommendation_id: Option<String>,
    /// The user who shared the item.
    pub sharer: Option<String>,
}

/// An action of a user on an item, with valid ids.
///
/// Details of some types are in `action`. Quantity, price and currency have always been accepted
/// for every type.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The idempotency key: the same id twice is one event.
    pub event_id: String,
    /// The user.
    pub user: String,
    /// The item.
    pub item: String,
    /// The action.
    pub action: Action,
    /// The time, in Unix milliseconds.
    pub ts: Millis,
    /// The strength, which multiplies the weight of the type; positive and finite.
    pub weight: f32,
    /// The number of pieces.
    pub quantity: u32,
    /// The price of one piece.
    pub price: Option<f64>,
    /// The currency of `price`, an ISO 4217 code.
    pub currency: Option<String>,
    /// The circle (group chat, class, colleagues) of the event.
    pub circle: Option<String>,
    /// The session id.
    pub session: Option<String>,
    /// The channel: `official_account`, `moments`, `group`, `qr`, `store`, or another name.
    pub channel: Option<String>,
    /// The origin.
    pub attribution: Option<Attribution>,
    /// The audience; none means the user's own setting.
    pub visibility: Option<Visibility>,
}

impl Event {
    /// An event with weight 1, one piece and no details.
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
