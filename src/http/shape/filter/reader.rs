//! Parses the JSON of a filter within limits of depth and size.

use guanxi_models::filter::{Filter, Range};
use serde_json::{Map, Value};

use super::CONDITIONS;
use crate::http::problem::{Code, Problem, excerpt, nearest, nearest_of};

/// The deepest nesting of filters.
pub(super) const MAX_DEPTH: usize = 8;
/// The most conditions and values of a filter.
pub(super) const MAX_PARTS: usize = 1_000;
/// The longest string in a filter, in bytes.
const MAX_TEXT: usize = 512;
const BOUNDS: [&str; 4] = ["gte", "gt", "lte", "lt"];

/// The state of parsing: the current position and the number of parts so far.
pub(super) struct Reader {
    path: String,
    parts: usize,
    depth: usize,
    /// The currencies named by the filter and the filters around it.
    pub(super) currencies: Vec<String>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { path: "filter".to_owned(), parts: 0, depth: 0, currencies: Vec::new() }
    }

    /// Parses a filter: all of its conditions must hold.
    pub(super) fn filter(&mut self, value: &Value) -> Result<Filter, Problem> {
        if self.depth == MAX_DEPTH {
            return Err(self.refused(&format!("stands more than {MAX_DEPTH} filters deep")));
        }
        self.depth += 1;
        let around = self.currencies.clone();
        let object = self.object(value, &CONDITIONS.each_ref().map(|condition| condition.name))?;
        let known = CONDITIONS.iter().filter_map(|it| Some((it, object.get(it.name)?)));
        let conditions =
            known.map(|(it, value)| self.under(it.name, |reader| (it.read)(reader, value)));
        let mut conditions = conditions.collect::<Result<Vec<_>, _>>()?;
        self.currencies = around;
        self.depth -= 1;
        Ok(match conditions.len() {
            1 => conditions.remove(0),
            _ => Filter::All(conditions),
        })
    }

    pub(super) fn filters(&mut self, value: &Value) -> Result<Vec<Filter>, Problem> {
        let list = self.list(value, "filters")?;
        list.iter()
            .enumerate()
            .map(|(at, part)| self.under(&at.to_string(), |it| it.filter(part)))
            .collect()
    }

    pub(super) fn range(&mut self, value: &Value) -> Result<Range, Problem> {
        let object = self.object(value, &BOUNDS)?;
        if object.is_empty() {
            return Err(self.refused("must say at least one of `gte`, `gt`, `lte`, `lt`"));
        }
        let mut bound = |name: &str| match object.get(name) {
            Some(value) => self.under(name, |it| it.number(value, f64::MIN, f64::MAX)).map(Some),
            None => Ok(None),
        };
        Ok(Range { gte: bound("gte")?, gt: bound("gt")?, lte: bound("lte")?, lt: bound("lt")? })
    }

    /// Parses `{"in": [..]}` with strings.
    pub(super) fn one_of(&mut self, value: &Value, of: &str) -> Result<Vec<String>, Problem> {
        let Some(list) = self.object(value, &["in"])?.get("in") else {
            return Err(self.refused(&format!("must say `in`, a list of {of}")));
        };
        self.under("in", |it| it.texts(list))
    }

    pub(super) fn object<'v>(
        &mut self,
        value: &'v Value,
        keys: &[&str],
    ) -> Result<&'v Map<String, Value>, Problem> {
        let Some(object) = value.as_object() else {
            return Err(self.refused("must be an object: see the filters in docs/api.md"));
        };
        self.count(object.len())?;
        match object.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => Err(self.unknown(key, keys)),
            None => Ok(object),
        }
    }

    pub(super) fn list<'v>(&mut self, value: &'v Value, of: &str) -> Result<&'v [Value], Problem> {
        match value.as_array() {
            Some(list) if !list.is_empty() => self.count(list.len()).map(|()| list.as_slice()),
            _ => Err(self.refused(&format!("must be a list of at least one of {of}"))),
        }
    }

    pub(super) fn texts(&mut self, value: &Value) -> Result<Vec<String>, Problem> {
        self.list(value, "texts")?.iter().map(|text| self.text(text)).collect()
    }

    pub(super) fn text(&self, value: &Value) -> Result<String, Problem> {
        match value.as_str() {
            Some(text) if !text.is_empty() && text.len() <= MAX_TEXT => Ok(text.to_owned()),
            _ => Err(self.refused(&format!("must be a text of 1 to {MAX_TEXT} bytes"))),
        }
    }

    pub(super) fn flag(&self, value: &Value) -> Result<bool, Problem> {
        value.as_bool().ok_or_else(|| self.refused("must be true or false"))
    }

    pub(super) fn number(&self, value: &Value, least: f64, most: f64) -> Result<f64, Problem> {
        match value.as_f64() {
            Some(number) if (least..=most).contains(&number) => Ok(number),
            Some(_) => Err(self.refused(&format!("must be {least} to {most}"))),
            None => Err(self.refused("must be a number")),
        }
    }

    /// Parses the value of `key`, and adds the key to the path of an error.
    pub(super) fn under<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let above = self.path.len();
        self.path.push('.');
        self.path.push_str(&excerpt(key));
        let found = read(self);
        self.path.truncate(above);
        found
    }

    fn count(&mut self, more: usize) -> Result<(), Problem> {
        self.parts += more;
        if self.parts <= MAX_PARTS {
            return Ok(());
        }
        Err(self.refused(&format!("holds more than {MAX_PARTS} conditions and values")))
    }

    pub(super) fn refused(&self, what: &str) -> Problem {
        Problem::new(Code::InvalidFilter, format!("`{}` {what}", self.path))
            .with("path", self.path.as_str())
    }

    fn unknown(&self, key: &str, keys: &[&str]) -> Problem {
        let detail = format!("`{}` has no `{}`: {}", self.path, excerpt(key), nearest(key, keys));
        Problem::new(Code::InvalidFilter, detail)
            .with("path", self.path.as_str())
            .with("nearest", nearest_of(key, keys))
    }
}
