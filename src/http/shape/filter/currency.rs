//! `{"currency": "CNY"}` or `{"currency": {"in": ["CNY", "USD"]}}`.

use guanxi_models::filter::Filter;
use serde_json::Value;
use utoipa::ToSchema;

use super::Condition;
use super::merchant::OneOfShape;
use super::reader::Reader;
use crate::http::problem::Problem;
use crate::http::shape::parameter::{Kind, Parameter};

pub(super) const CONDITION: Condition = Condition::new::<Shape>(
    "currency",
    read,
    &[Parameter::new("currency", &["filter", "currency", "in"], Kind::Texts)],
);

fn read(reader: &mut Reader, value: &Value) -> Result<Filter, Problem> {
    let currencies = match value {
        Value::String(_) => vec![reader.text(value)?],
        _ => reader.one_of(value, "currencies")?,
    };
    let is_code =
        |code: &String| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if !currencies.iter().all(is_code) {
        return Err(reader.refused("must hold three capital letters, like `CNY`"));
    }
    reader.currencies.clone_from(&currencies);
    Ok(Filter::Currency(currencies))
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct Shape {
    /// The currency of the price is this one, or one of these. An item without a currency is priced
    /// in the main one.
    currency: Option<CurrencyShape>,
}

/// A currency or a list of currencies (ISO 4217).
#[derive(ToSchema)]
#[schema(as = Currency)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the schema is used")]
enum CurrencyShape {
    /// This one.
    #[schema(example = "CNY")]
    One(String),
    /// One of these.
    OneOf(OneOfShape),
}
