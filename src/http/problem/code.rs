//! The stable codes of errors: one table states the status and the meaning of each.

use axum::http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $variant:ident, $name:literal, $status:ident;)+) => {
        /// The kind of an error, for programs. Codes are never renamed, because clients branch on
        /// them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The HTTP status of the code.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// The meaning of the code.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+).trim_ascii()),+ }
            }
        }
    };
}

codes! {
    /// The body or one of its entries is not valid JSON; `line` and `column` give the position.
    InvalidJson, "invalid_json", BAD_REQUEST;
    /// The body is not an Arrow IPC stream with the expected columns.
    InvalidArrow, "invalid_arrow", BAD_REQUEST;
    /// The body, the path or a parameter is not UTF-8.
    InvalidUtf8, "invalid_utf8", BAD_REQUEST;
    /// The head of the request is ambiguous; the connection is closed.
    MalformedRequest, "malformed_request", BAD_REQUEST;
    /// The path with its query is too long: send a body with POST.
    UriTooLong, "uri_too_long", URI_TOO_LONG;
    /// The request has too many headers; the connection is closed.
    HeadersTooLarge, "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE;
    /// The body was incomplete or could not be read.
    UnreadableBody, "unreadable_body", BAD_REQUEST;
    /// No route matches this path.
    UnknownRoute, "unknown_route", NOT_FOUND;
    /// There is no such scenario; `known` lists all scenarios.
    UnknownScenario, "unknown_scenario", NOT_FOUND;
    /// There is no such item.
    UnknownItem, "unknown_item", NOT_FOUND;
    /// There is no such user.
    UnknownUser, "unknown_user", NOT_FOUND;
    /// There is no such relation.
    UnknownRelation, "unknown_relation", NOT_FOUND;
    /// There is no such model.
    UnknownModel, "unknown_model", NOT_FOUND;
    /// There is no such error code.
    UnknownCode, "unknown_code", NOT_FOUND;
    /// The path exists, but not with this method; the header `allow` lists the methods.
    MethodNotAllowed, "method_not_allowed", METHOD_NOT_ALLOWED;
    /// The request has no key, but this server requires one.
    MissingKey, "missing_key", UNAUTHORIZED;
    /// The key is unknown, has expired or was revoked.
    InvalidKey, "invalid_key", UNAUTHORIZED;
    /// The user's token is not valid; `detail` gives the reason.
    InvalidToken, "invalid_token", UNAUTHORIZED;
    /// The scope of the key does not allow this request.
    Forbidden, "forbidden", FORBIDDEN;
    /// The public key is not allowed on the page that sent it.
    OriginNotAllowed, "origin_not_allowed", FORBIDDEN;
    /// The key exceeded its rate, or the address sent too many wrong keys; `retry-after` gives the
    /// seconds to wait.
    RateLimited, "rate_limited", TOO_MANY_REQUESTS;
    /// The body took longer to arrive than `server.request_timeout`.
    RequestTimeout, "request_timeout", REQUEST_TIMEOUT;
    /// The `event_id` is already stored with another body; nothing was changed.
    EventIdConflict, "event_id_conflict", CONFLICT;
    /// The model is damaged and was not activated.
    ModelDamaged, "model_damaged", CONFLICT;
    /// The body exceeds the size limit.
    BodyTooLarge, "body_too_large", PAYLOAD_TOO_LARGE;
    /// The route does not accept this content type.
    UnsupportedMediaType, "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE;
    /// No entry of the body was accepted; `rejected` gives a reason for each.
    NothingAccepted, "nothing_accepted", UNPROCESSABLE_ENTITY;
    /// There is no such field or parameter; `nearest` is the most similar name.
    UnknownField, "unknown_field", UNPROCESSABLE_ENTITY;
    /// A required field or parameter is missing.
    MissingField, "missing_field", UNPROCESSABLE_ENTITY;
    /// A field or parameter of the query has an invalid value.
    InvalidField, "invalid_field", UNPROCESSABLE_ENTITY;
    /// A value of an entry has the wrong JSON type.
    InvalidType, "invalid_type", UNPROCESSABLE_ENTITY;
    /// A number of an entry is not finite, out of range, or not an integer where one is required.
    InvalidNumber, "invalid_number", UNPROCESSABLE_ENTITY;
    /// A time can't be parsed, is negative, or is more than a day in the future.
    InvalidTimestamp, "invalid_timestamp", UNPROCESSABLE_ENTITY;
    /// A text is empty or has control or bidirectional characters.
    InvalidText, "invalid_text", UNPROCESSABLE_ENTITY;
    /// A currency is not three capital letters.
    InvalidCurrency, "invalid_currency", UNPROCESSABLE_ENTITY;
    /// A category path has an empty segment.
    InvalidCategory, "invalid_category", UNPROCESSABLE_ENTITY;
    /// A latitude or longitude is out of range or missing.
    InvalidPlace, "invalid_place", UNPROCESSABLE_ENTITY;
    /// A value is not one of the names that its field allows.
    UnknownValue, "unknown_value", UNPROCESSABLE_ENTITY;
    /// A text or an id is too long for its field.
    TooLong, "too_long", UNPROCESSABLE_ENTITY;
    /// A user can't have a relation to itself.
    SelfRelation, "self_relation", UNPROCESSABLE_ENTITY;
    /// The id in the body differs from the id in the path.
    IdMismatch, "id_mismatch", UNPROCESSABLE_ENTITY;
    /// An id is empty or has control or bidirectional characters.
    InvalidId, "invalid_id", UNPROCESSABLE_ENTITY;
    /// `limit` is not 1 to 200.
    InvalidLimit, "invalid_limit", UNPROCESSABLE_ENTITY;
    /// The filter is invalid; `path` is the place in it.
    InvalidFilter, "invalid_filter", UNPROCESSABLE_ENTITY;
    /// The filter names an attribute that no item has.
    UnknownAttribute, "unknown_attribute", UNPROCESSABLE_ENTITY;
    /// A list or map has too many entries.
    TooMany, "too_many", UNPROCESSABLE_ENTITY;
    /// An error of the server. A log line has the same request id.
    Internal, "internal", INTERNAL_SERVER_ERROR;
    /// The store can't be read or written. Writes are safe to repeat with the same ids.
    StoreUnavailable, "store_unavailable", SERVICE_UNAVAILABLE;
    /// The server is overloaded; try again after the seconds in `retry-after`.
    Busy, "busy", SERVICE_UNAVAILABLE;
    /// The server is shutting down; use another one.
    ShuttingDown, "shutting_down", SERVICE_UNAVAILABLE;
    /// The server does not accept writes, or none of its models can be loaded; `detail` gives the
    /// reason.
    NotReady, "not_ready", SERVICE_UNAVAILABLE;
}

