//! Which fields an entry may have, and of which kind each is.

use super::flaw::{Code, Flaw};

/// The kind of a field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A string.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A boolean.
    Flag,
    /// A timestamp or date.
    Time,
    /// A list of strings.
    Texts,
    /// A nested object: JSON only.
    Object,
}

/// One field of a [`Shape`].
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in JSON and in columns.
    pub name: &'static str,
    /// The kinds of columns it may come from; the first is the one to prefer.
    pub classes: &'static [Class],
    /// Whether a column stands for a nested JSON field, so that JSON objects don't have it at the top.
    pub only_column: bool,
    /// Whether every entry must have it.
    pub required: bool,
}

/// The fields of one sort of entry.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What one of them is called.
    pub noun: &'static str,
    /// The key of `{"events": [..]}`.
    pub plural: &'static str,
    /// All fields.
    pub fields: &'static [Field],
}

const TEXT: &[Class] = &[Class::Text];
const NUMBER: &[Class] = &[Class::Number, Class::Integer];
const INTEGER: &[Class] = &[Class::Integer];
const TIME: &[Class] = &[Class::Time, Class::Integer, Class::Text];
const FLAG: &[Class] = &[Class::Flag];
const TEXTS: &[Class] = &[Class::Texts];
const OBJECT: &[Class] = &[Class::Object];

const fn optional(name: &'static str, classes: &'static [Class]) -> Field {
    Field { name, classes, only_column: false, required: false }
}

const fn required(name: &'static str, classes: &'static [Class]) -> Field {
    Field { required: true, ..optional(name, classes) }
}

const fn column(name: &'static str, classes: &'static [Class]) -> Field {
    Field { only_column: true, ..optional(name, classes) }
}

/// What an event may say.
pub const EVENT: Shape = Shape {
    noun: "event",
    plural: "events",
    fields: &[
        optional("event_id", TEXT),
        required("user", TEXT),
        required("item", TEXT),
        required("type", TEXT),
        optional("ts", TIME),
        optional("weight", NUMBER),
        optional("quantity", INTEGER),
        optional("price", NUMBER),
        optional("currency", TEXT),
        optional("circle", TEXT),
        optional("session", TEXT),
        optional("channel", TEXT),
        optional("order", TEXT),
        optional("group", TEXT),
        optional("discount", NUMBER),
        optional("offer", TEXT),
        optional("shared_with", TEXT),
        optional("visibility", TEXT),
        optional("ref", OBJECT),
        column("recommendation_id", TEXT),
        column("sharer", TEXT),
    ],
};

/// What `ref` of an event may say.
pub const REF: Shape = Shape {
    noun: "ref",
    plural: "refs",
    fields: &[optional("recommendation_id", TEXT), optional("sharer", TEXT)],
};

/// What an item may say.
pub const ITEM: Shape = Shape {
    noun: "item",
    plural: "items",
    fields: &[
        required("id", TEXT),
        optional("name", TEXT),
        optional("category", TEXT),
        optional("tags", TEXTS),
        optional("merchant", TEXT),
        optional("price", NUMBER),
        optional("currency", TEXT),
        optional("stock", INTEGER),
        optional("available", FLAG),
        optional("place", OBJECT),
        optional("created", TIME),
        optional("attributes", OBJECT),
        column("lat", NUMBER),
        column("lon", NUMBER),
    ],
};

/// What `place` of an item or user may say.
pub const PLACE: Shape = Shape {
    noun: "place",
    plural: "places",
    fields: &[required("lat", NUMBER), required("lon", NUMBER)],
};

/// What a user may say.
pub const USER: Shape = Shape {
    noun: "user",
    plural: "users",
    fields: &[
        required("id", TEXT),
        optional("name", TEXT),
        optional("visibility", TEXT),
        optional("place", OBJECT),
        optional("attributes", OBJECT),
        column("lat", NUMBER),
        column("lon", NUMBER),
    ],
};

/// What a relation may say.
pub const RELATION: Shape = Shape {
    noun: "relation",
    plural: "relations",
    fields: &[
        required("from", TEXT),
        required("kind", TEXT),
        required("to", TEXT),
        optional("since", TIME),
    ],
};

impl Shape {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Refuses the first key that is no field of JSON objects of this shape. `within` is the object they are in, if nested.
    pub fn check_keys<'k>(
        &self,
        keys: impl Iterator<Item = &'k String>,
        within: &str,
    ) -> Result<(), Flaw> {
        let is_known = |key: &str| self.field(key).is_some_and(|field| !field.only_column);
        for key in keys {
            if !is_known(key) {
                return Err(self.unknown(key, within));
            }
        }
        Ok(())
    }

    /// The flaw of a field that this shape doesn't have; it names the nearest one.
    pub fn unknown(&self, key: &str, within: &str) -> Flaw {
        let shown: String = key.chars().filter(|c| !c.is_control()).take(64).collect();
        let path = if within.is_empty() { shown } else { format!("{within}.{shown}") };
        let names = || self.fields.iter().map(|field| field.name);
        let nearest = names()
            .map(|name| (strsim::jaro_winkler(name, key), name))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let noun = self.noun;
        let what = match nearest {
            Some((_, name)) => format!("is no field of {noun} entries: did you mean `{name}`?"),
            None => format!(
                "is no field of {noun} entries: these are {}",
                names().collect::<Vec<_>>().join(", ")
            ),
        };
        Flaw::new(Code::UnknownField, path, what)
    }
}
