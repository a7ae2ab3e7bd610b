//! Events: their fields, how rows become events, and how events are written out.

use guanxi_models::event::{Action, Details, StrayDetail};
use guanxi_models::{Attribution, Event, EventType, Millis, Visibility};

use super::cell::Cell;
use super::flaw::{Code, Flaw};
use super::limits::{CHANNEL_BYTES, WEIGHT};
use super::reader::Reader;
use super::shape::entry;
use super::wire::{TimeBody, written};

entry! {
    /// An event: a user did something with an item.
    #[derive(Default)]
    EventBody, EVENT: "event" of "events"
    required {
        /// The user. An id has 1 to 128 bytes, without control and bidirectional characters.
        #[schema(example = "u1")]
        user: String,
        /// The item.
        #[schema(example = "sku-42")]
        item: String,
        /// The type: view, click, like, cart, purchase, refund, review, share, `group_open`,
        /// `group_join`, dismiss, report, impression.
        #[schema(example = "purchase")]
        kind as "type": String,
    }
    optional {
        /// The idempotency key: the same id twice is one event. Without it an id is generated, and
        /// a repetition counts again.
        #[schema(example = "order-7/line-1")]
        event_id: String,
        /// The time, at most a day in the future. The default is now.
        ts: TimeBody,
        /// The strength: more than 0, at most 1000. The default is 1.
        weight: f32,
        /// The number of pieces, from 1. The default is 1.
        #[schema(format = Int64, maximum = 4_294_967_295_i64)]
        quantity: u32,
        /// The price of one piece, not negative.
        price: f64,
        /// The currency of the price, an ISO 4217 code.
        #[schema(example = "CNY")]
        currency: String,
        /// The circle (group chat, class, colleagues) it happened in.
        circle: String,
        /// The visit it belongs to.
        session: String,
        /// The channel: `official_account`, `moments`, `group`, `qr`, `store`, or another of at
        /// most 64 bytes.
        #[schema(example = "moments")]
        channel: String,
        /// The order that the line belongs to: purchase, refund.
        #[schema(example = "order-7")]
        order: String,
        /// The group purchase: `group_open`, `group_join`, and the purchases and refunds of a
        /// complete group.
        group: String,
        /// The discount on one piece, not negative: purchase, refund.
        discount: f64,
        /// The offer (coupon, campaign) that gave the discount: purchase, refund.
        offer: String,
        /// The user it was shared with: share.
        shared_with: String,
        /// The audience of the event: `friends`, who see it in counts, or `private`. The default is
        /// the user's own setting.
        visibility: String,
        /// The origin of the event.
        reference as "ref": RefBody,
    }
    columns {
        recommendation_id: String,
        sharer: String,
    }
}

entry! {
    /// The origin of an event.
    #[derive(Default)]
    RefBody, REF: "ref" of "refs"
    optional {
        /// The `recommendation_id` of the answer that had listed the item.
        recommendation_id: String,
        /// The user who had shared the item.
        sharer: String,
    }
}

/// Defaults for fields that an event leaves out.
#[derive(Clone, Copy)]
pub struct EventDefaults<'a> {
    /// The time.
    pub ts: Millis,
    /// The type; none if the type is required.
    pub kind: Option<EventType>,
    /// Maps a name to a type.
    pub names: &'a dyn Fn(&str) -> Option<EventType>,
    /// Makes an event id.
    pub event_id: &'a dyn Fn() -> String,
}

impl std::fmt::Debug for EventDefaults<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventDefaults").field("ts", &self.ts).finish_non_exhaustive()
    }
}

/// Makes an event of a row.
pub fn event(reader: &Reader<'_>, defaults: &EventDefaults<'_>) -> Result<Event, Flaw> {
    let kind = reader.choice("type", &EventType::ALL.map(EventType::name), defaults.names)?;
    let kind = kind.or(defaults.kind).ok_or_else(|| reader.missing("type"));
    Ok(Event {
        user: reader.required_id("user")?,
        item: reader.required_id("item")?,
        action: action(reader, kind?)?,
        ts: reader.time("ts")?.unwrap_or(defaults.ts),
        weight: weight(reader)?,
        quantity: reader.count("quantity", 1)?.unwrap_or(1),
        price: reader.price("price")?,
        currency: reader.currency("currency")?,
        circle: reader.id("circle")?,
        session: reader.id("session")?,
        channel: reader.text("channel", CHANNEL_BYTES)?,
        attribution: attribution(reader)?,
        visibility: visibility(reader)?,
        event_id: reader.id("event_id")?.unwrap_or_else(defaults.event_id),
    })
}

/// The action with its details. A file may have columns for details that only some rows use.
fn action(reader: &Reader<'_>, kind: EventType) -> Result<Action, Flaw> {
    let (order, group, offer) = (reader.id("order")?, reader.id("group")?, reader.id("offer")?);
    let shared_with = reader.id("shared_with")?;
    let details = Details {
        order: order.as_deref(),
        group: group.as_deref(),
        discount: reader.price("discount")?,
        offer: offer.as_deref(),
        shared_with: shared_with.as_deref(),
    };
    if reader.is_lenient() {
        return Ok(Action::fitting(kind, details));
    }
    Action::new(kind, details).map_err(|StrayDetail { detail, kind }| {
        let what = format!("is not a field of `{}` events: leave it out", kind.name());
        reader.flaw(Code::UnknownField, detail, what)
    })
}

/// A weight above 0 and up to [`WEIGHT`]. Greater weights of files, such as counts, are clipped.
fn weight(reader: &Reader<'_>) -> Result<f32, Flaw> {
    let Some(number) = reader.number("weight")? else { return Ok(1.0) };
    let weight = number as f32;
    if weight > 0.0 && (weight <= WEIGHT || reader.is_lenient()) {
        return Ok(weight.min(WEIGHT));
    }
    let what = format!("is {number}: a weight is more than 0 and at most {WEIGHT}");
    Err(reader.flaw(Code::InvalidNumber, "weight", what))
}

/// From the object `ref`, or from the columns of its fields.
fn attribution(reader: &Reader<'_>) -> Result<Option<Attribution>, Flaw> {
    let nested = match reader.cell("ref") {
        Cell::Object(map) => {
            REF.check_keys(map.keys(), "ref")?;
            reader.nested(map, "ref")
        }
        cell if cell.is_empty() => *reader,
        other => {
            let what = format!("must be an object, not {}", other.kind());
            return Err(reader.flaw(Code::InvalidType, "ref", what));
        }
    };
    let recommendation_id = nested.id("recommendation_id")?;
    let sharer = nested.id("sharer")?;
    let says_something = recommendation_id.is_some() || sharer.is_some();
    Ok(says_something.then_some(Attribution { recommendation_id, sharer }))
}

/// The names of [`Visibility`].
pub(super) fn visibility(reader: &Reader<'_>) -> Result<Option<Visibility>, Flaw> {
    reader.choice("visibility", &Visibility::ALL.map(Visibility::name), Visibility::from_name)
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
