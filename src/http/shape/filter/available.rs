//! `{"available": false}`.

use guanxi_models::filter::Filter;
use utoipa::ToSchema;

use super::Condition;
use crate::http::shape::parameter::{Kind, Parameter};

pub(super) const CONDITION: Condition = Condition::new::<Shape>(
    "available",
    |reader, value| reader.flag(value).map(Filter::Available),
    &[Parameter::new("available", &["filter", "available"], Kind::Flag)],
);

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct Shape {
    /// True for items that can be bought. Lists contain only those unless this is `false`.
    available: Option<bool>,
}
