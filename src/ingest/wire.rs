//! The shapes of entries in JSON, for the API's description and for answers.

use std::collections::BTreeMap;

use guanxi_models::{Attribute, Details, Event, Item, Millis, Place, Relation, User};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A point in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum TimeBody {
    /// Unix seconds below 100,000,000,000, else Unix milliseconds.
    Number(i64),
    /// RFC 3339.
    Text(String),
}

/// An event: what a user did with an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventBody {
    /// The client's name for this event: the same id twice is one event. Without one an id is made, and a repetition can't be noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "order-7/line-1")]
    pub event_id: Option<String>,
    /// Who: 1 to 128 bytes without control and bidirectional characters, as every id.
    #[schema(example = "u1")]
    pub user: String,
    /// With what.
    #[schema(example = "sku-42")]
    pub item: String,
    /// Did what: view, click, like, cart, purchase, refund, review, share, `group_open`, `group_join`, dismiss, report, impression.
    #[serde(rename = "type")]
    #[schema(example = "purchase")]
    pub kind: String,
    /// When; now if left out, and at most a day in the future.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<TimeBody>,
    /// How strongly: more than 0, at most 1000; 1 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f32>,
    /// How many pieces, from 1; 1 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Int64, maximum = 4_294_967_295_i64)]
    pub quantity: Option<u32>,
    /// The price of one piece, not negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// The currency of the price as in ISO 4217.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "CNY")]
    pub currency: Option<String>,
    /// The circle (group chat, class, colleagues) it happened in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circle: Option<String>,
    /// The visit it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The way it came by or went: `official_account`, `moments`, `group`, `qr`, `store`, or another of at most 64 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "moments")]
    pub channel: Option<String>,
    /// The order that the line is in: purchase, refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "order-7")]
    pub order: Option<String>,
    /// The group purchase: `group_open`, `group_join`, and the purchases and refunds of a group that has filled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The part of the price that was taken off, of one piece and not negative: purchase, refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<f64>,
    /// The offer (coupon, campaign) that took it off: purchase, refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
    /// The user it was shared with: share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_with: Option<String>,
    /// Who may be told, in numbers: `friends` or `private`; the user's own setting if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// Where it came from.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<RefBody>,
}

/// Where an event came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefBody {
    /// The `recommendation_id` of the answer that had listed the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommendation_id: Option<String>,
    /// The user who had shared it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sharer: Option<String>,
}

/// A point on the earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceBody {
    /// North positive, -90 to 90.
    pub lat: f64,
    /// East positive, -180 to 180.
    pub lon: f64,
}

/// The value of a free attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum AttributeBody {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text of at most 2048 bytes.
    Text(String),
    /// Several texts; a filter matches any of them.
    Texts(Vec<String>),
}

/// The value of a free attribute as it is sent, where null is as good as leaving it out.
#[derive(Debug, ToSchema)]
#[schema(as = Attribute)]
#[serde(untagged)]
pub enum AttributeShape {
    /// A value.
    Value(AttributeBody),
    /// None.
    Nothing(Null),
}

/// Null, which a `()` would not be: the description of that one takes anything.
#[derive(Debug)]
pub struct Null;

impl PartialSchema for Null {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Null).into()
    }
}

impl ToSchema for Null {}

/// An item of the catalogue. `PUT` replaces it whole; in `PATCH` what is left out stays and null clears.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemBody {
    /// The public id; needed in bulk, and the same as in the path elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sku-42")]
    pub id: Option<String>,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its place in the category tree, from the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "shoes/running")]
    pub category: Option<String>,
    /// Free labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Who sells it: an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// The price of one piece, not negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// The currency of the price as in ISO 4217.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "CNY")]
    pub currency: Option<String>,
    /// Pieces left; not counted if left out. At 0 the item is not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Int64, maximum = 4_294_967_295_i64)]
    pub stock: Option<u32>,
    /// Whether it can be bought at all; true if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<bool>,
    /// Where it is sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceBody>,
    /// When it came into the shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<TimeBody>,
    /// Whatever else the shop wants to filter by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, AttributeShape>>)]
    pub attributes: Option<BTreeMap<String, AttributeBody>>,
}

