//! What the `OpenAPI` document shows of filters. [`super::filter`] reads them; a test keeps both alike.
#![expect(
    dead_code,
    reason = "only the schema is used: filters are read key by key, so that errors name the place"
)]

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// Conditions on an item; all keys that are given must hold. At most 8 filters deep, at most 1000 conditions and values.
#[derive(Debug, ToSchema)]
#[schema(as = Filter)]
pub(super) struct FilterShape {
    /// The category is this one or lies below it.
    #[schema(example = "shoes/running")]
    category: Option<String>,
    /// The price is known and lies in the range.
    price: Option<RangeShape>,
    /// The item's tags.
    tags: Option<TagsShape>,
    /// Who sells it.
    merchant: Option<OneOfShape>,
    /// Whether it can be bought. Lists hold only such items unless the filter says `false`.
    available: Option<bool>,
    /// The place is known and not farther away than this.
    near: Option<NearShape>,
    /// Tests of free attributes by their names.
    attributes: Option<BTreeMap<String, AttributeTestShape>>,
    /// This must not hold.
    #[schema(no_recursion)]
    not: Option<Box<FilterShape>>,
    /// At least one of these must hold.
    #[schema(no_recursion)]
    any: Option<Vec<FilterShape>>,
    /// All of these must hold.
    #[schema(no_recursion)]
    all: Option<Vec<FilterShape>>,
}

/// A range of numbers with at least one bound.
#[derive(Debug, ToSchema)]
#[schema(as = Range)]
pub(super) struct RangeShape {
    /// At least.
    gte: Option<f64>,
    /// More than.
    gt: Option<f64>,
    /// At most.
    lte: Option<f64>,
    /// Less than.
    lt: Option<f64>,
}

/// Tags that an item must have.
#[derive(Debug, ToSchema)]
#[schema(as = Tags)]
pub(super) struct TagsShape {
    /// At least one of these.
    any: Option<Vec<String>>,
    /// All of these.
    all: Option<Vec<String>>,
}

/// A list to be in.
#[derive(Debug, ToSchema)]
#[schema(as = OneOf)]
pub(super) struct OneOfShape {
    /// One of these.
    r#in: Vec<String>,
}

/// A circle on the earth.
#[derive(Debug, ToSchema)]
#[schema(as = Near)]
pub(super) struct NearShape {
    /// North positive, -90 to 90.
    lat: f64,
    /// East positive, -180 to 180.
    lon: f64,
    /// The radius in kilometres.
    km: f64,
}

/// Either `in` or a range.
#[derive(Debug, ToSchema)]
#[schema(as = AttributeTest)]
pub(super) struct AttributeTestShape {
    /// One of these texts, numbers or booleans.
    r#in: Option<Vec<serde_json::Value>>,
    /// At least.
    gte: Option<f64>,
    /// More than.
    gt: Option<f64>,
    /// At most.
    lte: Option<f64>,
    /// Less than.
    lt: Option<f64>,
}

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema = serde_json::to_value(FilterShape::schema()).unwrap();
        let mut shown: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let mut read = crate::http::filter::KEYS.to_vec();
        shown.sort_unstable();
        read.sort_unstable();
        assert_eq!(shown, read);
    }
}
