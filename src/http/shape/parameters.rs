//! A question in query parameters, for trying it out in a browser: turned into the JSON of the same question.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::http::problem::{Code, Problem, nearest, nearest_of, shown};

/// How a parameter's text becomes JSON, and where it goes.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Flag,
    /// Several texts: repeated, or with commas between.
    Texts,
    FilterText,
    FilterFlag,
    /// A number at `filter.<first>.<second>`.
    FilterNumber(&'static str, &'static str),
    /// Several texts at `filter.<first>.<second>`.
    FilterTexts(&'static str, &'static str),
}

const PARAMETERS: [(&str, Kind); 21] = [
    ("user", Kind::Text),
    ("item", Kind::Text),
    ("items", Kind::Texts),
    ("limit", Kind::Integer),
    ("deadline_ms", Kind::Integer),
    ("exclude", Kind::Texts),
    ("exclude_seen", Kind::Flag),
    ("explain", Kind::Flag),
    ("fields", Kind::Texts),
    ("category", Kind::FilterText),
    ("price_gte", Kind::FilterNumber("price", "gte")),
    ("price_gt", Kind::FilterNumber("price", "gt")),
    ("price_lte", Kind::FilterNumber("price", "lte")),
    ("price_lt", Kind::FilterNumber("price", "lt")),
    ("tags", Kind::FilterTexts("tags", "any")),
    ("tags_all", Kind::FilterTexts("tags", "all")),
    ("merchant", Kind::FilterTexts("merchant", "in")),
    ("available", Kind::FilterFlag),
    ("near_lat", Kind::FilterNumber("near", "lat")),
    ("near_lon", Kind::FilterNumber("near", "lon")),
    ("near_km", Kind::FilterNumber("near", "km")),
];

/// Refuses a query that is not UTF-8: the library would put another character in the place of what it can't read.
pub(in crate::http) fn require_utf8(query: &str) -> Result<(), Problem> {
    match percent_decode_str(query).decode_utf8() {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::new(Code::InvalidUtf8, "the query is not UTF-8 once it is decoded")),
    }
}

/// The question that the parameters ask, as a JSON object.
pub(in crate::http) fn question(pairs: &[(String, String)]) -> Result<Map<String, Value>, Problem> {
    let mut question = Map::new();
    for (name, text) in pairs {
        let Some(&(name, kind)) = PARAMETERS.iter().find(|(known, _)| known == name) else {
            return Err(unknown(name));
        };
        put(&mut question, name, kind, text)?;
    }
    Ok(question)
}

fn put(
    question: &mut Map<String, Value>,
    name: &str,
    kind: Kind,
    text: &str,
) -> Result<(), Problem> {
    match kind {
        Kind::Texts => append(question, name, text),
        Kind::FilterTexts(first, second) => append(object(filter(question), first), second, text),
        Kind::Text => once(question, name, name, text.into())?,
        Kind::Integer => once(question, name, name, integer(name, text)?)?,
        Kind::Flag => once(question, name, name, flag(name, text)?)?,
        Kind::FilterText => once(filter(question), name, name, text.into())?,
        Kind::FilterFlag => once(filter(question), name, name, flag(name, text)?)?,
        Kind::FilterNumber(first, second) => {
            once(object(filter(question), first), second, name, number(name, text)?)?;
        }
    }
    Ok(())
}

fn once(into: &mut Map<String, Value>, key: &str, name: &str, value: Value) -> Result<(), Problem> {
    match into.insert(key.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(invalid(name, "must stand once")),
    }
}

fn append(into: &mut Map<String, Value>, key: &str, text: &str) {
    let list = into.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(list) = list {
        list.extend(text.split(',').map(Value::from));
    }
}

fn filter(question: &mut Map<String, Value>) -> &mut Map<String, Value> {
    object(question, "filter")
}

fn object<'m>(into: &'m mut Map<String, Value>, key: &str) -> &'m mut Map<String, Value> {
    let inner = into.entry(key).or_insert_with(|| Value::Object(Map::new()));
    inner.as_object_mut().expect("this key is only ever set to an object, just above")
}

fn integer(name: &str, text: &str) -> Result<Value, Problem> {
    let number = text.parse::<i64>();
    number
        .map(Value::from)
        .map_err(|_| invalid(name, &format!("is `{}`: give a whole number", shown(text))))
}

fn number(name: &str, text: &str) -> Result<Value, Problem> {
    let number = text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
    number
        .map(Value::Number)
        .ok_or_else(|| invalid(name, &format!("is `{}`: give a number", shown(text))))
}

fn flag(name: &str, text: &str) -> Result<Value, Problem> {
    match text {
        "true" | "1" => Ok(Value::Bool(true)),
        "false" | "0" => Ok(Value::Bool(false)),
        _ => Err(invalid(name, &format!("is `{}`: give true or false", shown(text)))),
    }
}

fn invalid(name: &str, what: &str) -> Problem {
    Problem::new(Code::InvalidField, format!("the parameter `{name}` {what}")).with("field", name)
}

fn unknown(name: &str) -> Problem {
    let known = PARAMETERS.map(|(known, _)| known);
    let detail = format!("unknown parameter `{}`: {}", shown(name), nearest(name, &known));
    Problem::new(Code::UnknownField, detail)
        .with("field", shown(name))
        .with("nearest", nearest_of(name, &known))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Value, Problem> {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        question(&pairs).map(Value::Object)
    }

    #[test]
    fn parameters_ask_what_json_asks() {
        let parameters = [
            ("user", "u,1"),
            ("items", "a,b"),
            ("items", "c"),
            ("limit", "5"),
            ("explain", "true"),
            ("category", "shoes"),
            ("price_gte", "1.5"),
            ("price_lt", "9"),
            ("tags", "red"),
            ("merchant", "m"),
            ("available", "false"),
        ];
        assert_eq!(
            read(&parameters).unwrap(),
            json!({
                "user": "u,1", "items": ["a", "b", "c"], "limit": 5, "explain": true,
                "filter": {
                    "category": "shoes", "price": {"gte": 1.5, "lt": 9.0}, "tags": {"any": ["red"]},
                    "merchant": {"in": ["m"]}, "available": false,
                },
            })
        );
    }

    #[test]
    fn bad_parameters_are_named() {
        for (pairs, code, said) in [
            (vec![("lmit", "5")], Code::UnknownField, "did you mean `limit`?"),
            (vec![("limit", "many")], Code::InvalidField, "whole number"),
            (vec![("limit", "1e9")], Code::InvalidField, "whole number"),
            (vec![("price_lt", "NaN")], Code::InvalidField, "`price_lt` is `NaN`"),
            (vec![("explain", "yes")], Code::InvalidField, "true or false"),
            (vec![("user", "a"), ("user", "b")], Code::InvalidField, "must stand once"),
        ] {
            let problem = read(&pairs).unwrap_err();
            assert_eq!(problem.code(), code, "{pairs:?}");
            assert!(problem.body()["detail"].as_str().unwrap().contains(said), "{problem:?}");
        }
    }
}
