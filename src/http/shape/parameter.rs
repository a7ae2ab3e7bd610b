//! A query parameter: its name, its place in the JSON of the request, and its type.

use serde_json::{Map, Value};
use utoipa::PartialSchema as _;
use utoipa::openapi::path::{self, ParameterBuilder, ParameterIn};
use utoipa::openapi::{RefOr, Required, Schema};

use crate::http::problem::{Code, Problem, excerpt};

/// A query parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// The keys of its place in the JSON of the request.
    path: &'static [&'static str],
    kind: Kind,
}

/// The type of a query parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    Flag,
    /// Several strings: a repeated parameter, or separated by commas.
    Texts,
}

impl Parameter {
    pub(super) const fn new(name: &'static str, path: &'static [&'static str], kind: Kind) -> Self {
        Self { name, path, kind }
    }

    /// Inserts the value of the parameter into the JSON of the request.
    pub(super) fn put(&self, question: &mut Map<String, Value>, text: &str) -> Result<(), Problem> {
        let (key, above) = self.path.split_last().expect("a parameter has a place");
        let into = above.iter().fold(question, |object, key| inner(object, key));
        if let (Kind::Texts, Some(Value::Array(list))) = (self.kind, into.get_mut(*key)) {
            list.extend(text.split(',').map(Value::from));
            return Ok(());
        }
        match into.insert((*key).to_owned(), self.value(text)?) {
            None => Ok(()),
            Some(_) => Err(self.invalid("must stand once")),
        }
    }

    fn value(&self, text: &str) -> Result<Value, Problem> {
        let found = match self.kind {
            Kind::Text => Some(Value::from(text)),
            Kind::Texts => Some(text.split(',').collect()),
            Kind::Integer => text.parse::<i64>().map(Value::from).ok(),
            Kind::Number => {
                text.parse().ok().and_then(serde_json::Number::from_f64).map(Value::Number)
            }
            Kind::Flag => flag(text).map(Value::Bool),
        };
        found.ok_or_else(|| {
            self.invalid(&format!("is `{}`: give {}", excerpt(text), self.kind.name()))
        })
    }

    fn invalid(&self, what: &str) -> Problem {
        let detail = format!("the parameter `{}` {what}", self.name);
        Problem::new(Code::InvalidField, detail).with("field", self.name)
    }

    /// The parameter in the `OpenAPI` document.
    pub(super) fn described(&self) -> path::Parameter {
        ParameterBuilder::new()
            .name(self.name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .schema(Some(self.kind.schema()))
            .build()
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Text | Self::Texts => "a text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Flag => "true or false",
        }
    }

    fn schema(self) -> RefOr<Schema> {
        match self {
            Self::Text => String::schema(),
            Self::Texts => Vec::<String>::schema(),
            Self::Integer => i64::schema(),
            Self::Number => f64::schema(),
            Self::Flag => bool::schema(),
        }
    }
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// The nested object at a key, created if absent.
fn inner<'m>(into: &'m mut Map<String, Value>, key: &str) -> &'m mut Map<String, Value> {
    let inner = into.entry(key).or_insert_with(|| Value::Object(Map::new()));
    inner.as_object_mut().expect("the keys above a parameter's own lead to objects alone")
}
