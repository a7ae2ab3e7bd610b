//! Format 1: postcard, with the fields in the order of declaration. It is still read, but no longer
//! written.
//!
//! Nothing here may change. Only [`canonical`] still encodes, for
//! [`super::body_hash`](mod@super::body_hash).

use std::collections::BTreeMap;

use guanxi_models::{Attribution, Millis, Visibility};
use serde::{Deserialize, Serialize};

use super::Unreadable;
use super::code::{EVENT_TYPES, RELATION_KINDS, VISIBILITIES, code_of, of_code};

#[derive(Deserialize)]
enum Record<'b> {
    #[serde(borrow)]
    Event(Event<'b>),
    Item(Item<'b>),
    ItemDeleted(&'b str),
    User(User<'b>),
    UserDeleted(&'b str),
    Relation(Relation<'b>),
    RelationDeleted(Relation<'b>),
}

#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are those of the format")]
struct Event<'b> {
    event_id: &'b str,
    user: &'b str,
    item: &'b str,
    kind: u32,
    ts: Millis,
    weight: f32,
    quantity: u32,
    price: Option<f64>,
    currency: Option<&'b str>,
    circle: Option<&'b str>,
    session: Option<&'b str>,
    #[serde(borrow)]
    attribution: Option<Came<'b>>,
    visibility: Option<u32>,
}

/// The origin of an event.
#[derive(Serialize, Deserialize)]
struct Came<'b> {
    recommendation_id: Option<&'b str>,
    sharer: Option<&'b str>,
}

#[derive(Deserialize)]
struct Item<'b> {
    id: &'b str,
    name: Option<&'b str>,
    category: Option<&'b str>,
    tags: Vec<String>,
    merchant: Option<&'b str>,
    price: Option<f64>,
    currency: Option<&'b str>,
    stock: Option<u32>,
    available: bool,
    place: Option<Place>,
    created: Option<Millis>,
    attributes: BTreeMap<String, Attribute>,
}

#[derive(Deserialize)]
struct User<'b> {
    id: &'b str,
    name: Option<&'b str>,
    visibility: u32,
    place: Option<Place>,
    attributes: BTreeMap<String, Attribute>,
}

#[derive(Deserialize)]
struct Relation<'b> {
    from: &'b str,
    kind: u32,
    to: &'b str,
}

#[derive(Deserialize)]
struct Place {
    lat: f64,
    lon: f64,
}

#[derive(Deserialize)]
enum Attribute {
    Text(String),
    Number(f64),
    Flag(bool),
    Texts(Vec<String>),
}

/// Decodes the body of a record.
pub(super) fn read(body: &[u8]) -> Result<guanxi_models::Record, Unreadable> {
    match postcard::take_from_bytes::<Record<'_>>(body) {
        Ok((record, [])) => record.into_domain(),
        Ok((_, rest)) => Err(Unreadable::Damaged(format!("{} bytes follow it", rest.len()))),
        Err(error) => Err(Unreadable::Damaged(error.to_string())),
    }
}

/// The bytes of an event in format 1, without the tag of the record.
pub(super) fn canonical(event: &guanxi_models::Event) -> Vec<u8> {
    // In the log, the tag of the record precedes them.
    let mut bytes = Vec::with_capacity(256);
    bytes.push(0);
    postcard::to_extend(&Event::of(event), bytes).expect("an event is plain data")
}

impl Record<'_> {
    fn into_domain(self) -> Result<guanxi_models::Record, Unreadable> {
        use guanxi_models::Record as Domain;
        Ok(match self {
            Self::Event(event) => Domain::Event(event.into_domain()?),
            Self::Item(item) => Domain::Item(item.into_domain()),
            Self::ItemDeleted(id) => Domain::ItemDeleted { id: id.to_owned() },
            Self::User(user) => Domain::User(user.into_domain()?),
            Self::UserDeleted(id) => Domain::UserDeleted { id: id.to_owned() },
            Self::Relation(relation) => Domain::Relation(relation.into_domain()?),
            Self::RelationDeleted(relation) => Domain::RelationDeleted(relation.into_domain()?),
        })
    }
}

