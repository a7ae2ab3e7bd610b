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
    /// Who sells it.
    merchant: Option<OneOfShape>,
}

/// A list to be in.
#[derive(ToSchema)]
#[schema(as = OneOf)]
#[expect(dead_code, reason = "only the schema is used")]
pub(super) struct OneOfShape {
    /// One of these.
    r#in: Vec<String>,
}
