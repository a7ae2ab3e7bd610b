//! Items in format 2. They identify no person.

use std::borrow::Cow;

use guanxi_models::{Item, Place};
use minicbor::Decoder;

use super::super::Unreadable;
use super::attribute::Attributes;
use super::fields::{Writer, fields, needed};
use super::people::People;
use super::{Nothing, Parts, owned};

fields! {
    /// The fields of an item.
    ItemBody<'b> {
        0 id: &'b str,
        1 name: &'b str,
        2 category: &'b str,
        /// Left out if there are none.
        3 tags: Vec<&'b str>,
        4 merchant: &'b str,
        5 price: f64,
        6 currency: &'b str,
        7 stock: u32,
        /// Left out if true.
        8 available: bool,
        9 place: Place,
        10 created: i64,
        /// Left out if there are none.
        11 attributes: Attributes<'b>,
    }
}

fields! {
    /// The fields of a deleted item.
    DeletedItem<'b> {
        0 id: &'b str,
    }
}

pub(super) fn write(item: &Item, to: &mut Writer<'_>) {
    let tags: Vec<&str> = item.tags.iter().map(String::as_str).collect();
    let body = ItemBody {
        id: Some(&item.id),
        name: item.name.as_deref(),
        category: item.category.as_deref(),
        tags: Some(tags).filter(|tags| !tags.is_empty()),
        merchant: item.merchant.as_deref(),
        price: item.price,
        currency: item.currency.as_deref(),
        stock: item.stock,
        available: Some(item.available).filter(|available| !available),
        place: item.place,
        created: item.created,
        attributes: Some(Cow::Borrowed(&item.attributes)).filter(|map| !map.is_empty()),
    };
    Parts { body, people: People::default(), personal: Nothing }.write(to);
}

pub(super) fn read(from: &mut Decoder<'_>) -> Result<Item, Unreadable> {
    let body = Parts::<ItemBody<'_>, Nothing>::read(from)?.body;
    Ok(Item {
        id: needed(body.id, "id")?.to_owned(),
        name: owned(body.name),
        category: owned(body.category),
        tags: body.tags.into_iter().flatten().map(str::to_owned).collect(),
        merchant: owned(body.merchant),
        price: body.price,
        currency: owned(body.currency),
        stock: body.stock,
        available: body.available.unwrap_or(true),
        place: body.place,
        created: body.created,
        attributes: body.attributes.map(Cow::into_owned).unwrap_or_default(),
    })
}

pub(super) fn write_deleted(id: &str, to: &mut Writer<'_>) {
    let body = DeletedItem { id: Some(id) };
    Parts { body, people: People::default(), personal: Nothing }.write(to);
}

pub(super) fn read_deleted(from: &mut Decoder<'_>) -> Result<String, Unreadable> {
    let body = Parts::<DeletedItem<'_>, Nothing>::read(from)?.body;
    needed(body.id, "id").map(str::to_owned)
}
