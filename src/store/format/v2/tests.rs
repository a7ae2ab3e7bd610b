//! A field and a kind more than today: what is old is read, what is new is refused by whoever
//! doesn't know it.

use guanxi_models::{Event, EventType, Record};
use minicbor::{Decoder, Encoder};

use super::super::Unreadable;
use super::super::code::{EVENT_TYPES, of_code};
use super::fields::{Numbers, Value, fields};
use super::{event, item, read, relation, user, write};

fields! {
    /// The body of an event as a later guanxi could declare it.
    LaterBody<'b> {
        0 kind: u32,
        1 item: &'b str,
        2 ts: i64,
        90 mood: &'b str,
    }
}

fn encoded<'b>(value: &impl Value<'b>) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.write(&mut Encoder::new(&mut bytes));
    bytes
}

fn body_of(mood: Option<&'static str>) -> LaterBody<'static> {
    LaterBody { kind: Some(0), item: Some("i"), ts: Some(7), mood }
}

/// An event with another body.
fn event_with(body: &[u8]) -> Vec<u8> {
    [&[0x00][..], body, &[0x81, 0x61, b'u', 0xa1, 0, 0x61, b'e']].concat()
}

fn newer<T>(what: &str) -> Result<T, Unreadable> {
    Err(Unreadable::Newer(what.to_owned()))
}

#[test]
fn a_field_more_reads_old_bytes_and_is_refused_by_a_reader_without_it() {
    let mut today = Vec::new();
    write(&Record::Event(Event::new("e", "u", "i", EventType::View, 7)), &mut today);
    assert_eq!(
        today,
        event_with(&encoded(&body_of(None))),
        "a field that is left out leaves no trace"
    );
    assert_eq!(LaterBody::SHAPE[..3], event::EventBody::SHAPE[..3]);
    let later = encoded(&body_of(Some("calm")));
    assert_eq!(LaterBody::read(&mut Decoder::new(&later)), Ok(body_of(Some("calm"))));
    assert_eq!(LaterBody::read(&mut Decoder::new(&today[1..])), Ok(body_of(None)));
    assert_eq!(read(&event_with(&later)), newer("has a field 90 of `EventBody`"));
}

#[test]
fn an_event_type_more_reads_old_bytes_and_is_refused_by_a_reader_without_it() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Later {
        Known(EventType),
        Stroke,
    }
    let known = EVENT_TYPES.map(|(code, kind)| (code, Later::Known(kind)));
    let later = [&known[..], &[(90, Later::Stroke)]].concat();
    let stroke = LaterBody { kind: Some(90), ..body_of(None) };
    let bytes = event_with(&encoded(&stroke));
    assert_eq!(of_code(&later, "event type", 90), Ok(Later::Stroke));
    assert_eq!(of_code(&later, "event type", 4), Ok(Later::Known(EventType::Purchase)));
    assert_eq!(read(&bytes), newer("has event type 90"));
}

#[test]
fn other_kinds_parts_and_seals_are_of_a_newer_guanxi() {
    assert_eq!(read(&[0x18, 90, 0xa0]), newer("is of kind 90"));
    assert_eq!(
        read(&[0x04, 0xa0, 0x81, 0x61, b'u', 0xa0, 0xa0]),
        newer("has more than four values")
    );
    assert_eq!(read(&[0x04, 0xa0, 0x84, 0xf6, 0xf6, 0xf6, 0xf6]), newer("names 4 people"));
    assert_eq!(read(&[0x04, 0xa1, 0x00, 0x00]), newer("has 1 fields where there are none"));
    let sealed_id = [0x04, 0xa0, 0x81, 0x82, 0x07, 0x41, 0xff];
    assert_eq!(read(&sealed_id), newer("is encrypted by key 7"));
    let sealed_rest = [0x03, 0xa0, 0x81, 0x61, b'u', 0x82, 0x09, 0x41, 0xff];
    assert_eq!(read(&sealed_rest), newer("is encrypted by key 9"));
}

#[test]
fn fields_out_of_order_twice_or_of_no_stated_number_are_damage() {
    let is_damaged = |body: &[u8]| matches!(read(&event_with(body)), Err(Unreadable::Damaged(_)));
    assert!(!is_damaged(&[0xa3, 0, 4, 1, 0x61, b'i', 2, 7]));
    assert!(is_damaged(&[0xa3, 0, 4, 2, 7, 1, 0x61, b'i']));
    assert!(is_damaged(&[0xa4, 0, 4, 0, 4, 1, 0x61, b'i', 2, 7]));
    assert!(is_damaged(&[0xbf, 0, 4, 1, 0x61, b'i', 2, 7, 0xff]));
    assert!(is_damaged(&[0xa2, 0, 4, 1, 0x61, b'i']), "the time is missing");
    assert!(Numbers::begin(&mut Decoder::new(&[0x80])).is_err());
}

/// Numbers, names and types stay for ever: a line may be added at the end of its struct, and then
/// an older guanxi refuses the records that use it. Any other change needs a new version of the
/// format.
#[test]
fn the_fields_of_format_2_are_those_that_were_written_down() {
    let structs = [
        ("EventBody", event::EventBody::SHAPE),
        ("EventPersonal", event::EventPersonal::SHAPE),
        ("ItemBody", item::ItemBody::SHAPE),
        ("DeletedItem", item::DeletedItem::SHAPE),
        ("UserBody", user::UserBody::SHAPE),
        ("UserPersonal", user::UserPersonal::SHAPE),
        ("RelationBody", relation::RelationBody::SHAPE),
        ("RelationPersonal", relation::RelationPersonal::SHAPE),
    ];
    let line = |name: &str, (number, field, of): &(u32, &str, &str)| {
        let of = of.replace("'b ", "").replace("<'b>", "");
        format!("{name} {number} {field}: {of}\n")
    };
    let fields = |(name, shape): (&str, &[(u32, &str, &str)])| -> String {
        shape.iter().map(|field| line(name, field)).collect()
    };
    let found: String = structs.into_iter().map(fields).collect();
    assert_eq!(found, include_str!("../../../../tests/formats/records/v2.fields"));
    assert!(structs.iter().all(|(_, shape)| shape.is_sorted_by_key(|(number, ..)| *number)));
}
