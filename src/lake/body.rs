//! Items and users as JSON, for the column `body`.
//!
//! Every key is always there, null where nothing is known. An attribute is a text, a number, true
//! or false, or a list of texts. A number is read back to the very bits that were written.
//!
//! ```json
//! {"id":"i","name":"tea","category":"food/tea","tags":["green"],"merchant":"m","price":9.5,"currency":"CNY","stock":3,
//!  "available":true,"place":{"lat":31.2,"lon":121.5},"created":1772323200000,"attributes":{"leaf":true,"size":["s","m"]}}
//! {"id":"u","name":"Li","visibility":"private","place":null,"attributes":{}}
//! ```

use std::collections::BTreeMap;

use guanxi_models::{Attribute, Item, Millis, Place, User, Visibility};
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

/// An item as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemBody {
    id: String,
    name: Option<String>,
    category: Option<String>,
    tags: Vec<String>,
    merchant: Option<String>,
    price: Option<Exact>,
    currency: Option<String>,
    stock: Option<u32>,
    available: bool,
    place: Option<PlaceBody>,
    created: Option<Millis>,
    attributes: BTreeMap<String, AttributeBody>,
}

/// A user as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserBody {
    id: String,
    name: Option<String>,
    visibility: String,
    place: Option<PlaceBody>,
    attributes: BTreeMap<String, AttributeBody>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceBody {
    lat: Exact,
    lon: Exact,
}

pub(super) fn of_item(item: &Item) -> String {
    let Item { id, name, category, tags, merchant, .. } = item.clone();
    let Item { price, currency, stock, available, place, created, attributes, .. } = item.clone();
    let (price, place) = (price.map(Exact), place.map(PlaceBody::from));
    let attributes = written(attributes);
    json(&ItemBody {
        id,
        name,
        category,
        tags,
        merchant,
        price,
        currency,
        stock,
        available,
        place,
        created,
        attributes,
    })
}

pub(super) fn item(json: &str) -> serde_json::Result<Item> {
    let body: ItemBody = serde_json::from_str(json)?;
    Ok(Item {
        id: body.id,
        name: body.name,
        category: body.category,
        tags: body.tags,
        merchant: body.merchant,
        price: body.price.map(|price| price.0),
        currency: body.currency,
        stock: body.stock,
        available: body.available,
        place: body.place.map(Place::from),
        created: body.created,
        attributes: read(body.attributes),
    })
}

pub(super) fn of_user(user: &User) -> String {
    let User { id, name, visibility, place, attributes } = user.clone();
    let (place, attributes) = (place.map(PlaceBody::from), written(attributes));
    let visibility = visibility.name().to_owned();
    json(&UserBody { id, name, visibility, place, attributes })
}

pub(super) fn user(json: &str) -> serde_json::Result<User> {
    let UserBody { id, name, visibility, place, attributes } = serde_json::from_str(json)?;
    let (place, attributes) = (place.map(Place::from), read(attributes));
    let visibility = Visibility::from_name(&visibility)
        .ok_or_else(|| serde_json::Error::custom(format!("unknown visibility `{visibility}`")))?;
    Ok(User { id, name, visibility, place, attributes })
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("texts, flags and finite numbers are JSON")
}

fn written(attributes: BTreeMap<String, Attribute>) -> BTreeMap<String, AttributeBody> {
    attributes.into_iter().map(|(name, value)| (name, AttributeBody(value))).collect()
}

fn read(attributes: BTreeMap<String, AttributeBody>) -> BTreeMap<String, Attribute> {
    attributes.into_iter().map(|(name, value)| (name, value.0)).collect()
}

impl From<Place> for PlaceBody {
    fn from(place: Place) -> Self {
        Self { lat: Exact(place.lat), lon: Exact(place.lon) }
    }
}

impl From<PlaceBody> for Place {
    fn from(place: PlaceBody) -> Self {
        Self { lat: place.lat.0, lon: place.lon.0 }
    }
}

/// A number that keeps its last bit: the JSON parser rounds faster than it rounds right, the
/// standard library rounds right.
#[derive(Clone, Copy, Debug)]
struct Exact(f64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        raw.get().parse().map(Self).map_err(D::Error::custom)
    }
}

#[derive(Debug)]
struct AttributeBody(Attribute);

impl Serialize for AttributeBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Attribute::Text(text) => serializer.serialize_str(text),
            Attribute::Number(number) => serializer.serialize_f64(*number),
            Attribute::Flag(flag) => serializer.serialize_bool(*flag),
            Attribute::Texts(texts) => texts.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AttributeBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let value = match raw.get().as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw.get()).map(Attribute::Text),
            Some(b'[') => serde_json::from_str(raw.get()).map(Attribute::Texts),
            Some(b't' | b'f') => serde_json::from_str(raw.get()).map(Attribute::Flag),
            _ => serde_json::from_str(raw.get()).map(|Exact(number)| Attribute::Number(number)),
        };
        value.map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_stable() {
        let bare = concat!(
            r#"{"id":"i","name":null,"category":null,"tags":[],"merchant":null,"price":null,"currency":null,"#,
            r#""stock":null,"available":true,"place":null,"created":null,"attributes":{}}"#
        );
        assert_eq!(of_item(&Item::bare("i")), bare);
        let user = User { id: "u".into(), visibility: Visibility::Private, ..User::default() };
        let bare = r#"{"id":"u","name":null,"visibility":"private","place":null,"attributes":{}}"#;
        assert_eq!(of_user(&user), bare);
    }

    #[test]
    fn numbers_keep_their_last_bit() {
        // Digits that a parser gets wrong by one bit unless it takes care.
        for bits in (0..20_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
            let number = f64::from_bits(bits & !(0x400 << 52) | 0x3f0 << 52);
            let item = Item { price: Some(number), ..Item::bare("i") };
            let back = super::item(&of_item(&item)).unwrap();
            assert_eq!(back.price.map(f64::to_bits), Some(number.to_bits()));
        }
    }

    #[test]
    fn attributes_of_every_kind_come_back() {
        let values = [
            Attribute::Text("3".into()),
            Attribute::Number(3.0),
            Attribute::Number(-0.1),
            Attribute::Flag(true),
            Attribute::Flag(false),
            Attribute::Texts(vec![]),
            Attribute::Texts(vec!["\"".into(), "true".into()]),
        ];
        let attributes = values.into_iter().zip(0..).map(|(value, n)| (format!("a{n}"), value));
        let item = Item { attributes: attributes.collect(), ..Item::bare("i") };
        assert_eq!(super::item(&of_item(&item)).unwrap(), item);
    }

    #[test]
    fn another_shape_is_refused() {
        assert!(item("{}").is_err());
        assert!(user(r#"{"id":"u","name":null,"visibility":"friends","place":null}"#).is_err());
        assert!(user(&of_user(&User::default()).replace("{}", r#"{"a":null}"#)).is_err());
    }
}
