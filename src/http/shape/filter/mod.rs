//! Filters: one file per condition, and a table of all.
//!
//! The JSON reader, the `OpenAPI` document and the query parameters of GET read the table. So a new
//! condition costs its file and one line here.

mod attributes;
mod available;
mod category;
mod combined;
mod currency;
mod merchant;
mod near;
mod price;
mod reader;
mod tags;

use std::borrow::Cow;

use guanxi_models::filter::Filter;
use serde_json::Value;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::parameter::Parameter;
use crate::http::problem::Problem;
use reader::Reader;

/// All conditions. The currency precedes the price, which is compared in it.
pub(super) static CONDITIONS: [Condition; 11] = [
    category::CONDITION,
    currency::CONDITION,
    price::CONDITION,
    tags::CONDITION,
    merchant::CONDITION,
    available::CONDITION,
    near::CONDITION,
    attributes::CONDITION,
    combined::NOT,
    combined::ANY,
    combined::ALL,
];

/// A condition of a filter.
pub(super) struct Condition {
    /// Its key in JSON.
    name: &'static str,
    /// Reads its value.
    read: fn(&mut Reader, &Value) -> Result<Filter, Problem>,
    /// The schema of an object with this one property.
    schema: fn() -> RefOr<Schema>,
    /// Adds the schemas that this one references.
    parts: fn(&mut Vec<(String, RefOr<Schema>)>),
    /// Its query parameters.
    pub(super) parameters: &'static [Parameter],
}

impl Condition {
    /// Creates a condition with the JSON shape `S`.
    const fn new<S: ToSchema>(
        name: &'static str,
        read: fn(&mut Reader, &Value) -> Result<Filter, Problem>,
        parameters: &'static [Parameter],
    ) -> Self {
        Self { name, read, schema: S::schema, parts: S::schemas, parameters }
    }
}

/// Reads a filter.
pub(in crate::http) fn read(value: &Value) -> Result<Filter, Problem> {
    Reader::new().filter(value)
}

/// The filter in the `OpenAPI` document, with the properties of all conditions.
pub(super) struct FilterShape;

impl PartialSchema for FilterShape {
    fn schema() -> RefOr<Schema> {
        let about = "Conditions on an item; all keys that are given must hold. At most 8 filters deep, at most 1000 conditions and values.";
        let mut filter = ObjectBuilder::new().description(Some(about));
        for condition in &CONDITIONS {
            let RefOr::T(Schema::Object(shape)) = (condition.schema)() else { continue };
            filter = shape
                .properties
                .into_iter()
                .fold(filter, |filter, (name, schema)| filter.property(name, schema));
        }
        filter.into()
    }
}

impl ToSchema for FilterShape {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Filter")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        for condition in &CONDITIONS {
            (condition.parts)(schemas);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use guanxi_models::filter::{AttributeTest, Range};
    use guanxi_models::{Attribute, Place};

    use super::reader::{MAX_DEPTH, MAX_PARTS};
    use super::*;
    use crate::http::problem::Code;

