//! Errors of entries: a stable code for programs, a sentence for people.

use std::fmt;

use guanxi_models::IdError;
use serde::Serialize;
use utoipa::ToSchema;

/// The stable code of an error. Codes are never renamed, because clients branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The body or one of its entries is not JSON.
    InvalidJson,
    /// The body is not an Arrow IPC stream with the expected columns.
    InvalidArrow,
    /// An id is empty or has control or bidirectional characters.
    InvalidId,
    /// A value has the wrong JSON type.
    InvalidType,
    /// A number is not finite, out of range, or not an integer where one is required.
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
    /// There is no such field.
    UnknownField,
    /// A text is too long for its field.
    TooLong,
    /// A list or map has too many entries.
    TooMany,
    /// A user can't have a relation to itself.
    SelfRelation,
    /// The id in the body differs from the id in the path.
    IdMismatch,
}

/// An error of an entry, with the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Flaw {
    /// The stable code.
    pub code: Code,
    /// The path of the field, with dots for nested fields; empty for the whole entry or body.
    pub field: String,
    /// The rest of the sentence that begins with the field.
    pub what: String,
}

impl Flaw {
    /// An error of one field.
    pub fn new(code: Code, field: impl Into<String>, what: impl Into<String>) -> Self {
        Self { code, field: field.into(), what: what.into() }
    }

    /// An error of the whole entry or body.
    pub fn whole(code: Code, what: impl Into<String>) -> Self {
        Self::new(code, "", what)
    }

    /// The error of an id that [`guanxi_models::check_id`] refused.
    pub fn of_id(field: impl Into<String>, error: IdError) -> Self {
        let code = match error {
            IdError::TooLong { .. } => Code::TooLong,
            IdError::Empty | IdError::Forbidden { .. } => Code::InvalidId,
        };
        Self::new(code, field, format!("is not a valid id: {error}"))
    }

    /// The error with the position of its entry.
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

/// A rejected entry of a bulk request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rejected {
    /// The position of the entry in the body, from 0; the line number in NDJSON.
    pub index: usize,
    /// The stable code.
    pub code: Code,
    /// The field, the error and the way out.
    pub detail: String,
}
