//! The values of fields in JSON: times and free attributes.

use std::collections::BTreeMap;

use guanxi_models::{Attribute, Millis};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::shape::{Class, Kind};

/// A point in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum TimeBody {
    /// Unix seconds below 100,000,000,000, else Unix milliseconds.
    Number(i64),
    /// RFC 3339.
    Text(String),
}

impl Kind for TimeBody {
    const CLASSES: &'static [Class] = &[Class::Time, Class::Integer, Class::Text];
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

impl Kind for BTreeMap<String, AttributeBody> {
    const CLASSES: &'static [Class] = &[Class::Object];
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

/// A map of attributes for JSON; none if it is empty.
pub(super) fn attributes(
    map: BTreeMap<String, Attribute>,
) -> Option<BTreeMap<String, AttributeBody>> {
    let bodies = map.into_iter().map(|(name, value)| (name, value.into()));
    Some(bodies.collect::<BTreeMap<_, _>>()).filter(|map| !map.is_empty())
}

/// A time for JSON. It is text, because a small number would be read as seconds.
pub(super) fn written(time: Millis) -> TimeBody {
    match jiff::Timestamp::from_millisecond(time) {
        Ok(timestamp) => TimeBody::Text(timestamp.to_string()),
        Err(_) => TimeBody::Number(time),
    }
}
