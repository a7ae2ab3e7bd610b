//! The JSON form of a filter, read within bounds of depth and size.

use guanxi_models::filter::{AttributeTest, Filter, Range};
use guanxi_models::{Attribute, Place};
use serde_json::{Map, Value};

use crate::http::problem::{Code, Problem, nearest, nearest_of, shown};

/// How deep filters may stand in filters.
pub(super) const MAX_DEPTH: usize = 8;
/// How many conditions and values a filter may hold.
pub(super) const MAX_PARTS: usize = 1_000;
/// The longest text in a filter, in bytes.
const MAX_TEXT: usize = 512;

pub(super) const KEYS: [&str; 10] = [
    "category",
    "price",
    "tags",
    "merchant",
    "available",
    "near",
    "attributes",
    "not",
    "any",
    "all",
];
const BOUNDS: [&str; 4] = ["gte", "gt", "lte", "lt"];

/// Reads a filter: every key is a condition, and all of them must hold.
pub(in crate::http) fn read(value: &Value) -> Result<Filter, Problem> {
    Reader { path: "filter".to_owned(), parts: 0, depth: 0 }.filter(value)
}

/// Where in the filter the reading is, and how much was read.
struct Reader {
    path: String,
    parts: usize,
    depth: usize,
}

impl Reader {
    fn filter(&mut self, value: &Value) -> Result<Filter, Problem> {
        if self.depth == MAX_DEPTH {
            return Err(self.refused(&format!("stands more than {MAX_DEPTH} filters deep")));
        }
        self.depth += 1;
        let object = self.object(value, &KEYS)?;
        let conditions =
            object.iter().map(|(key, value)| self.under(key, |it| it.condition(key, value)));
        let mut conditions = conditions.collect::<Result<Vec<_>, _>>()?;
        self.depth -= 1;
        Ok(match conditions.len() {
            1 => conditions.remove(0),
            _ => Filter::All(conditions),
        })
    }

    fn condition(&mut self, key: &str, value: &Value) -> Result<Filter, Problem> {
        match key {
            "category" => self.text(value).map(Filter::Category),
            "price" => self.range(value).map(Filter::Price),
            "tags" => self.tags(value),
            "merchant" => self.merchant(value),
            "available" => self.flag(value).map(Filter::Available),
            "near" => self.near(value),
            "attributes" => self.attributes(value),
            "not" => self.filter(value).map(|part| Filter::Not(Box::new(part))),
            "any" => self.filters(value).map(Filter::Any),
            _ => self.filters(value).map(Filter::All),
        }
    }

    fn filters(&mut self, value: &Value) -> Result<Vec<Filter>, Problem> {
        let list = self.list(value, "filters")?;
        list.iter()
            .enumerate()
            .map(|(at, part)| self.under(&at.to_string(), |it| it.filter(part)))
            .collect()
    }

    fn tags(&mut self, value: &Value) -> Result<Filter, Problem> {
        let object = self.object(value, &["any", "all"])?;
        let mut parts = Vec::new();
        for (key, value) in object {
            let tags = self.under(key, |it| it.texts(value))?;
            parts.push(if key == "any" { Filter::TagsAny(tags) } else { Filter::TagsAll(tags) });
        }
        match parts.len() {
            0 => Err(self.refused("must say `any` or `all`")),
            1 => Ok(parts.remove(0)),
            _ => Ok(Filter::All(parts)),
        }
    }

    fn merchant(&mut self, value: &Value) -> Result<Filter, Problem> {
        let Some(list) = self.object(value, &["in"])?.get("in") else {
            return Err(self.refused("must say `in`, a list of merchants"));
        };
        self.under("in", |it| it.texts(list)).map(Filter::Merchant)
    }

