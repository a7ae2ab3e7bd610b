//! Items: their fields, how rows become items or change them, and how items are written out.

use std::collections::BTreeMap;

use guanxi_models::Item;

use super::attribute::set_attributes;
use super::flaw::{Code, Flaw};
use super::limits::{CATEGORY_BYTES, NAME_BYTES, TAG_BYTES};
use super::place::{PlaceBody, set_place};
use super::reader::Reader;
use super::shape::entry;
use super::wire::{AttributeBody, AttributeShape, TimeBody, attributes, written};

entry! {
    /// An item of the catalogue. `PUT` replaces it whole. In `PATCH` a field that is left out
    /// stays, and null clears.
    #[derive(Default)]
    ItemBody, ITEM: "item" of "items"
    identity {
        /// The public id: required in bulk, and the same as in the path elsewhere.
        #[schema(example = "sku-42")]
        id: String,
    }
    optional {
        /// The name shown to people.
        name: String,
        /// The path in the category tree, from the top.
        #[schema(example = "shoes/running")]
        category: String,
        /// Free labels.
        tags: Vec<String>,
        /// The id of the merchant.
        merchant: String,
        /// The price of one piece, not negative.
        price: f64,
        /// The currency of the price, an ISO 4217 code.
        #[schema(example = "CNY")]
        currency: String,
        /// The number of pieces left. An item with 0 is not listed; without a number, stock is
        /// unlimited.
        #[schema(format = Int64, maximum = 4_294_967_295_i64)]
        stock: u32,
        /// False if the item can't be bought at present. The default is true.
        available: bool,
        /// The place of sale.
        place: PlaceBody,
        /// The time at which the item came into the shop.
        created: TimeBody,
        /// Further attributes to filter by.
        #[schema(value_type = Option<BTreeMap<String, AttributeShape>>)]
        attributes: BTreeMap<String, AttributeBody>,
    }
    columns {
        lat: f64,
        lon: f64,
    }
}

/// Makes an item of a row.
pub fn item(reader: &Reader<'_>) -> Result<Item, Flaw> {
    let mut item = Item::bare(&reader.required_id("id")?);
    change_item(reader, &mut item)?;
    Ok(item)
}

/// Sets the fields of the row; null clears a field. The id stays.
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

/// A path of segments separated by `/`, none of them empty.
fn category(reader: &Reader<'_>, field: &'static str) -> Result<Option<String>, Flaw> {
    let Some(path) = reader.text(field, CATEGORY_BYTES)? else { return Ok(None) };
    if path.split('/').all(|segment| !segment.trim().is_empty()) {
        return Ok(Some(path));
    }
    let what = "has an empty segment: write it as `shoes/running`, without a slash at either end";
    Err(reader.flaw(Code::InvalidCategory, field, what))
}

impl From<Item> for ItemBody {
    fn from(item: Item) -> Self {
        Self {
            id: Some(item.id),
            name: item.name,
            category: item.category,
            tags: Some(item.tags).filter(|tags| !tags.is_empty()),
            merchant: item.merchant,
            price: item.price,
            currency: item.currency,
            stock: item.stock,
            available: Some(item.available),
            place: item.place.map(PlaceBody::from),
            created: item.created.map(written),
            attributes: attributes(item.attributes),
        }
    }
}
