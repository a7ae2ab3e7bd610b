//! `{"category": "shoes/running"}`.

use guanxi_models::filter::Filter;
use utoipa::ToSchema;

use super::Condition;
use crate::http::shape::parameter::{Kind, Parameter};

pub(super) const CONDITION: Condition = Condition::new::<Shape>(
    "category",
    |reader, value| reader.text(value).map(Filter::Category),
    &[Parameter::new("category", &["filter", "category"], Kind::Text)],
);

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct Shape {
    /// The category is this one or lies below it.
    #[schema(example = "shoes/running")]
    category: Option<String>,
}
