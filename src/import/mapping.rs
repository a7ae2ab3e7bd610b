//! Maps columns to fields, and foreign names to ours.

use std::collections::BTreeMap;

use guanxi_models::{EventType, Millis, RelationKind};

use super::MappingError;
use crate::ingest::event::EVENT;
use crate::ingest::item::ITEM;
use crate::ingest::relation::RELATION;
use crate::ingest::shape::Shape;
use crate::ingest::user::USER;

/// Event names of public data sets, and our name for each.
pub const FOREIGN_EVENTS: [(&str, EventType); 6] = [
    ("listen", EventType::Purchase),
    ("checkin", EventType::Purchase),
    ("interact", EventType::Purchase),
    ("tag", EventType::Like),
    // An import knows its groups whole: this one has filled.
    ("group_launch", EventType::Purchase),
    ("group_launch_failed", EventType::Cart),
];

/// Relation names of public data sets, and our name for each.
pub const FOREIGN_KINDS: [(&str, RelationKind); 1] = [("co_group", RelationKind::Friend)];

/// The kind of a file's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Events.
    Interactions,
    /// How users stand to each other.
    Relations,
    /// The catalogue.
    Items,
    /// The users.
    Users,
}

impl FileKind {
    const ALL: [Self; 4] = [Self::Interactions, Self::Relations, Self::Items, Self::Users];

    pub(super) fn shape(self) -> &'static Shape {
        match self {
            Self::Interactions => &EVENT,
            Self::Relations => &RELATION,
            Self::Items => &ITEM,
            Self::Users => &USER,
        }
    }

    /// True if columns that are no field become attributes.
    pub(super) fn has_attributes(self) -> bool {
        matches!(self, Self::Items | Self::Users)
    }

    /// True if a file needs a column for this field.
    pub(super) fn needs(field: &str) -> bool {
        matches!(field, "user" | "item" | "id" | "from" | "to")
    }

    /// The columns that a field is looked for in, the usual one first.
    pub(super) fn columns_of(self, field: &'static str) -> Vec<&'static str> {
        match (self, field) {
            (Self::Items, "id") => vec!["item", "id", "item_id"],
            (Self::Users, "id") => vec!["user", "id", "user_id"],
            (_, "user") => vec!["user", "user_id"],
            (_, "item") => vec!["item", "item_id"],
            (_, "type") => vec!["event", "type"],
            (_, "ts") => vec!["ts", "timestamp"],
            (_, "from") => vec!["from", "src"],
            (_, "to") => vec!["to", "dst"],
            (_, other) => vec![other],
        }
    }
}

/// How the columns and names of files are to be understood.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Field to column, as typed.
    columns: BTreeMap<String, String>,
    events: BTreeMap<String, EventType>,
    default_event: EventType,
    now: Millis,
}

impl Mapping {
    /// Usual columns, usual names, and purchases where no type is said. No time may lie more than a
    /// day after `now`.
    pub fn new(now: Millis) -> Self {
        let events = FOREIGN_EVENTS.map(|(name, kind)| (name.to_owned(), kind)).into();
        Self { columns: BTreeMap::new(), events, default_event: EventType::Purchase, now }
    }

    /// Reads a field from another column: `user=uid`.
    pub fn map(&mut self, text: &str) -> Result<(), MappingError> {
        let (field, column) = halves(text)?;
        let known = known_fields();
        if !known.contains(&field) {
            return Err(MappingError::Field { field: field.to_owned(), known });
        }
        self.columns.insert(field.to_owned(), column.to_owned());
        Ok(())
    }

    /// Gives a foreign event name a meaning: `listen=view`.
    pub fn map_event(&mut self, text: &str) -> Result<(), MappingError> {
        let (name, kind) = halves(text)?;
        self.events.insert(name.to_owned(), event_type(kind)?);
        Ok(())
    }

    /// Sets the type of events without one.
    pub fn set_default_event(&mut self, name: &str) -> Result<(), MappingError> {
        self.default_event = event_type(name)?;
        Ok(())
    }

