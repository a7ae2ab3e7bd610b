//! `{"near": {"lat": 31.2, "lon": 121.5, "km": 5}}`.

use guanxi_models::Place;
use guanxi_models::filter::Filter;
use serde_json::Value;
use utoipa::ToSchema;

use super::Condition;
use super::reader::Reader;
use crate::http::problem::Problem;
use crate::http::shape::parameter::{Kind, Parameter};

pub(super) const CONDITION: Condition = Condition::new::<Shape>(
    "near",
    read,
    &[
        Parameter::new("near_lat", &["filter", "near", "lat"], Kind::Number),
        Parameter::new("near_lon", &["filter", "near", "lon"], Kind::Number),
        Parameter::new("near_km", &["filter", "near", "km"], Kind::Number),
    ],
);

fn read(reader: &mut Reader, value: &Value) -> Result<Filter, Problem> {
    let object = reader.object(value, &["lat", "lon", "km"])?;
    let mut number = |name: &str, least: f64, most: f64| {
        let value = object.get(name).unwrap_or(&Value::Null);
        reader.under(name, |it| it.number(value, least, most))
    };
    let place = Place { lat: number("lat", -90.0, 90.0)?, lon: number("lon", -180.0, 180.0)? };
    Ok(Filter::Near { place, km: number("km", 0.0, 20_100.0)? })
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema is used")]
struct Shape {
    /// The item's place is known and within this distance.
    near: Option<NearShape>,
}

/// A circle on the earth's surface.
#[derive(ToSchema)]
#[schema(as = Near)]
#[expect(dead_code, reason = "only the schema is used")]
struct NearShape {
    /// The latitude, north positive, -90 to 90.
    lat: f64,
    /// The longitude, east positive, -180 to 180.
    lon: f64,
    /// The radius in kilometres.
    km: f64,
}