/// A user. `PUT` replaces it whole; in `PATCH` what is left out stays and null clears.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserBody {
    /// The public id; needed in bulk, and the same as in the path elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "u1")]
    pub id: Option<String>,
    /// What the person is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who may be told, in numbers, of what the user does: `friends` (if left out) or `private`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// Where the user usually is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceBody>,
    /// Whatever else the shop wants to keep.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, AttributeShape>>)]
    pub attributes: Option<BTreeMap<String, AttributeBody>>,
}

/// How one user stands to another, or to a circle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationBody {
    /// The user whose relation it is.
    pub from: String,
    /// friend (mutual), follow, block, member (of a circle).
    #[schema(example = "friend")]
    pub kind: String,
    /// The other user, or the circle.
    pub to: String,
    /// Since when; at most a day in the future.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<TimeBody>,
}

impl From<Place> for PlaceBody {
    fn from(place: Place) -> Self {
        Self { lat: place.lat, lon: place.lon }
    }
}

impl From<Attribute> for AttributeBody {
    fn from(attribute: Attribute) -> Self {
        match attribute {
            Attribute::Text(text) => Self::Text(text),
            Attribute::Number(number) => Self::Number(number),
            Attribute::Flag(flag) => Self::Flag(flag),
            Attribute::Texts(texts) => Self::Texts(texts),
        }
    }
}

fn attributes(map: BTreeMap<String, Attribute>) -> Option<BTreeMap<String, AttributeBody>> {
    let bodies = map.into_iter().map(|(name, value)| (name, value.into()));
    Some(bodies.collect::<BTreeMap<_, _>>()).filter(|map| !map.is_empty())
}

impl From<Item> for ItemBody {
    fn from(item: Item) -> Self {
        Self {
            id: Some(item.id),
            name: item.name,
            category: item.category,
            tags: Some(item.tags).filter(|tags| !tags.is_empty()),
            merchant: item.merchant,
            price: item.price,
            currency: item.currency,
            stock: item.stock,
            available: Some(item.available),
            place: item.place.map(PlaceBody::from),
            created: item.created.map(written),
            attributes: attributes(item.attributes),
        }
    }
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: Some(user.id),
            name: user.name,
            visibility: Some(user.visibility.name().to_owned()),
            place: user.place.map(PlaceBody::from),
            attributes: attributes(user.attributes),
        }
    }
}

impl From<Relation> for RelationBody {
    fn from(relation: Relation) -> Self {
        let Relation { from, kind, to, since } = relation;
        Self { from, kind: kind.name().to_owned(), to, since: since.map(written) }
    }
}

impl From<Event> for EventBody {
    fn from(event: Event) -> Self {
        let kind = event.kind().name().to_owned();
        let Details { order, group, discount, offer, shared_with } = event.action.details();
        let attribution = event.attribution;
        Self {
            order: order.map(str::to_owned),
            group: group.map(str::to_owned),
            discount,
            offer: offer.map(str::to_owned),
            shared_with: shared_with.map(str::to_owned),
            channel: event.channel,
            event_id: Some(event.event_id),
            user: event.user,
            item: event.item,
            kind,
            ts: Some(written(event.ts)),
            weight: Some(event.weight),
            quantity: Some(event.quantity),
            price: event.price,
            currency: event.currency,
            circle: event.circle,
            session: event.session,
            visibility: event.visibility.map(|v| v.name().to_owned()),
            reference: attribution
                .map(|a| RefBody { recommendation_id: a.recommendation_id, sharer: a.sharer }),
        }
    }
}

/// Small numbers would be read as seconds, so a time is written as text.
fn written(time: Millis) -> TimeBody {
    match jiff::Timestamp::from_millisecond(time) {
        Ok(timestamp) => TimeBody::Text(timestamp.to_string()),
        Err(_) => TimeBody::Number(time),
    }
}
