//! What is wrong with an entry: a stable code for programs, a sentence for people.

use std::fmt;

use guanxi_models::IdError;
use serde::Serialize;
use utoipa::ToSchema;

/// The stable name of what is wrong. Codes are never renamed: clients branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The body or one entry of it is not JSON.
    InvalidJson,
    /// The body is not an Arrow IPC stream with the expected columns.
    InvalidArrow,
    /// An id is empty or has control or bidirectional characters.
    InvalidId,
    /// A value is of another JSON type than its field.
    InvalidType,
    /// A number is not finite, out of its range, or not whole where it must be.
    InvalidNumber,
    /// A time can't be parsed, is negative, or is more than a day in the future.
    InvalidTimestamp,
    /// A text is empty or has control or bidirectional characters.
    InvalidText,
    /// A currency is not three capital letters.
    InvalidCurrency,
    /// A category path has an empty segment.
    InvalidCategory,
    /// A latitude or longitude is out of range or missing.
    InvalidPlace,
    /// A value is not one of the names that its field allows.
    UnknownValue,
    /// A required field is missing or null.
    MissingField,
    /// A field that nobody knows.
    UnknownField,
    /// A text is longer than its field takes.
    TooLong,
    /// A list or map has more entries than its field takes.
    TooMany,
    /// A user can't have a relation to itself.
    SelfRelation,
    /// The id in the body differs from the id in the path.
    IdMismatch,
}

/// What is wrong with an entry, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Flaw {
    /// The stable code.
    pub code: Code,
    /// The field it is about, with dots for nested ones; empty when it is about the whole entry or body.
    pub field: String,
    /// The rest of the sentence that begins with the field.
    pub what: String,
}

impl Flaw {
    /// A flaw of one field.
    pub fn new(code: Code, field: impl Into<String>, what: impl Into<String>) -> Self {
        Self { code, field: field.into(), what: what.into() }
    }

    /// A flaw of the whole entry or body.
    pub fn whole(code: Code, what: impl Into<String>) -> Self {
        Self::new(code, "", what)
    }

    /// The flaw of an id that [`guanxi_models::check_id`] refused.
    pub fn of_id(field: impl Into<String>, error: IdError) -> Self {
        let code = match error {
            IdError::TooLong { .. } => Code::TooLong,
            IdError::Empty | IdError::Forbidden { .. } => Code::InvalidId,
        };
        Self::new(code, field, format!("is no id: {error}"))
    }

    /// The same flaw, of the entry at `index`.
    pub fn at(&self, index: usize) -> Rejected {
        Rejected { index, code: self.code, detail: self.to_string() }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return f.write_str(&self.what);
        }
        write!(f, "`{}` {}", self.field, self.what)
    }
}

/// One entry of a bulk request that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rejected {
    /// The position of the entry in the body, from 0; in NDJSON the number of its line.
    pub index: usize,
    /// The stable code.
    pub code: Code,
    /// What is wrong with which field, and the way out.
    pub detail: String,
}