    fn near(&mut self, value: &Value) -> Result<Filter, Problem> {
        let object = self.object(value, &["lat", "lon", "km"])?;
        let mut number = |name: &str, least: f64, most: f64| {
            let value = object.get(name).unwrap_or(&Value::Null);
            self.under(name, |it| it.number(value, least, most))
        };
        let place = Place { lat: number("lat", -90.0, 90.0)?, lon: number("lon", -180.0, 180.0)? };
        Ok(Filter::Near { place, km: number("km", 0.0, 20_100.0)? })
    }

    fn attributes(&mut self, value: &Value) -> Result<Filter, Problem> {
        let Some(object) = value.as_object().filter(|object| !object.is_empty()) else {
            return Err(self.refused("must be an object of attribute names and tests"));
        };
        let tests = object.iter().map(|(name, test)| {
            let test = self.under(name, |it| it.test(test))?;
            Ok(Filter::Attribute { name: name.clone(), test })
        });
        let mut tests = tests.collect::<Result<Vec<_>, Problem>>()?;
        Ok(if tests.len() == 1 { tests.remove(0) } else { Filter::All(tests) })
    }

    fn test(&mut self, value: &Value) -> Result<AttributeTest, Problem> {
        let object = self.object(value, &["in", "gte", "gt", "lte", "lt"])?;
        match object.get("in") {
            Some(_) if object.len() > 1 => Err(self.refused("must say either `in` or a range")),
            Some(list) => self.under("in", |it| it.values(list)).map(AttributeTest::In),
            None => self.range(value).map(AttributeTest::Range),
        }
    }