    fn refusal(value: &Value) -> String {
        let problem = read(value).unwrap_err();
        assert_eq!(problem.code(), Code::InvalidFilter);
        problem.body()["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn every_condition_is_read() {
        let text = |text: &str| vec![text.to_owned()];
        let price = Range { gte: Some(10.0), lt: Some(200.0), ..Range::default() };
        let size = Range { gt: Some(40.0), ..Range::default() };
        for (value, filter) in [
            (json!({"category": "shoes/running"}), Filter::Category("shoes/running".into())),
            (json!({"price": {"gte": 10, "lt": 200}}), Filter::Price(price)),
            (json!({"currency": "CNY"}), Filter::Currency(text("CNY"))),
            (json!({"currency": {"in": ["CNY"]}}), Filter::Currency(text("CNY"))),
            (json!({"tags": {"any": ["red"]}}), Filter::TagsAny(text("red"))),
            (json!({"tags": {"all": ["red"]}}), Filter::TagsAll(text("red"))),
            (json!({"merchant": {"in": ["m"]}}), Filter::Merchant(text("m"))),
            (json!({"available": false}), Filter::Available(false)),
            (
                json!({"near": {"lat": 1, "lon": 2, "km": 3}}),
                Filter::Near { place: Place { lat: 1.0, lon: 2.0 }, km: 3.0 },
            ),
            (
                json!({"attributes": {"size": {"gt": 40}}}),
                Filter::Attribute { name: "size".into(), test: AttributeTest::Range(size) },
            ),
            (
                json!({"attributes": {"new": {"in": [true]}}}),
                Filter::Attribute {
                    name: "new".into(),
                    test: AttributeTest::In(vec![Attribute::Flag(true)]),
                },
            ),
            (json!({"not": {"available": true}}), Filter::Not(Box::new(Filter::Available(true)))),
            (json!({"any": [{"available": true}]}), Filter::Any(vec![Filter::Available(true)])),
            (json!({}), Filter::All(vec![])),
        ] {
            assert_eq!(read(&value), Ok(filter), "{value}");
        }
    }

    #[test]
    fn several_keys_must_all_hold() {
        let filter = read(&json!({"available": true, "category": "a"})).unwrap();
        assert_eq!(
            filter,
            Filter::All(vec![Filter::Category("a".into()), Filter::Available(true)])
        );
    }

    #[test]
    fn a_price_is_in_the_currency_that_the_filter_or_one_around_it_names() {
        let range = Range { lt: Some(9.0), ..Range::default() };
        let usd = || Filter::Currency(vec!["USD".to_owned()]);
        let in_usd = || Filter::PriceIn { currency: "USD".to_owned(), range };
        let beside = json!({"price": {"lt": 9}, "currency": "USD"});
        assert_eq!(read(&beside), Ok(Filter::All(vec![usd(), in_usd()])));
        let around = json!({"not": {"price": {"lt": 9}}, "currency": {"in": ["USD"]}});
        let not = Filter::Not(Box::new(in_usd()));
        assert_eq!(read(&around), Ok(Filter::All(vec![usd(), not])));
        let apart = json!({"all": [{"currency": "USD"}, {"price": {"lt": 9}}]});
        assert_eq!(read(&apart), Ok(Filter::All(vec![usd(), Filter::Price(range)])));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (value, said) in [
            (json!([]), "`filter` must be an object: see the filters in docs/api.md"),
            (json!({"catgory": "a"}), "did you mean `category`?"),
            (json!({"price": {"min": 1}}), "`filter.price` has no `min`"),
            (json!({"price": {}}), "at least one of"),
            (json!({"price": {"gte": "1"}}), "`filter.price.gte` must be a number"),
            (json!({"not": {"any": [{}, {"tags": {"any": []}}]}}), "`filter.not.any.1.tags.any`"),
            (
                json!({"near": {"lat": 91, "lon": 0, "km": 1}}),
                "`filter.near.lat` must be -90 to 90",
            ),
            (json!({"near": {"lat": 9, "lon": 0}}), "`filter.near.km` must be a number"),
            (json!({"attributes": {"c": {"in": ["red"], "gt": 1}}}), "either"),
            (json!({"attributes": {"c": {"in": [null]}}}), "alone"),
            (json!({"category": ""}), "1 to 512 bytes"),
            (json!({"currency": "cny"}), "three capital letters"),
            (json!({"currency": {"in": []}}), "`filter.currency.in` must be a list"),
            (json!({"currency": {"in": ["CNY", "USD"]}, "price": {"lt": 9}}), "one currency"),
        ] {
            let refusal = refusal(&value);
            assert!(refusal.contains(said), "{value}: {refusal}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = (0..MAX_DEPTH).fold(json!({}), |inner, _| json!({"not": inner}));
        assert!(refusal(&deep).contains("deep"));
        let wide = json!({"tags": {"any": vec!["x"; MAX_PARTS]}});
        assert!(refusal(&wide).contains("more than 1000"));
    }
}