impl From<crate::ingest::Code> for Code {
    fn from(code: crate::ingest::Code) -> Self {
        use crate::ingest::Code as Entry;
        match code {
            Entry::InvalidJson => Self::InvalidJson,
            Entry::InvalidArrow => Self::InvalidArrow,
            Entry::InvalidId => Self::InvalidId,
            Entry::InvalidType => Self::InvalidType,
            Entry::InvalidNumber => Self::InvalidNumber,
            Entry::InvalidTimestamp => Self::InvalidTimestamp,
            Entry::InvalidText => Self::InvalidText,
            Entry::InvalidCurrency => Self::InvalidCurrency,
            Entry::InvalidCategory => Self::InvalidCategory,
            Entry::InvalidPlace => Self::InvalidPlace,
            Entry::UnknownValue => Self::UnknownValue,
            Entry::MissingField => Self::MissingField,
            Entry::UnknownField => Self::UnknownField,
            Entry::TooLong => Self::TooLong,
            Entry::TooMany => Self::TooMany,
            Entry::SelfRelation => Self::SelfRelation,
            Entry::IdMismatch => Self::IdMismatch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_entries_keep_their_names() {
        use crate::ingest::Code as Entry;
        for entry in [Entry::InvalidJson, Entry::InvalidId, Entry::TooLong, Entry::IdMismatch] {
            assert_eq!(serde_json::json!(entry), Code::from(entry).name());
        }
    }

    #[test]
    fn names_are_distinct_and_in_snake_case() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'8'))
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
