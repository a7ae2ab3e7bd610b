//! What may be in a JSON body beyond its being JSON: bounded in depth and length, and no name twice in an object.

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use super::code::Code;
use super::problem::{Problem, shown};

/// How deep lists and objects may lie in each other.
pub(super) const MAX_DEPTH: usize = 32;
/// The most entries of a list.
pub(super) const MAX_ENTRIES: usize = 10_000;

/// Checks a text of which it is known that it may not be JSON: what is no JSON is left to whoever reads it.
pub(super) fn check(text: &str) -> Result<(), Problem> {
    let mut flaw = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Value { depth: 0, flaw: &mut flaw };
    // The reader's own error is only the way out of it: what was wrong stands in `flaw`.
    let read = value.deserialize(&mut reader);
    match (read, flaw) {
        (Err(_), Some(flaw)) => Err(flaw),
        _ => Ok(()),
    }
}

struct Value<'f> {
    depth: usize,
    flaw: &'f mut Option<Problem>,
}

impl Value<'_> {
    fn inner(&mut self) -> Value<'_> {
        Value { depth: self.depth + 1, flaw: self.flaw }
    }

    fn refuse<E: Error>(&mut self, code: Code, detail: String) -> E {
        *self.flaw = Some(Problem::new(code, detail));
        E::custom("refused")
    }

    fn check_depth<E: Error>(&mut self) -> Result<(), E> {
        if self.depth < MAX_DEPTH {
            return Ok(());
        }
        let detail = format!("lists and objects lie more than {MAX_DEPTH} deep in each other");
        Err(self.refuse(Code::InvalidJson, detail))
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        self.check_depth()?;
        let mut count = 0;
        while entries.next_element_seed(self.inner())?.is_some() {
            count += 1;
            if count > MAX_ENTRIES {
                let detail = format!("a list has more than {MAX_ENTRIES} entries");
                return Err(self.refuse(Code::TooMany, detail));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        self.check_depth()?;
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if names.contains(&name) {
                let detail = format!("`{}` stands twice in an object", shown(&name));
                return Err(self.refuse(Code::InvalidField, detail));
            }
            names.insert(name);
            members.next_value_seed(self.inner())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<Code> {
        check(text).err().map(|problem| problem.code())
    }

    #[test]
    fn depth_length_and_names_are_bounded() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(code(&deep(MAX_DEPTH)), None);
        assert_eq!(code(&deep(MAX_DEPTH + 1)), Some(Code::InvalidJson));
        let long = |entries: usize| format!("[1{}]", ",1".repeat(entries - 1));
        assert_eq!(code(&long(MAX_ENTRIES)), None);
        assert_eq!(code(&long(MAX_ENTRIES + 1)), Some(Code::TooMany));
        assert_eq!(code(r#"{"a":{"b":1,"c":2},"d":[{"b":1},{"b":2}]}"#), None);
        assert_eq!(code(r#"{"a":{"b":1,"\u0062":2}}"#), Some(Code::InvalidField));
    }

    #[test]
    fn what_is_no_json_is_left_to_the_reader() {
        assert_eq!(code("{\"a\":"), None);
        assert_eq!(code("1 2"), None);
    }
}
