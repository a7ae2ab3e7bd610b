//! The fields of entries. The macro `entry!` declares them once for JSON, columns and the API
//! document.

use super::flaw::{Code, Flaw};

/// The kind of a field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A string.
    Text,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// A boolean.
    Flag,
    /// A timestamp or date.
    Time,
    /// A list of strings.
    Texts,
    /// A nested object, in JSON only.
    Object,
}

/// One field of a [`Shape`].
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name in JSON and of the column.
    pub name: &'static str,
    /// The accepted kinds of columns, the preferred one first.
    pub classes: &'static [Class],
    /// True for a column that stands for a field of a nested object: JSON has it there.
    pub only_column: bool,
    /// True if every entry must have the field.
    pub required: bool,
}

/// The fields of one type of entry.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The name of one entry.
    pub noun: &'static str,
    /// The key of `{"events": [..]}`.
    pub plural: &'static str,
    /// All fields.
    pub fields: &'static [Field],
}

/// A JSON type, with the kinds of columns that it can be read from.
pub trait Kind {
    /// The kinds, the preferred one first.
    const CLASSES: &'static [Class];
}

macro_rules! kinds {
    ($($type:ty => $($class:ident)*;)*) => {
        $(impl Kind for $type {
            const CLASSES: &'static [Class] = &[$(Class::$class,)*];
        })*
    };
}

kinds! {
    String => Text;
    f32 => Number Integer;
    f64 => Number Integer;
    u32 => Integer;
    bool => Flag;
    Vec<String> => Texts;
}

/// Declares the fields of a type of entry: the struct for JSON and the [`Shape`].
///
/// - `required`: fields that every entry has.
/// - `identity`: required in bulk, and given by the path elsewhere.
/// - `optional`: fields that an entry may leave out.
/// - `columns`: columns of files and Arrow streams that stand for the fields of a nested object.
///
/// `kind as "type"` is the field `kind` in Rust and `type` in JSON.
macro_rules! entry {
    (
        $(#[$about:meta])*
        $body:ident, $shape:ident: $noun:literal of $plural:literal
        $(required { $(
            $(#[$need:meta])* $needed:ident $(as $needed_name:literal)?: $needed_type:ty,
        )* })?
        $(identity { $(#[$id:meta])* $identity:ident: $id_type:ty, })?
        $(optional { $(
            $(#[$may:meta])* $optional:ident $(as $optional_name:literal)?: $optional_type:ty,
        )* })?
        $(columns { $($column:ident: $column_type:ty,)* })?
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $body {
            $($(
                $(#[$need])*
                $(#[serde(rename = $needed_name)])?
                pub $needed: $needed_type,
            )*)?
            $(
                $(#[$id])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $identity: Option<$id_type>,
            )?
            $($(
                $(#[$may])*
                #[serde(skip_serializing_if = "Option::is_none")]
                $(#[serde(rename = $optional_name)])?
                pub $optional: Option<$optional_type>,
            )*)?
        }

        impl $crate::ingest::shape::Kind for $body {
            const CLASSES: &'static [$crate::ingest::shape::Class] =
                &[$crate::ingest::shape::Class::Object];
        }

        #[doc = concat!("The fields of `", $noun, "` entries.")]
        pub const $shape: $crate::ingest::shape::Shape = {
            use $crate::ingest::shape::{Field, Shape, name};
            let fields: &'static [Field] = &[
                $($(Field::of::<$needed_type>(name!($needed $($needed_name)?)).required(),)*)?
                $(Field::of::<$id_type>(name!($identity)).required(),)?
                $($(Field::of::<$optional_type>(name!($optional $($optional_name)?)),)*)?
                $($(Field::of::<$column_type>(name!($column)).only_column(),)*)?
            ];
            Shape { noun: $noun, plural: $plural, fields }
        };
    };
}
pub(super) use entry;

/// The name of a field on the wire.
macro_rules! name {
    ($field:ident $name:literal) => {
        $name
    };
    ($field:ident) => {
        stringify!($field)
    };
}
pub(super) use name;

impl Field {
    /// An optional field of this type.
    pub(super) const fn of<T: Kind>(name: &'static str) -> Self {
        Self { name, classes: T::CLASSES, only_column: false, required: false }
    }

    /// The field, required.
    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The field, as a column for that of a nested object.
    pub(super) const fn only_column(self) -> Self {
        Self { only_column: true, ..self }
    }
}

impl Shape {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Refuses the first key that is not a field of JSON objects of this shape. `within` names the
    /// nested object, if any.
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

    /// The error of an unknown field. It names the most similar field.
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
            Some((_, name)) => format!("is not a field of {noun} entries: did you mean `{name}`?"),
            None => format!(
                "is not a field of {noun} entries: these are {}",
                names().collect::<Vec<_>>().join(", ")
            ),
        };
        Flaw::new(Code::UnknownField, path, what)
    }
}
