//! The shapes of bodies and answers, each a table, and links to them.

use maud::{Markup, html};
use serde_json::Value;

use super::{entries, members, text};

/// All named shapes of the document.
pub(super) fn all(document: &Value) -> Markup {
    html! {
        section {
            h2 { "schemas" }
            @for (name, schema) in members(&document["components"]["schemas"]) {
                details id=(anchor(name)) {
                    summary { code { (name) } span { (text(schema, "description")) } }
                    p { (kind(schema)) }
                    table { @for part in parts(schema) { (rows(part)) } }
                }
            }
        }
    }
}

/// A shape and the shapes that it is made of.
fn parts(schema: &Value) -> Vec<&Value> {
    let alternatives = ["allOf", "oneOf", "anyOf"].map(|name| entries(&schema[name]));
    std::iter::once(schema).chain(alternatives.into_iter().flatten()).collect()
}

/// A row for each field of an object.
fn rows(schema: &Value) -> Markup {
    let required = entries(&schema["required"]);
    html! {
        @for (name, field) in members(&schema["properties"]) {
            tr {
                th { code { (name) } @if required.iter().any(|one| one == name.as_str()) { " *" } }
                td { (kind(field)) }
                td { (text(field, "description")) }
            }
        }
    }
}

/// A shape in a few words, linked where it has a name.
pub(super) fn kind(schema: &Value) -> Markup {
    if let Some(name) = text(schema, "$ref").rsplit('/').next().filter(|name| !name.is_empty()) {
        return html! { a href={ "#" (anchor(name)) } { (name) } };
    }
    if let Some(values) = schema["enum"].as_array() {
        return joined(values, " | ", |value| html! { code { (plain(value)) } });
    }
    for (name, separator) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(parts) = schema[name].as_array() {
            return joined(parts, separator, kind);
        }
    }
    match &schema["type"] {
        Value::Array(kinds) => joined(kinds, " or ", |kind| html! { (plain(kind)) }),
        kind if kind == "array" => html! { "list of " (self::kind(&schema["items"])) },
        kind if kind == "object" && schema["additionalProperties"].is_object() => {
            html! { "map of " (self::kind(&schema["additionalProperties"])) }
        }
        kind => html! { (plain(kind)) },
    }
}

fn joined(values: &[Value], separator: &str, one: impl Fn(&Value) -> Markup) -> Markup {
    html! {
        @for (at, value) in values.iter().enumerate() {
            @if at > 0 { (separator) }
            (one(value))
        }
    }
}

/// A text without its quotes; whatever has no type is any value.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "any".to_owned(),
        other => other.to_string(),
    }
}

fn anchor(name: &str) -> String {
    format!("schema-{name}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text_of(schema: &Value) -> String {
        kind(schema).into_string()
    }

    #[test]
    fn a_shape_is_told_in_a_few_words() {
        assert_eq!(text_of(&json!({"type": ["string", "null"]})), "string or null");
        assert_eq!(
            text_of(&json!({"type": "array", "items": {"type": "integer"}})),
            "list of integer"
        );
        let map = json!({"type": "object", "additionalProperties": {"type": "number"}});
        assert_eq!(text_of(&map), "map of number");
        assert_eq!(text_of(&json!({"enum": ["a", 1]})), "<code>a</code> | <code>1</code>");
        assert_eq!(text_of(&json!({})), "any");
        let link = r##"<a href="#schema-Item">Item</a>"##;
        let item = json!({"$ref": "#/components/schemas/Item"});
        assert_eq!(text_of(&json!({"oneOf": [item, {"type": "null"}]})), format!("{link} or null"));
    }
}
