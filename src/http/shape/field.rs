//! The properties of items that an answer can include.

use guanxi_models::Item;
use serde::Serialize;
use serde::ser::SerializeMap;

use crate::ingest::place::PlaceBody;
use crate::ingest::wire::AttributeBody;

/// A property of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Field {
    Name,
    Category,
    Tags,
    Merchant,
    Price,
    Currency,
    Stock,
    Available,
    Place,
    Created,
    Attributes,
}

impl Field {
    pub(in crate::http) const ALL: [Self; 11] = [
        Self::Name,
        Self::Category,
        Self::Tags,
        Self::Merchant,
        Self::Price,
        Self::Currency,
        Self::Stock,
        Self::Available,
        Self::Place,
        Self::Created,
        Self::Attributes,
    ];

    /// The name on the wire.
    pub(in crate::http) fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Category => "category",
            Self::Tags => "tags",
            Self::Merchant => "merchant",
            Self::Price => "price",
            Self::Currency => "currency",
            Self::Stock => "stock",
            Self::Available => "available",
            Self::Place => "place",
            Self::Created => "created",
            Self::Attributes => "attributes",
        }
    }

    /// The field with this name.
    pub(in crate::http) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Writes the property, or null if it is unknown.
    pub(in crate::http) fn write<M: SerializeMap>(
        self,
        item: &Item,
        map: &mut M,
    ) -> Result<(), M::Error> {
        let name = self.name();
        match self {
            Self::Name => map.serialize_entry(name, &item.name),
            Self::Category => map.serialize_entry(name, &item.category),
            Self::Tags => map.serialize_entry(name, &item.tags),
            Self::Merchant => map.serialize_entry(name, &item.merchant),
            Self::Price => map.serialize_entry(name, &item.price),
            Self::Currency => map.serialize_entry(name, &item.currency),
            Self::Stock => map.serialize_entry(name, &item.stock),
            Self::Available => map.serialize_entry(name, &item.available),
            Self::Place => map.serialize_entry(name, &item.place.map(PlaceBody::from)),
            Self::Created => map.serialize_entry(name, &item.created.map(written)),
            Self::Attributes => map.serialize_entry(name, &Attributes(item)),
        }
    }
}

/// Formats a time in RFC 3339.
pub(in crate::http) fn written(time: guanxi_models::Millis) -> Option<String> {
    jiff::Timestamp::from_millisecond(time).map(|time| time.to_string()).ok()
}

struct Attributes<'a>(&'a Item);

impl Serialize for Attributes<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let attributes = &self.0.attributes;
        serializer.collect_map(
            attributes.iter().map(|(name, value)| (name, AttributeBody::from(value.clone()))),
        )
    }
}
