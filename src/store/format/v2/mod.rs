//! Format 2: a sequence of up to four CBOR values: kind, body, people and personal part. Empty
//! values at the end are left out.
//!
//! | value | content | once people can be erased |
//! |---|---|---|
//! | kind | a number: 0 event, 1 item, 2 deleted item, 3 user, 4 deleted user, 5 relation, 6 deleted relation | stays |
//! | body | [numbered fields](fields) that identify no person | stays |
//! | [people](mod@people) | the id of each person, as plain text | each encrypted under the person's own key |
//! | personal | [numbered fields](fields) that could identify the person, as a plain map | encrypted under the key of the first person |
//!
//! An encrypted id or personal part is an array of the key number and the encrypted bytes. This
//! version has no keys and refuses both. An event:
//!
//! ```text
//! 00                         kind: event
//! a3 00 04 01 61 69 02 19..  body: field 0 (type) 4, field 1 (item) "i", field 2 (ts) ..
//! 81 61 75                   people: "u"
//! a1 00 61 65                personal: field 0 (event_id) "e"
//! ```

mod attribute;
mod event;
mod fields;
mod item;
mod people;
mod relation;
#[cfg(test)]
mod tests;
mod user;

use guanxi_models::Record;
use minicbor::{Decoder, Encoder};

use super::Unreadable;
use fields::{MEMORY, Value, Writer, length, refuse_sealed};
use people::People;

const EVENT: u32 = 0;
const ITEM: u32 = 1;
const ITEM_DELETED: u32 = 2;
const USER: u32 = 3;
const USER_DELETED: u32 = 4;
const RELATION: u32 = 5;
const RELATION_DELETED: u32 = 6;

/// The body or personal part of a record without such fields.
#[derive(Default)]
struct Nothing;

impl<'b> Value<'b> for Nothing {
    fn write(&self, to: &mut Writer<'_>) {
        to.map(0).expect(MEMORY);
    }

    fn is_empty(&self) -> bool {
        true
    }

    fn read(from: &mut Decoder<'b>) -> Result<Self, Unreadable> {
        match length(from.map()?)? {
            0 => Ok(Self),
            fields => Err(Unreadable::Newer(format!("has {fields} fields where there are none"))),
        }
    }
}

/// Writes a record.
pub(super) fn write(record: &Record, bytes: &mut Vec<u8>) {
    let to = &mut Encoder::new(bytes);
    match record {
        Record::Event(event) => event::write(event, kind(EVENT, to)),
        Record::Item(item) => item::write(item, kind(ITEM, to)),
        Record::ItemDeleted { id } => item::write_deleted(id, kind(ITEM_DELETED, to)),
        Record::User(user) => user::write(user, kind(USER, to)),
        Record::UserDeleted { id } => user::write_deleted(id, kind(USER_DELETED, to)),
        Record::Relation(relation) => relation::write(relation, kind(RELATION, to)),
        Record::RelationDeleted(relation) => relation::write(relation, kind(RELATION_DELETED, to)),
    }
}

fn kind<'w, 'v>(number: u32, to: &'v mut Writer<'w>) -> &'v mut Writer<'w> {
    to.u32(number).expect(MEMORY)
}

/// Decodes the body of a record.
pub(super) fn read(body: &[u8]) -> Result<Record, Unreadable> {
    let from = &mut Decoder::new(body);
    let record = match from.u32()? {
        EVENT => Record::Event(event::read(from)?),
        ITEM => Record::Item(item::read(from)?),
        ITEM_DELETED => Record::ItemDeleted { id: item::read_deleted(from)? },
        USER => Record::User(user::read(from)?),
        USER_DELETED => Record::UserDeleted { id: user::read_deleted(from)? },
        RELATION => Record::Relation(relation::read(from)?),
        RELATION_DELETED => Record::RelationDeleted(relation::read(from)?),
        kind => return Err(Unreadable::Newer(format!("is of kind {kind}"))),
    };
    if is_at_end(from) {
        return Ok(record);
    }
    Err(Unreadable::Newer("has more than four values".to_owned()))
}

fn is_at_end(from: &Decoder<'_>) -> bool {
    from.position() == from.input().len()
}

/// The values after the kind.
#[derive(Default)]
struct Parts<'b, B, P> {
    body: B,
    people: People<'b>,
    personal: P,
}

impl<'b, B: Value<'b>, P: Value<'b>> Parts<'b, B, P> {
    fn write(&self, to: &mut Writer<'_>) {
        self.body.write(to);
        if self.people == People::default() && self.personal.is_empty() {
            return;
        }
        self.people.write(to);
        if !self.personal.is_empty() {
            self.personal.write(to);
        }
    }
}

impl<'b, B: Value<'b> + Default, P: Value<'b> + Default> Parts<'b, B, P> {
    #[inline]
    fn read(from: &mut Decoder<'b>) -> Result<Self, Unreadable> {
        let mut parts = Self { body: B::read(from)?, ..Self::default() };
        if is_at_end(from) {
            return Ok(parts);
        }
        parts.people = People::read(from)?;
        if is_at_end(from) {
            return Ok(parts);
        }
        refuse_sealed(from)?;
        parts.personal = P::read(from)?;
        Ok(parts)
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}
