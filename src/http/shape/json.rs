//! Parses JSON bodies, with errors that name the location.

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::http::problem::{Code, Problem, excerpt, nearest, nearest_of};
use crate::untrusted::json::{self, Refused};

/// Parses a JSON object. An empty body counts as an empty object.
pub(in crate::http) fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match json::value(text(body)?.as_bytes())? {
        Value::Object(object) => Ok(object),
        _ => Err(not_an_object()),
    }
}

/// Parses a body of the shape `T`, whose fields are all optional. An empty body leaves out all of
/// them.
pub(in crate::http) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = if body.is_empty() { "{}" } else { text(body)? };
    // Serde would also accept an array of the fields in order, which is surely a mistake.
    if text.trim_start().starts_with('[') {
        return Err(not_an_object());
    }
    drop(json::value(text.as_bytes())?);
    serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Data => misshapen::<T>(text, &error),
        Category::Syntax | Category::Eof | Category::Io => malformed(&error),
    })
}

/// Decodes an object that is already parsed.
pub(in crate::http) fn decode_object<T: DeserializeOwned>(
    object: Map<String, Value>,
) -> Result<T, Problem> {
    let copy = object.clone();
    serde_json::from_value(Value::Object(object)).map_err(|error| culprit::<T>(copy, &error))
}

fn text(body: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        let detail = format!("the body is not UTF-8 from byte {at} on: encode it as UTF-8");
        Problem::new(Code::InvalidUtf8, detail).with("byte", at)
    })
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::NotJson(error) => malformed(&error),
            Refused::Deep => Self::new(Code::InvalidJson, detail),
            Refused::Long => Self::new(Code::TooMany, detail),
            Refused::Twice(name) => {
                Self::new(Code::InvalidField, detail).with("field", excerpt(&name))
            }
        }
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(Code::InvalidJson, format!("the body is not JSON: {error}"))
        .with("line", error.line())
        .with("column", error.column())
}

fn misshapen<T: DeserializeOwned>(text: &str, error: &serde_json::Error) -> Problem {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => culprit::<T>(object, error),
        Ok(_) | Err(_) => not_an_object(),
    }
    .with("line", error.line())
    .with("column", error.column())
}

fn not_an_object() -> Problem {
    Problem::new(Code::InvalidField, "the body must be a JSON object")
}

/// Finds the field that caused `error`: decoded alone it is refused too.
fn culprit<T: DeserializeOwned>(object: Map<String, Value>, error: &serde_json::Error) -> Problem {
    for (name, value) in object {
        let alone = Value::Object([(name.clone(), value)].into_iter().collect());
        if let Err(error) = serde_json::from_value::<T>(alone) {
            return of_field(&name, &error.to_string());
        }
    }
    Problem::new(Code::InvalidField, error.to_string())
}

fn of_field(name: &str, said: &str) -> Problem {
    let shown_name = excerpt(name);
    let Some(rest) = said.strip_prefix(&format!("unknown field `{name}`")) else {
        return Problem::new(Code::InvalidField, format!("`{shown_name}`: {said}"))
            .with("field", shown_name);
    };
    // Serde lists the known fields in backticks.
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let detail = format!("unknown field `{shown_name}`: {}", nearest(name, &known));
    Problem::new(Code::UnknownField, detail)
        .with("field", shown_name)
        .with("nearest", nearest_of(name, &known))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        limit: Option<u32>,
        #[allow(dead_code, reason = "only read from JSON")]
        user: Option<String>,
    }

    fn refused(body: &[u8]) -> (Code, Value) {
        let problem = decode::<Shape>(body).unwrap_err();
        (problem.code(), problem.body())
    }

    #[test]
    fn an_empty_body_has_no_fields() {
        assert!(decode::<Shape>(b"").unwrap().limit.is_none());
    }

    #[test]
    fn what_is_not_json_is_placed() {
        let (code, body) = refused(b"{\n \"limit\" 3}");
        assert_eq!(code, Code::InvalidJson);
        assert_eq!((body["line"].as_u64(), body["column"].as_u64()), (Some(2), Some(10)));
        assert_eq!(refused(b"{\"user\":\"\xff\"}").0, Code::InvalidUtf8);
        assert_eq!(refused("[".repeat(100_000).as_bytes()).0, Code::InvalidField);
    }

    #[test]
    fn wrong_types_and_unknown_fields_are_named() {
        let (code, body) = refused(br#"{"user":"u","limit":"many"}"#);
        assert_eq!((code, body["field"].as_str()), (Code::InvalidField, Some("limit")));
        let (code, body) = refused(br#"{"user":"u","limt":3}"#);
        assert_eq!((code, body["nearest"].as_str()), (Code::UnknownField, Some("limit")));
        assert!(body["detail"].as_str().unwrap().contains("did you mean `limit`?"));
        assert_eq!(refused(b"[1, null]").0, Code::InvalidField);
        assert_eq!(refused(br#"{"limit":1,"limit":2}"#).0, Code::InvalidField);
    }
}