    /// The type of events without one.
    pub fn default_event(&self) -> EventType {
        self.default_event
    }

    /// The moment that bounds times.
    pub(super) fn now(&self) -> Millis {
        self.now
    }

    /// The event type of a name. A meaning that was given beats the name's own.
    pub fn event(&self, name: &str) -> Option<EventType> {
        self.events.get(name).copied().or_else(|| EventType::from_name(name))
    }

    /// The relation kind of a name.
    pub(super) fn kind(name: &str) -> Option<RelationKind> {
        let foreign = FOREIGN_KINDS.iter().find(|(foreign, _)| *foreign == name);
        foreign.map(|(_, kind)| *kind).or_else(|| RelationKind::from_name(name))
    }

    /// The column that was typed for a field, if any.
    pub(super) fn typed(&self, kind: FileKind, field: &'static str) -> Option<&str> {
        let names = std::iter::once(field).chain(kind.columns_of(field));
        names.filter_map(|name| self.columns.get(name)).map(String::as_str).next()
    }

    /// The columns to look for, in order.
    pub(super) fn candidates(&self, kind: FileKind, field: &'static str) -> Vec<&str> {
        self.typed(kind, field).into_iter().chain(kind.columns_of(field)).collect()
    }
}

fn known_fields() -> Vec<&'static str> {
    let of_kind = |kind: FileKind| {
        let fields = kind.shape().fields.iter().map(|field| field.name);
        fields.flat_map(move |field| std::iter::once(field).chain(kind.columns_of(field)))
    };
    let mut known: Vec<&'static str> = FileKind::ALL.into_iter().flat_map(of_kind).collect();
    known.sort_unstable();
    known.dedup();
    known
}

fn halves(text: &str) -> Result<(&str, &str), MappingError> {
    let form = || MappingError::Form { text: text.to_owned() };
    let (left, right) = text.split_once('=').ok_or_else(form)?;
    match (left.trim(), right.trim()) {
        ("", _) | (_, "") => Err(form()),
        halves => Ok(halves),
    }
}

fn event_type(name: &str) -> Result<EventType, MappingError> {
    let known = || EventType::ALL.map(EventType::name).to_vec();
    EventType::from_name(name)
        .ok_or_else(|| MappingError::EventType { name: name.to_owned(), known: known() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_comes_first_under_any_name_of_the_field() {
        let mut mapping = Mapping::new(0);
        mapping.map("item=sku").unwrap();
        assert_eq!(mapping.candidates(FileKind::Items, "id"), ["sku", "item", "id", "item_id"]);
        assert_eq!(mapping.candidates(FileKind::Interactions, "item"), ["sku", "item", "item_id"]);
        assert_eq!(mapping.candidates(FileKind::Users, "id"), ["user", "id", "user_id"]);
    }

    #[test]
    fn foreign_names_have_a_meaning_that_can_be_changed() {
        let mut mapping = Mapping::new(0);
        assert_eq!(mapping.event("listen"), Some(EventType::Purchase));
        mapping.map_event("listen=view").unwrap();
        mapping.map_event("view=click").unwrap();
        assert_eq!(mapping.event("listen"), Some(EventType::View));
        assert_eq!(mapping.event("view"), Some(EventType::Click));
        assert_eq!(mapping.event("like"), Some(EventType::Like));
        assert_eq!(mapping.event("gaze"), None);
    }

    #[test]
    fn nonsense_is_refused() {
        let mut mapping = Mapping::new(0);
        assert!(matches!(mapping.map("user"), Err(MappingError::Form { .. })));
        assert!(matches!(mapping.map("user="), Err(MappingError::Form { .. })));
        assert!(matches!(mapping.map("usr=uid"), Err(MappingError::Field { .. })));
        assert!(matches!(mapping.map_event("a=b"), Err(MappingError::EventType { .. })));
        assert!(matches!(mapping.set_default_event("x"), Err(MappingError::EventType { .. })));
    }
}
