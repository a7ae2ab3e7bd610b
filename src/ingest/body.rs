//! JSON and NDJSON bodies as entries: one bad entry never spoils the others.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::flaw::{Code, Flaw};
use super::limits::ENTRIES;
use super::shape::Shape;

/// One JSON object.
pub(crate) type Object = Map<String, Value>;

/// The entries of a body with their positions, each an object or what is wrong with it.
pub(super) type Entries = Vec<(usize, Result<Object, Flaw>)>;

/// Splits one object, an array, or `{"events": [..]}`.
pub(super) fn json_entries(body: &[u8], shape: &Shape) -> Result<Entries, Flaw> {
    let body = without_mark(body).trim_ascii();
    match body.first() {
        None => Err(Flaw::whole(Code::InvalidJson, "the body is empty: send a JSON value")),
        Some(b'[') => array(body),
        Some(b'{') => wrapped_or_single(body, shape),
        Some(_) => {
            let what = format!(
                "the body must be an object, an array, or `{{\"{}\": [..]}}`",
                shape.plural
            );
            Err(Flaw::whole(Code::InvalidJson, what))
        }
    }
}

/// Splits lines, of which blank ones are skipped but counted.
pub(super) fn ndjson_entries(body: &[u8]) -> Result<Entries, Flaw> {
    let lines = without_mark(body).split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.enumerate().filter(|(_, line)| !line.is_empty());
    check_count(lines.clone().count())?;
    Ok(lines.map(|(index, line)| (index, object(line))).collect())
}

fn check_count(entries: usize) -> Result<(), Flaw> {
    if entries <= ENTRIES {
        return Ok(());
    }
    let what = format!("the body has {entries} entries: send at most {ENTRIES} at once");
    Err(Flaw::whole(Code::TooMany, what))
}

/// Reads one JSON object.
pub(crate) fn object(text: &[u8]) -> Result<Object, Flaw> {
    match serde_json::from_slice(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Flaw::whole(Code::InvalidType, "an entry must be a JSON object")),
        Err(error) => Err(not_json("the entry", &error)),
    }
}

/// Drops the byte order mark that some editors put before text.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

fn array(text: &[u8]) -> Result<Entries, Flaw> {
    let raw: Vec<&RawValue> =
        serde_json::from_slice(text).map_err(|error| not_json("the body", &error))?;
    check_count(raw.len())?;
    Ok(raw.iter().map(|entry| object(entry.get().as_bytes())).enumerate().collect())
}

fn wrapped_or_single(body: &[u8], shape: &Shape) -> Result<Entries, Flaw> {
    let raw: BTreeMap<String, &RawValue> =
        serde_json::from_slice(body).map_err(|error| not_json("the body", &error))?;
    let Some(list) = raw.get(shape.plural) else { return Ok(vec![(0, object(body))]) };
    if let Some(other) = raw.keys().find(|key| *key != shape.plural) {
        let what = format!("stands beside `{}`, where nothing else may be", shape.plural);
        return Err(Flaw::new(Code::UnknownField, other.as_str(), what));
    }
    if !list.get().starts_with('[') {
        return Err(Flaw::new(Code::InvalidType, shape.plural, "must be an array"));
    }
    array(list.get().as_bytes())
}

fn not_json(subject: &str, error: &serde_json::Error) -> Flaw {
    let said = error.to_string();
    if said.starts_with("number out of range") {
        let what = format!("{subject} holds a number that no 64-bit float can take ({said})");
        return Flaw::whole(Code::InvalidNumber, what);
    }
    Flaw::whole(Code::InvalidJson, format!("{subject} is not JSON: {said}"))
}
