//! Strict JSON: bounds on depth and length, and no duplicate names in an object, because two
//! readers might take different ones.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The deepest nesting of lists and objects.
const MAX_DEPTH: usize = 32;
/// The most entries of a list.
const MAX_ENTRIES: usize = 10_000;

/// Why a text is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// It is no JSON.
    #[error(transparent)]
    NotJson(serde_json::Error),
    /// Lists and objects are nested too deep.
    #[error("lists and objects are nested more than {MAX_DEPTH} deep")]
    Deep,
    /// A list is too long.
    #[error("a list has more than {MAX_ENTRIES} entries")]
    Long,
    /// A name is repeated in an object.
    #[error("`{}` is repeated in an object", .0.escape_debug())]
    Twice(String),
}

/// Reads a whole text.
pub(crate) fn value(text: &[u8]) -> Result<Value, Refused> {
    let mut refused = None;
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = Strict { depth: 0, refused: &mut refused }.deserialize(&mut reader);
    let read = read.and_then(|value| reader.end().map(|()| value));
    // The reader's own error is only the way out of it where something else was wrong.
    read.map_err(|error| refused.unwrap_or(Refused::NotJson(error)))
}

struct Strict<'r> {
    depth: usize,
    refused: &'r mut Option<Refused>,
}

impl Strict<'_> {
    fn inner(&mut self) -> Strict<'_> {
        Strict { depth: self.depth + 1, refused: self.refused }
    }

    fn refuse<E: serde::de::Error>(&mut self, why: Refused) -> E {
        *self.refused = Some(why);
        E::custom("refused")
    }

    fn check_depth<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.depth < MAX_DEPTH { Ok(()) } else { Err(self.refuse(Refused::Deep)) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element_seed(self.inner())? {
            if list.len() == MAX_ENTRIES {
                return Err(self.refuse(Refused::Long));
            }
            list.push(entry);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(self.refuse(Refused::Twice(name)));
            }
            let member = members.next_value_seed(self.inner())?;
            object.insert(name, member);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(text: &str) -> String {
        value(text.as_bytes()).map_or_else(|error| error.to_string(), |value| value.to_string())
    }

    #[test]
    fn depth_length_and_names_are_bounded() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(reported(&deep(MAX_DEPTH)), deep(MAX_DEPTH));
        assert!(reported(&deep(MAX_DEPTH + 1)).contains("32 deep"));
        let long = |entries: usize| format!("[1{}]", ",1".repeat(entries - 1));
        assert_eq!(reported(&long(MAX_ENTRIES)), long(MAX_ENTRIES));
        assert!(reported(&long(MAX_ENTRIES + 1)).contains("10000 entries"));
        assert!(reported(r#"{"a":{"b":1,"\u0062":2}}"#).contains("`b` is repeated"));
    }

    #[test]
    fn what_is_json_is_read_as_it_is() {
        let text = r#"{"a":[{"b":1,"c":-2},{"b":2.5}],"d":null,"e":true,"f":"\u0041"}"#;
        let read: Value = serde_json::from_str(text).unwrap();
        assert_eq!(value(text.as_bytes()).unwrap(), read);
    }

    #[test]
    fn what_is_no_json_is_placed() {
        for text in ["{\"a\":", "1 2", "", "{\"a\":1e999}", "\u{feff}{}"] {
            assert!(matches!(value(text.as_bytes()), Err(Refused::NotJson(_))), "{text}");
        }
    }
}
