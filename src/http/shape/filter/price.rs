//! `{"price": {"gte": 10, "lt": 200}}`.
//!
//! Prices are compared within one currency. It is the one named by this filter or an enclosing one,
//! else the shop's main currency.

use guanxi_models::filter::Filter;
use serde_json::Value;
use utoipa::ToSchema;

use super::Condition;
use super::reader::Reader;
use crate::http::problem::Problem;
use crate::http::shape::parameter::{Kind, Parameter};

pub(super) const CONDITION: Condition = Condition::new::<Shape>(
    "price",
    read,
    &[
        Parameter::new("price_gte", &["filter", "price", "gte"], Kind::Number),
        Parameter::new("price_gt", &["filter", "price", "gt"], Kind::Number),
        Parameter::new("price_lte", &["filter", "price", "lte"], Kind::Number),
        Parameter::new("price_lt", &["filter", "price", "lt"], Kind::Number),
    ],
);

fn read(reader: &mut Reader, value: &Value) -> Result<Filter, Problem> {
    let range = reader.range(value)?;
    match reader.currencies.as_slice() {
        [] => Ok(Filter::Price(range)),
        [currency] => Ok(Filter::PriceIn { currency: currency.clone(), range }),
        _ => Err(reader.refused("is compared within one currency: name one in `currency`")),
    }
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct Shape {
    /// The price is known and in this range. It is in the filter's `currency`, else in the main
    /// currency, which most items have.
    price: Option<RangeShape>,
}

/// A range of numbers with at least one bound.
#[derive(ToSchema)]
#[schema(as = Range)]
#[expect(dead_code, reason = "only the schema is used")]
struct RangeShape {
    /// At least.
    gte: Option<f64>,
    /// More than.
    gt: Option<f64>,
    /// At most.
    lte: Option<f64>,
    /// Less than.
    lt: Option<f64>,
}
