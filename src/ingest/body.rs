//! Splits JSON and NDJSON bodies into entries. A bad entry does not affect the others.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::flaw::{Code, Flaw};
use super::limits::ENTRIES;
use super::shape::Shape;
use crate::untrusted::json::{self, Refused};

/// One JSON object.
pub(crate) type Object = Map<String, Value>;

/// The texts of the entries with their positions. Entries are parsed one at a time, because all
/// parsed entries together take many times the memory of the body.
pub(super) type Entries<'b> = Vec<(usize, &'b [u8])>;

/// Splits one object, an array, or `{"events": [..]}`.
pub(super) fn json_entries<'b>(body: &'b [u8], shape: &Shape) -> Result<Entries<'b>, Flaw> {
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

/// Splits a body into lines. Blank lines are skipped but counted.
pub(super) fn ndjson_entries(body: &[u8]) -> Result<Entries<'_>, Flaw> {
    let lines = without_mark(body).split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.enumerate().filter(|(_, line)| !line.is_empty());
    check_count(lines.clone().count())?;
    Ok(lines.collect())
}

fn check_count(entries: usize) -> Result<(), Flaw> {
    if entries <= ENTRIES {
        return Ok(());
    }
    let what = format!("the body has {entries} entries: send at most {ENTRIES} at once");
    Err(Flaw::whole(Code::TooMany, what))
}

/// Parses one JSON object.
pub(crate) fn object(text: &[u8]) -> Result<Object, Flaw> {
    match json::value(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Flaw::whole(Code::InvalidType, "an entry must be a JSON object")),
        Err(Refused::NotJson(error)) => Err(not_json("the entry", &error)),
        Err(refused @ Refused::Long) => Err(Flaw::whole(Code::TooMany, refused.to_string())),
        Err(refused) => Err(Flaw::whole(Code::InvalidJson, refused.to_string())),
    }
}

/// Drops a leading byte order mark.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

fn array(text: &[u8]) -> Result<Entries<'_>, Flaw> {
    let raw: Vec<&RawValue> =
        serde_json::from_slice(text).map_err(|error| not_json("the body", &error))?;
    check_count(raw.len())?;
    Ok(raw.iter().map(|entry| entry.get().as_bytes()).enumerate().collect())
}

fn wrapped_or_single<'b>(body: &'b [u8], shape: &Shape) -> Result<Entries<'b>, Flaw> {
    let Members(raw) =
        serde_json::from_slice(body).map_err(|error| not_json("the body", &error))?;
    let list = raw.iter().find(|(name, _)| name == shape.plural);
    let Some((_, list)) = list else { return Ok(vec![(0, body)]) };
    if let Some((other, _)) = raw.iter().find(|(name, _)| name != shape.plural) {
        let what = format!("is not allowed beside `{}`", shape.plural);
        return Err(Flaw::new(Code::UnknownField, other.as_str(), what));
    }
    if raw.len() > 1 {
        return Err(Flaw::new(Code::InvalidJson, shape.plural, "is repeated in an object"));
    }
    if !list.get().starts_with('[') {
        return Err(Flaw::new(Code::InvalidType, shape.plural, "must be an array"));
    }
    array(list.get().as_bytes())
}

/// The members of an object in their order.
struct Members<'b>(Vec<(String, &'b RawValue)>);

impl<'de: 'b, 'b> Deserialize<'de> for Members<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

fn not_json(subject: &str, error: &serde_json::Error) -> Flaw {
    let said = error.to_string();
    if said.starts_with("number out of range") {
        let what = format!("{subject} has a number outside the range of 64-bit floats ({said})");
        return Flaw::whole(Code::InvalidNumber, what);
    }
    Flaw::whole(Code::InvalidJson, format!("{subject} is not JSON: {said}"))
}
