//! `{"merchant": {"in": ["m1", "m2"]}}`.

use guanxi_models::filter::Filter;
use utoipa::ToSchema;

use super::Condition;
use crate::http::shape::parameter::{Kind, Parameter};

pub(super) const CONDITION: Condition = Condition::new::<Shape>(
    "merchant",
    |reader, value| reader.one_of(value, "merchants").map(Filter::Merchant),
    &[Parameter::new("merchant", &["filter", "merchant", "in"], Kind::Texts)],
);

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct Shape {
    /// The merchant that sells the item.
    merchant: Option<OneOfShape>,
}

/// A list of accepted values.
#[derive(ToSchema)]
#[schema(as = OneOf)]
#[expect(dead_code, reason = "only the schema is used")]
pub(super) struct OneOfShape {
    /// The accepted values.
    r#in: Vec<String>,
}
