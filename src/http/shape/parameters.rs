//! Requests as query parameters, convenient in a browser: converted to the JSON of the same
//! request.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use utoipa::IntoParams;
use utoipa::openapi::path::{self, ParameterIn};

use super::filter::CONDITIONS;
use super::parameter::{Kind, Parameter};
use crate::http::problem::{Code, Problem, excerpt, nearest, nearest_of};

/// The parameters other than those of filter conditions.
const OF_QUESTION: [Parameter; 9] = [
    Parameter::new("user", &["user"], Kind::Text),
    Parameter::new("item", &["item"], Kind::Text),
    Parameter::new("items", &["items"], Kind::Texts),
    Parameter::new("limit", &["limit"], Kind::Integer),
    Parameter::new("exclude", &["exclude"], Kind::Texts),
    Parameter::new("exclude_seen", &["exclude_seen"], Kind::Flag),
    Parameter::new("explain", &["explain"], Kind::Flag),
    Parameter::new("fields", &["fields"], Kind::Texts),
    Parameter::new("deadline_ms", &["deadline_ms"], Kind::Integer),
];

fn all() -> impl Iterator<Item = &'static Parameter> {
    OF_QUESTION.iter().chain(CONDITIONS.iter().flat_map(|condition| condition.parameters))
}

/// The parameters in the `OpenAPI` document.
pub(in crate::http) struct ParametersShape;

impl IntoParams for ParametersShape {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<path::Parameter> {
        all().map(Parameter::described).collect()
    }
}

/// Refuses a query that is not UTF-8. The library would silently replace the invalid bytes.
pub(in crate::http) fn require_utf8(query: &str) -> Result<(), Problem> {
    match percent_decode_str(query).decode_utf8() {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::new(Code::InvalidUtf8, "the query is not UTF-8 once it is decoded")),
    }
}

/// Converts the parameters to the JSON of the request.
pub(in crate::http) fn question(pairs: &[(String, String)]) -> Result<Map<String, Value>, Problem> {
    let mut question = Map::new();
    for (name, text) in pairs {
        let parameter = all().find(|known| known.name == name).ok_or_else(|| unknown(name))?;
        parameter.put(&mut question, text)?;
    }
    Ok(question)
}

fn unknown(name: &str) -> Problem {
    let known: Vec<&str> = all().map(|parameter| parameter.name).collect();
    let detail = format!("unknown parameter `{}`: {}", excerpt(name), nearest(name, &known));
    Problem::new(Code::UnknownField, detail)
        .with("field", excerpt(name))
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
            ("currency", "CNY"),
            ("available", "false"),
        ];
        assert_eq!(
            read(&parameters).unwrap(),
            json!({
                "user": "u,1", "items": ["a", "b", "c"], "limit": 5, "explain": true,
                "filter": {
                    "category": "shoes", "price": {"gte": 1.5, "lt": 9.0}, "tags": {"any": ["red"]},
                    "merchant": {"in": ["m"]}, "currency": {"in": ["CNY"]}, "available": false,
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