    fn range(&mut self, value: &Value) -> Result<Range, Problem> {
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

    fn object<'v>(
        &mut self,
        value: &'v Value,
        keys: &[&str],
    ) -> Result<&'v Map<String, Value>, Problem> {
        let Some(object) = value.as_object() else {
            return Err(self.refused("must be an object"));
        };
        self.count(object.len())?;
        match object.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => Err(self.unknown(key, keys)),
            None => Ok(object),
        }
    }

    fn list<'v>(&mut self, value: &'v Value, of: &str) -> Result<&'v [Value], Problem> {
        match value.as_array() {
            Some(list) if !list.is_empty() => self.count(list.len()).map(|()| list.as_slice()),
            _ => Err(self.refused(&format!("must be a list of at least one of {of}"))),
        }
    }

    fn texts(&mut self, value: &Value) -> Result<Vec<String>, Problem> {
        self.list(value, "texts")?.iter().map(|text| self.text(text)).collect()
    }

    fn values(&mut self, value: &Value) -> Result<Vec<Attribute>, Problem> {
        let list = self.list(value, "texts, numbers or booleans")?;
        list.iter()
            .map(|value| match value {
                Value::String(_) => self.text(value).map(Attribute::Text),
                Value::Number(_) => self.number(value, f64::MIN, f64::MAX).map(Attribute::Number),
                Value::Bool(flag) => Ok(Attribute::Flag(*flag)),
                _ => Err(self.refused("must hold texts, numbers or booleans alone")),
            })
            .collect()
    }

    fn text(&self, value: &Value) -> Result<String, Problem> {
        match value.as_str() {
            Some(text) if !text.is_empty() && text.len() <= MAX_TEXT => Ok(text.to_owned()),
            _ => Err(self.refused(&format!("must be a text of 1 to {MAX_TEXT} bytes"))),
        }
    }

    fn flag(&self, value: &Value) -> Result<bool, Problem> {
        value.as_bool().ok_or_else(|| self.refused("must be true or false"))
    }

    fn number(&self, value: &Value, least: f64, most: f64) -> Result<f64, Problem> {
        match value.as_f64() {
            Some(number) if (least..=most).contains(&number) => Ok(number),
            Some(_) => Err(self.refused(&format!("must be {least} to {most}"))),
            None => Err(self.refused("must be a number")),
        }
    }

    /// Reads what stands under `key`, so that an error names the way to it.
    fn under<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let above = self.path.len();
        self.path.push('.');
        self.path.push_str(&shown(key));
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

    fn refused(&self, what: &str) -> Problem {
        Problem::new(Code::InvalidFilter, format!("`{}` {what}", self.path))
            .with("path", self.path.as_str())
    }

    fn unknown(&self, key: &str, keys: &[&str]) -> Problem {
        let detail = format!("`{}` has no `{}`: {}", self.path, shown(key), nearest(key, keys));
        Problem::new(Code::InvalidFilter, detail)
            .with("path", self.path.as_str())
            .with("nearest", nearest_of(key, keys))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(value: &Value) -> String {
        let problem = read(value).unwrap_err();
        assert_eq!(problem.code(), Code::InvalidFilter);
        problem.body()["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn every_condition_is_read() {
        let text = |text: &str| vec![text.to_owned()];
        let price = Range { gte: Some(10.0), lt: Some(200.0), ..Range::default() };
        let size = Range { gt: Some(40.0), ..Range::default() };
        for (value, filter) in [
            (json!({"category": "shoes/running"}), Filter::Category("shoes/running".into())),
            (json!({"price": {"gte": 10, "lt": 200}}), Filter::Price(price)),
            (json!({"tags": {"any": ["red"]}}), Filter::TagsAny(text("red"))),
            (json!({"tags": {"all": ["red"]}}), Filter::TagsAll(text("red"))),
            (json!({"merchant": {"in": ["m"]}}), Filter::Merchant(text("m"))),
            (json!({"available": false}), Filter::Available(false)),
            (
                json!({"near": {"lat": 1, "lon": 2, "km": 3}}),
                Filter::Near { place: Place { lat: 1.0, lon: 2.0 }, km: 3.0 },
            ),
            (
                json!({"attributes": {"size": {"gt": 40}}}),
                Filter::Attribute { name: "size".into(), test: AttributeTest::Range(size) },
            ),
            (
                json!({"attributes": {"new": {"in": [true]}}}),
                Filter::Attribute {
                    name: "new".into(),
                    test: AttributeTest::In(vec![Attribute::Flag(true)]),
                },
            ),
            (json!({"not": {"available": true}}), Filter::Not(Box::new(Filter::Available(true)))),
            (json!({"any": [{"available": true}]}), Filter::Any(vec![Filter::Available(true)])),
            (json!({}), Filter::All(vec![])),
        ] {
            assert_eq!(read(&value), Ok(filter), "{value}");
        }
    }

    #[test]
    fn several_keys_must_all_hold() {
        let filter = read(&json!({"available": true, "category": "a"})).unwrap();
        assert_eq!(
            filter,
            Filter::All(vec![Filter::Available(true), Filter::Category("a".into())])
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (value, said) in [
            (json!([]), "`filter` must be an object"),
            (json!({"catgory": "a"}), "did you mean `category`?"),
            (json!({"price": {"min": 1}}), "`filter.price` has no `min`"),
            (json!({"price": {}}), "at least one of"),
            (json!({"price": {"gte": "1"}}), "`filter.price.gte` must be a number"),
            (json!({"not": {"any": [{}, {"tags": {"any": []}}]}}), "`filter.not.any.1.tags.any`"),
            (
                json!({"near": {"lat": 91, "lon": 0, "km": 1}}),
                "`filter.near.lat` must be -90 to 90",
            ),
            (json!({"near": {"lat": 9, "lon": 0}}), "`filter.near.km` must be a number"),
            (json!({"attributes": {"c": {"in": ["red"], "gt": 1}}}), "either"),
            (json!({"attributes": {"c": {"in": [null]}}}), "alone"),
            (json!({"category": ""}), "1 to 512 bytes"),
        ] {
            let refusal = refusal(&value);
            assert!(refusal.contains(said), "{value}: {refusal}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = (0..MAX_DEPTH).fold(json!({}), |inner, _| json!({"not": inner}));
        assert!(refusal(&deep).contains("deep"));
        let wide = json!({"tags": {"any": vec!["x"; MAX_PARTS]}});
        assert!(refusal(&wide).contains("more than 1000"));
    }
}
