//! `{"attributes": {"size": {"gte": 40}, "colour": {"in": ["red"]}}}`.

use std::collections::BTreeMap;

use guanxi_models::Attribute;
use guanxi_models::filter::{AttributeTest, Filter};
use serde_json::Value;
use utoipa::ToSchema;

use super::Condition;
use super::reader::Reader;
use crate::http::problem::Problem;

pub(super) const CONDITION: Condition = Condition::new::<Shape>("attributes", read, &[]);

fn read(reader: &mut Reader, value: &Value) -> Result<Filter, Problem> {
    let Some(object) = value.as_object().filter(|object| !object.is_empty()) else {
        return Err(reader.refused("must be an object of attribute names and tests"));
    };
    let tests = object.iter().map(|(name, value)| {
        let test = reader.under(name, |it| test(it, value))?;
        Ok(Filter::Attribute { name: name.clone(), test })
    });
    let mut tests = tests.collect::<Result<Vec<_>, Problem>>()?;
    Ok(if tests.len() == 1 { tests.remove(0) } else { Filter::All(tests) })
}

fn test(reader: &mut Reader, value: &Value) -> Result<AttributeTest, Problem> {
    let object = reader.object(value, &["in", "gte", "gt", "lte", "lt"])?;
    match object.get("in") {
        Some(_) if object.len() > 1 => Err(reader.refused("must say either `in` or a range")),
        Some(list) => reader.under("in", |it| values(it, list)).map(AttributeTest::In),
        None => reader.range(value).map(AttributeTest::Range),
    }
}

fn values(reader: &mut Reader, value: &Value) -> Result<Vec<Attribute>, Problem> {
    let list = reader.list(value, "texts, numbers or booleans")?;
    list.iter()
        .map(|value| match value {
            Value::String(_) => reader.text(value).map(Attribute::Text),
            Value::Number(_) => reader.number(value, f64::MIN, f64::MAX).map(Attribute::Number),
            Value::Bool(flag) => Ok(Attribute::Flag(*flag)),
            _ => Err(reader.refused("must hold texts, numbers or booleans alone")),
        })
        .collect()
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct Shape {
    /// Conditions on free attributes, by attribute name.
    attributes: Option<BTreeMap<String, AttributeTestShape>>,
}

/// Either a list of values or a range.
#[derive(ToSchema)]
#[schema(as = AttributeTest)]
#[expect(dead_code, reason = "only the schema is used")]
struct AttributeTestShape {
    /// Equal to one of these texts, numbers or booleans.
    r#in: Option<Vec<Value>>,
    /// At least.
    gte: Option<f64>,
    /// More than.
    gt: Option<f64>,
    /// At most.
    lte: Option<f64>,
    /// Less than.
    lt: Option<f64>,
}
