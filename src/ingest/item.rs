//! Rows become items, or change them.

use guanxi_models::{Item, Place};

use super::attribute::set_attributes;
use super::cell::Cell;
use super::flaw::{Code, Flaw};
use super::limits::{CATEGORY_BYTES, NAME_BYTES, TAG_BYTES};
use super::reader::Reader;
use super::shape::PLACE;

/// Checks a row and makes an item of it.
pub fn item(reader: &Reader<'_>) -> Result<Item, Flaw> {
    let mut item = Item::bare(&reader.required_id("id")?);
    change_item(reader, &mut item)?;
    Ok(item)
}

/// Sets what the row names; null clears it. The id stays.
pub fn change_item(reader: &Reader<'_>, item: &mut Item) -> Result<(), Flaw> {
    reader.set("name", &mut item.name, |r, field| r.text(field, NAME_BYTES))?;
    reader.set("category", &mut item.category, category)?;
    reader.set("tags", &mut item.tags, |r, field| r.texts(field, TAG_BYTES))?;
    reader.set("merchant", &mut item.merchant, Reader::id)?;
    reader.set("price", &mut item.price, Reader::price)?;
    reader.set("currency", &mut item.currency, Reader::currency)?;
    reader.set("stock", &mut item.stock, |r, field| r.count(field, 0))?;
    reader.set("available", &mut item.available, |r, field| Ok(r.flag(field)?.unwrap_or(true)))?;
    reader.set("created", &mut item.created, Reader::time)?;
    set_place(reader, &mut item.place)?;
    set_attributes(reader, &mut item.attributes)
}

/// A path whose segments are parted by `/`, none of them empty.
fn category(reader: &Reader<'_>, field: &'static str) -> Result<Option<String>, Flaw> {
    let Some(path) = reader.text(field, CATEGORY_BYTES)? else { return Ok(None) };
    if path.split('/').all(|segment| !segment.trim().is_empty()) {
        return Ok(Some(path));
    }
    let what = "has an empty segment: write it as `shoes/running`, without a slash at either end";
    Err(reader.flaw(Code::InvalidCategory, field, what))
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