impl<'b> Event<'b> {
    fn of(event: &'b guanxi_models::Event) -> Self {
        Self {
            event_id: &event.event_id,
            user: &event.user,
            item: &event.item,
            kind: code_of(&EVENT_TYPES, event.kind()),
            ts: event.ts,
            weight: event.weight,
            quantity: event.quantity,
            price: event.price,
            currency: event.currency.as_deref(),
            circle: event.circle.as_deref(),
            session: event.session.as_deref(),
            attribution: event.attribution.as_ref().map(Came::of),
            visibility: event.visibility.map(|one| code_of(&VISIBILITIES, one)),
        }
    }

    fn into_domain(self) -> Result<guanxi_models::Event, Unreadable> {
        Ok(guanxi_models::Event {
            event_id: self.event_id.to_owned(),
            user: self.user.to_owned(),
            item: self.item.to_owned(),
            action: of_code(&EVENT_TYPES, "event type", self.kind)?.into(),
            ts: self.ts,
            weight: self.weight,
            quantity: self.quantity,
            price: self.price,
            currency: owned(self.currency),
            circle: owned(self.circle),
            session: owned(self.session),
            channel: None,
            attribution: self.attribution.map(Came::into_domain),
            visibility: self.visibility.map(visibility).transpose()?,
        })
    }
}

impl<'b> Came<'b> {
    fn of(attribution: &'b Attribution) -> Self {
        Self {
            recommendation_id: attribution.recommendation_id.as_deref(),
            sharer: attribution.sharer.as_deref(),
        }
    }

    fn into_domain(self) -> Attribution {
        Attribution { recommendation_id: owned(self.recommendation_id), sharer: owned(self.sharer) }
    }
}

impl Item<'_> {
    fn into_domain(self) -> guanxi_models::Item {
        guanxi_models::Item {
            id: self.id.to_owned(),
            name: owned(self.name),
            category: owned(self.category),
            tags: self.tags,
            merchant: owned(self.merchant),
            price: self.price,
            currency: owned(self.currency),
            stock: self.stock,
            available: self.available,
            place: self.place.map(Place::into_domain),
            created: self.created,
            attributes: attributes(self.attributes),
        }
    }
}

impl User<'_> {
    fn into_domain(self) -> Result<guanxi_models::User, Unreadable> {
        Ok(guanxi_models::User {
            id: self.id.to_owned(),
            name: owned(self.name),
            visibility: visibility(self.visibility)?,
            place: self.place.map(Place::into_domain),
            attributes: attributes(self.attributes),
        })
    }
}

impl Relation<'_> {
    fn into_domain(self) -> Result<guanxi_models::Relation, Unreadable> {
        Ok(guanxi_models::Relation {
            from: self.from.to_owned(),
            kind: of_code(&RELATION_KINDS, "kind of relation", self.kind)?,
            to: self.to.to_owned(),
            since: None,
        })
    }
}

impl Place {
    fn into_domain(self) -> guanxi_models::Place {
        guanxi_models::Place { lat: self.lat, lon: self.lon }
    }
}

impl Attribute {
    fn into_domain(self) -> guanxi_models::Attribute {
        use guanxi_models::Attribute as Domain;
        match self {
            Self::Text(text) => Domain::Text(text),
            Self::Number(number) => Domain::Number(number),
            Self::Flag(flag) => Domain::Flag(flag),
            Self::Texts(texts) => Domain::Texts(texts),
        }
    }
}

fn attributes(map: BTreeMap<String, Attribute>) -> BTreeMap<String, guanxi_models::Attribute> {
    map.into_iter().map(|(name, value)| (name, value.into_domain())).collect()
}

fn visibility(code: u32) -> Result<Visibility, Unreadable> {
    of_code(&VISIBILITIES, "visibility", code)
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}
