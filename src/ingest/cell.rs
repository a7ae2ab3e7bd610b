//! One value of a row, from JSON, an Arrow column or a CSV field.

use guanxi_models::Millis;
use serde_json::{Map, Value};

/// A value before validation.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// The row has no such field.
    Absent,
    /// The field is null.
    Null,
    /// A boolean.
    Flag(bool),
    /// An integer.
    Integer(i128),
    /// Any other number.
    Number(f64),
    /// A text.
    Text(&'a str),
    /// A value of a time column.
    Time(Millis),
    /// Several values.
    List(Vec<Cell<'a>>),
    /// A JSON object.
    Object(&'a Map<String, Value>),
}

impl Cell<'_> {
    /// True for an absent field and for null.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }

    /// The name of the type, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "nothing",
            Self::Null => "null",
            Self::Flag(_) => "a boolean",
            Self::Integer(_) | Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Time(_) => "a timestamp",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl<'a> From<&'a Value> for Cell<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Cell::Null,
            Value::Bool(flag) => Cell::Flag(*flag),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(whole), _) => Cell::Integer(whole.into()),
                (None, Some(whole)) => Cell::Integer(whole.into()),
                (None, None) => Cell::Number(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Cell::Text(text),
            Value::Array(values) => Cell::List(values.iter().map(Cell::from).collect()),
            Value::Object(map) => Cell::Object(map),
        }
    }
}

/// A row of named cells.
pub trait Row {
    /// The cell of a field; [`Cell::Absent`] when the row has none.
    fn cell(&self, field: &str) -> Cell<'_>;

    /// The cells that belong to no known field and become attributes, with their names.
    fn extras(&self) -> Vec<(&str, Cell<'_>)> {
        Vec::new()
    }
}

impl Row for Map<String, Value> {
    fn cell(&self, field: &str) -> Cell<'_> {
        self.get(field).map_or(Cell::Absent, Cell::from)
    }
}
