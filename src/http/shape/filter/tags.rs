//! `{"tags": {"any": ["red"], "all": ["new", "sale"]}}`.

use guanxi_models::filter::Filter;
use serde_json::Value;
use utoipa::ToSchema;

use super::Condition;
use super::reader::Reader;
use crate::http::problem::Problem;
use crate::http::shape::parameter::{Kind, Parameter};

pub(super) const CONDITION: Condition = Condition::new::<Shape>(
    "tags",
    read,
    &[
        Parameter::new("tags", &["filter", "tags", "any"], Kind::Texts),
        Parameter::new("tags_all", &["filter", "tags", "all"], Kind::Texts),
    ],
);

fn read(reader: &mut Reader, value: &Value) -> Result<Filter, Problem> {
    let object = reader.object(value, &["any", "all"])?;
    let mut parts = Vec::new();
    for (key, value) in object {
        let tags = reader.under(key, |it| it.texts(value))?;
        parts.push(if key == "any" { Filter::TagsAny(tags) } else { Filter::TagsAll(tags) });
    }
    match parts.len() {
        0 => Err(reader.refused("must say `any` or `all`")),
        1 => Ok(parts.remove(0)),
        _ => Ok(Filter::All(parts)),
    }
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct Shape {
    /// Conditions on the item's tags.
    tags: Option<TagsShape>,
}

/// Tags that an item must have.
#[derive(ToSchema)]
#[schema(as = Tags)]
#[expect(dead_code, reason = "only the schema is used")]
struct TagsShape {
    /// At least one of these.
    any: Option<Vec<String>>,
    /// All of these.
    all: Option<Vec<String>>,
}
