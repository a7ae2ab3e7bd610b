//! Turns request bodies and files into checked records, entry by entry.
//!
//! A body is split into entries ([`body`], [`arrow_stream`]). Each entry is a row of cells
//! ([`cell`]), whatever its format. A [`Reader`] checks its fields, and [`mod@event`],
//! [`mod@item`], [`mod@user`] and [`mod@relation`] make the records.
//!
//! A bad entry does not affect the others. It is [`Rejected`] with a stable [`Code`] and a sentence
//! that names the field and the way out. `import` reads files in the same way.

mod arrow_stream;
mod attribute;
pub(crate) mod body;
pub mod cell;
pub(crate) mod columns;
pub mod event;
mod flaw;
pub mod item;
pub mod limits;
pub mod place;
pub mod reader;
pub mod relation;
pub mod shape;
#[cfg(test)]
mod tests;
mod time;
pub mod user;
pub mod wire;

use guanxi_models::{EventType, Item, Millis, Record, Relation, User};

pub use flaw::{Code, Flaw, Rejected};

use body::{json_entries, ndjson_entries, object};
use cell::Row;
use event::{EVENT, EventDefaults, event};
use item::{ITEM, change_item, item};
use reader::{Mode, Reader};
use relation::{RELATION, RelationDefaults, relation};
use shape::Shape;
use user::{USER, change_user, user};

/// The format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object, an array of them, or `{"events": [..]}`.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// An Arrow IPC stream with the columns of the entry's shape.
    Arrow,
}

/// The content of a bulk body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The records of the good entries with their positions in the body, ascending.
    pub records: Vec<(usize, Record)>,
    /// The bad entries, ascending.
    pub rejected: Vec<Rejected>,
}

impl Parsed {
    fn add(&mut self, index: usize, result: Result<Record, Flaw>) {
        match result {
            Ok(record) => self.records.push((index, record)),
            Err(flaw) => self.rejected.push(flaw.at(index)),
        }
    }
}

/// Reads events. One without a time happened `now`, one without an id is given a UUID of version 7.
///
/// # Errors
/// A [`Flaw`] of the whole body, when it can't be split into entries; nothing of it is taken then.
pub fn events(body: &[u8], format: Format, now: Millis) -> Result<Parsed, Flaw> {
    let defaults = EventDefaults {
        ts: now,
        kind: None,
        names: &EventType::from_name,
        event_id: &|| uuid::Uuid::now_v7().to_string(),
    };
    let record = |row: &dyn Row| event(&strict(row, now), &defaults).map(Record::Event);
    parse(body, format, &EVENT, &record)
}

/// Reads items, each whole. Errors as [`events`].
pub fn items(body: &[u8], format: Format, now: Millis) -> Result<Parsed, Flaw> {
    let record = |row: &dyn Row| item(&strict(row, now)).map(Record::Item);
    parse(body, format, &ITEM, &record)
}

/// Reads users, each whole. Errors as [`events`].
pub fn users(body: &[u8], format: Format, now: Millis) -> Result<Parsed, Flaw> {
    let record = |row: &dyn Row| user(&strict(row, now)).map(Record::User);
    parse(body, format, &USER, &record)
}

/// Reads relations. Errors as [`events`].
pub fn relations(body: &[u8], format: Format, now: Millis) -> Result<Parsed, Flaw> {
    let record = |row: &dyn Row| {
        relation(&strict(row, now), &RelationDefaults::STRICT).map(Record::Relation)
    };
    parse(body, format, &RELATION, &record)
}

/// Reads the body of a `PUT` of the item `id`.
pub fn item_of(id: &str, body: &[u8], now: Millis) -> Result<Item, Flaw> {
    guanxi_models::check_id(id).map_err(|error| Flaw::of_id("id", error))?;
    patch_item(Item::bare(id), body, now)
}

/// Reads the body of a `PATCH` of an item: what it doesn't name stays, null clears.
pub fn patch_item(mut current: Item, body: &[u8], now: Millis) -> Result<Item, Flaw> {
    let entry = single(&current.id, body, &ITEM)?;
    change_item(&strict(&entry, now), &mut current)?;
    Ok(current)
}

/// Reads the body of a `PUT` of the user `id`.
pub fn user_of(id: &str, body: &[u8], now: Millis) -> Result<User, Flaw> {
    guanxi_models::check_id(id).map_err(|error| Flaw::of_id("id", error))?;
    patch_user(User { id: id.to_owned(), ..User::default() }, body, now)
}

/// Reads the body of a `PATCH` of a user: what it doesn't name stays, null clears.
pub fn patch_user(mut current: User, body: &[u8], now: Millis) -> Result<User, Flaw> {
    let entry = single(&current.id, body, &USER)?;
    change_user(&strict(&entry, now), &mut current)?;
    Ok(current)
}

/// Checks the three parts of a relation's path.
pub fn relation_of(from: &str, kind: &str, to: &str) -> Result<Relation, Flaw> {
    let text = |text: &str| serde_json::Value::from(text);
    let row = [("from", text(from)), ("kind", text(kind)), ("to", text(to))];
    let row: body::Object =
        row.map(|(field, value)| (field.to_owned(), value)).into_iter().collect();
    relation(&strict(&row, 0), &RelationDefaults::STRICT)
}

fn strict(row: &dyn Row, now: Millis) -> Reader<'_> {
    Reader::new(row, Mode::Strict, now)
}

/// The body of a request for one item or user. It may repeat the id of the path.
fn single(id: &str, body: &[u8], shape: &Shape) -> Result<body::Object, Flaw> {
    let entry = object(body)?;
    shape.check_keys(entry.keys(), "")?;
    match entry.get("id") {
        Some(said) if said != id => {
            let what = "differs from the id in the path: leave it out, or make them equal";
            Err(Flaw::new(Code::IdMismatch, "id", what))
        }
        _ => Ok(entry),
    }
}

/// Makes a record of a row.
type ToRecord<'a> = &'a dyn Fn(&dyn Row) -> Result<Record, Flaw>;

fn parse(body: &[u8], format: Format, shape: &Shape, record: ToRecord<'_>) -> Result<Parsed, Flaw> {
    match format {
        Format::Json => Ok(parse_entries(json_entries(body, shape)?, shape, record)),
        Format::Ndjson => Ok(parse_entries(ndjson_entries(body)?, shape, record)),
        Format::Arrow => parse_columns(body, shape, record),
    }
}

fn parse_entries(entries: body::Entries<'_>, shape: &Shape, record: ToRecord<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    for (index, entry) in entries {
        let result = object(entry).and_then(|entry| {
            shape.check_keys(entry.keys(), "")?;
            record(&entry)
        });
        parsed.add(index, result);
    }
    parsed
}

fn parse_columns(body: &[u8], shape: &Shape, record: ToRecord<'_>) -> Result<Parsed, Flaw> {
    let mut parsed = Parsed::default();
    let mut index = 0;
    for columns in arrow_stream::arrow_columns(body, shape)? {
        for row in 0..columns.len() {
            parsed.add(index, record(&columns.row(row)));
            index += 1;
        }
    }
    Ok(parsed)
}
