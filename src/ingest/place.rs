//! Places of items and users.

use guanxi_models::Place;

use super::cell::Cell;
use super::flaw::{Code, Flaw};
use super::reader::Reader;
use super::shape::entry;

entry! {
    /// A point on the earth, in degrees.
    #[derive(Copy)]
    PlaceBody, PLACE: "place" of "places"
    required {
        /// North positive, -90 to 90.
        lat: f64,
        /// East positive, -180 to 180.
        lon: f64,
    }
}

impl From<Place> for PlaceBody {
    fn from(place: Place) -> Self {
        Self { lat: place.lat, lon: place.lon }
    }
}

/// From the object `place`, or from the columns `lat` and `lon`.
pub(super) fn set_place(reader: &Reader<'_>, slot: &mut Option<Place>) -> Result<(), Flaw> {
    match reader.cell("place") {
        Cell::Absent if reader.cell("lat") == Cell::Absent => return Ok(()),
        Cell::Absent => *slot = reader.place()?,
        Cell::Null => *slot = None,
        Cell::Object(map) => {
            PLACE.check_keys(map.keys(), "place")?;
            let nested = reader.nested(map, "place");
            *slot = Some(nested.place()?.ok_or_else(|| nested.missing("lat"))?);
        }
        other => {
            let what = format!("must be an object with `lat` and `lon`, not {}", other.kind());
            return Err(reader.flaw(Code::InvalidType, "place", what));
        }
    }
    Ok(())
}
