//! Good bodies give records, bad ones a code, and nothing panics.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Int64Array, RecordBatch, StringArray};
use arrow::ipc::writer::StreamWriter;
use guanxi_models::{
    Action, Attribute, Attribution, Details, Event, Place, RelationKind, Visibility,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOW: Millis = 1_800_000_000_000;

fn json_events(body: &Value) -> Parsed {
    events(body.to_string().as_bytes(), Format::Json, NOW).unwrap()
}

fn one_event(body: &Value) -> Event {
    match json_events(body).records.remove(0).1 {
        Record::Event(event) => event,
        other => panic!("{other:?} is no event"),
    }
}

/// A good event with some fields set to something else.
fn event_with(changes: &Value) -> Value {
    let mut event = json!({"event_id": "e", "user": "u", "item": "i", "type": "view", "ts": 1});
    let fields = event.as_object_mut().unwrap();
    fields.extend(changes.as_object().unwrap().clone());
    event
}

fn with(event: &Value, field: &str, value: &Value) -> Value {
    let mut event = event.clone();
    event[field] = value.clone();
    event
}

#[test]
fn an_event_with_every_field_keeps_them_all() {
    let event = one_event(&json!({
        "event_id": "e", "user": "u", "item": "i", "type": "group_join", "ts": "2023-11-14T22:13:20Z",
        "weight": 2.5, "quantity": 3, "price": 9.5, "currency": "CNY", "circle": "c", "session": "s",
        "channel": "moments", "group": "g", "visibility": "private", "ref": {"recommendation_id": "r", "sharer": "v"},
    }));
    let expected = Event {
        action: Action::GroupJoin { group: Some("g".into()) },
        weight: 2.5,
        quantity: 3,
        price: Some(9.5),
        currency: Some("CNY".into()),
        circle: Some("c".into()),
        session: Some("s".into()),
        channel: Some("moments".into()),
        attribution: Some(Attribution {
            recommendation_id: Some("r".into()),
            sharer: Some("v".into()),
        }),
        visibility: Some(Visibility::Private),
        ..Event::new("e", "u", "i", EventType::GroupJoin, 1_700_000_000_000)
    };
    assert_eq!(event, expected);
}

#[test]
fn details_belong_to_their_types() {
    let line = json!({"order": "o", "group": "g", "discount": 1.5, "offer": "f"});
    for kind in ["purchase", "refund"] {
        let event = one_event(&with(&event_with(&line), "type", &json!(kind)));
        let details = Details {
            order: Some("o"),
            group: Some("g"),
            discount: Some(1.5),
            offer: Some("f"),
            shared_with: None,
        };
        assert_eq!(event.action.details(), details);
    }
    let shared = one_event(&event_with(&json!({"type": "share", "shared_with": "v"})));
    assert_eq!(shared.action, Action::Share { with: Some("v".into()) });
    let old = one_event(&event_with(&json!({"price": 2.0, "quantity": 3, "currency": "CNY"})));
    assert_eq!((old.kind(), old.price, old.quantity), (EventType::View, Some(2.0), 3));
    for (kind, detail, value) in [
        ("view", "order", json!("o")),
        ("cart", "group", json!("g")),
        ("group_open", "discount", json!(1)),
        ("review", "offer", json!("f")),
        ("purchase", "shared_with", json!("v")),
    ] {
        let event = with(&event_with(&json!({ detail: value })), "type", &json!(kind));
        let rejected = json_events(&event).rejected.remove(0);
        assert_eq!(rejected.code, Code::UnknownField);
        assert_eq!(
            rejected.detail,
            format!("`{detail}` is not a field of `{kind}` events: leave it out")
        );
    }
}

#[test]
fn channels_and_discounts_are_checked() {
    let code = |changes: &Value| json_events(&event_with(changes)).rejected.remove(0).code;
    assert_eq!(code(&json!({"channel": "x".repeat(65)})), Code::TooLong);
    assert_eq!(code(&json!({"channel": ""})), Code::InvalidText);
    assert_eq!(code(&json!({"type": "purchase", "discount": -1})), Code::InvalidNumber);
    assert_eq!(code(&json!({"type": "purchase", "order": ""})), Code::InvalidId);
}

#[test]
fn what_an_event_leaves_out_is_taken_for_granted() {
    let event = one_event(&json!({"user": "u", "item": "i", "type": "view", "price": null}));
    assert_eq!(uuid::Uuid::parse_str(&event.event_id).unwrap().get_version_num(), 7);
    assert_eq!(
        Event { event_id: String::new(), ..event },
        Event::new("", "u", "i", EventType::View, NOW)
    );
}

#[test]
fn small_times_are_seconds_and_large_ones_milliseconds() {
    for (ts, millis) in [
        (json!(1_700_000_000), 1_700_000_000_000),
        (json!(1_700_000_000_123_i64), 1_700_000_000_123),
    ] {
        assert_eq!(one_event(&event_with(&json!({ "ts": ts }))).ts, millis);
    }
}

#[test]
fn every_way_to_write_a_body_gives_the_same_event() {
    let event = event_with(&json!({}));
    let expected = json_events(&event);
    assert_eq!(expected.records.len(), 1);
    assert_eq!(json_events(&json!([event])), expected);
    assert_eq!(json_events(&json!({ "events": [event] })), expected);
    let lines = format!("\u{feff}{event}\r\n\n");
    assert_eq!(events(lines.as_bytes(), Format::Ndjson, NOW).unwrap(), expected);
}

#[test]
fn one_bad_entry_does_not_spoil_the_others() {
    let body = br#"[{"user":"u","item":"i","type":"view"},{"user":"u"},7,{"user":"u","item":"i","type":"view","weight":1e999},{"user":"\ud800","item":"i","type":"view"},{"user":"v","item":"i","type":"like"}]"#;
    let parsed = events(body, Format::Json, NOW).unwrap();
    assert_eq!(parsed.records.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 5]);
    let codes: Vec<_> = parsed.rejected.iter().map(|bad| (bad.index, bad.code)).collect();
    assert_eq!(
        codes,
        [
            (1, Code::MissingField),
            (2, Code::InvalidType),
            (3, Code::InvalidNumber),
            (4, Code::InvalidJson)
        ]
    );
}

#[test]
fn bad_lines_are_numbered_with_the_blank_ones() {
    let body = b"{\"user\":\"u\",\"item\":\"i\",\"type\":\"view\"}\n\n{oops}\n\xff\xfe\n";
    let parsed = events(body, Format::Ndjson, NOW).unwrap();
    assert_eq!(parsed.records.len(), 1);
    let codes: Vec<_> = parsed.rejected.iter().map(|bad| (bad.index, bad.code)).collect();
    assert_eq!(codes, [(2, Code::InvalidJson), (3, Code::InvalidJson)]);
}

#[test]
fn every_kind_of_bad_event_has_its_code_and_names_its_field() {
    let long = "x".repeat(129);
    let day = 24 * 60 * 60 * 1000;
    let cases = [
        (json!({"user": ""}), Code::InvalidId, "`user`"),
        (json!({"user": long}), Code::TooLong, "`user`"),
        (json!({"user": "a\u{0}b"}), Code::InvalidId, "`user`"),
        (json!({"item": "a\u{202e}b"}), Code::InvalidId, "U+202E"),
        (json!({"user": 42}), Code::InvalidType, "`user` must be a string, not a number"),
        (json!({"user": null}), Code::MissingField, "`user`"),
        (json!({"event_id": ["e"]}), Code::InvalidType, "`event_id`"),
        (json!({"type": "buy"}), Code::UnknownValue, "purchase"),
        (json!({"type": null}), Code::MissingField, "`type`"),
        (json!({"usr": "u"}), Code::UnknownField, "did you mean `user`"),
        (json!({"sharer": "u"}), Code::UnknownField, "`sharer`"),
        (json!({"ts": -1}), Code::InvalidTimestamp, "before 1970"),
        (json!({"ts": NOW + 3 * day}), Code::InvalidTimestamp, "3 days in the future"),
        (json!({"ts": "yesterday"}), Code::InvalidTimestamp, "RFC 3339"),
        (json!({"ts": 1.5}), Code::InvalidTimestamp, "`ts`"),
        (json!({"ts": u64::MAX}), Code::InvalidTimestamp, "`ts`"),
        (json!({"ts": true}), Code::InvalidType, "`ts`"),
        (json!({"weight": 1e39}), Code::InvalidNumber, "`weight`"),
        (json!({"weight": 0}), Code::InvalidNumber, "`weight`"),
        (json!({"weight": 1e-60}), Code::InvalidNumber, "`weight`"),
        (json!({"weight": 1000.5}), Code::InvalidNumber, "at most 1000"),
        (json!({"weight": "NaN"}), Code::InvalidType, "`weight`"),
        (json!({"quantity": 0}), Code::InvalidNumber, "`quantity`"),
        (json!({"quantity": 1.5}), Code::InvalidNumber, "whole"),
        (json!({"quantity": 5e9}), Code::InvalidNumber, "`quantity`"),
        (json!({"price": -0.01}), Code::InvalidNumber, "negative"),
        (json!({"price": 1e39}), Code::InvalidNumber, "finite"),
        (json!({"currency": "yuan"}), Code::InvalidCurrency, "CNY"),
        (json!({"circle": ""}), Code::InvalidId, "`circle`"),
        (json!({"session": long}), Code::TooLong, "`session`"),
        (json!({"visibility": "public"}), Code::UnknownValue, "private"),
        (json!({"ref": 1}), Code::InvalidType, "`ref`"),
        (json!({"ref": {"sharer": "\n"}}), Code::InvalidId, "`ref.sharer`"),
        (json!({"ref": {"sharr": "v"}}), Code::UnknownField, "`ref.sharr`"),
    ];
    for (changes, code, part) in cases {
        let parsed = json_events(&event_with(&changes));
        let [bad] = &parsed.rejected[..] else { panic!("{changes} was taken") };
        assert_eq!((bad.code, bad.index), (code, 0), "{changes}: {}", bad.detail);
        assert!(bad.detail.contains(part), "{changes}: {}", bad.detail);
    }
}

#[test]
fn bodies_that_are_no_entries_are_refused_whole() {
    let cases: [(&[u8], Code); 9] = [
        (b"", Code::InvalidJson),
        (b"  \n", Code::InvalidJson),
        (b"7", Code::InvalidJson),
        (b"[{\"user\":}]", Code::InvalidJson),
        (b"[{\"weight\":NaN}]", Code::InvalidJson),
        (b"[{}] x", Code::InvalidJson),
        (b"[\"\xff\"]", Code::InvalidJson),
        (b"{\"events\":{}}", Code::InvalidType),
        (b"{\"events\":[],\"more\":1}", Code::UnknownField),
    ];
    for (body, code) in cases {
        let flaw = events(body, Format::Json, NOW).unwrap_err();
        assert_eq!(flaw.code, code, "{}: {flaw}", String::from_utf8_lossy(body));
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
    let refused = events(deep.as_bytes(), Format::Json, NOW);
    assert!(refused.map_or(true, |parsed| parsed.records.is_empty()));
}

#[test]
fn every_kind_of_bad_item_has_its_code() {
    let cases = [
        (json!({"name": "x".repeat(513)}), Code::TooLong),
        (json!({"name": "a\u{7}"}), Code::InvalidText),
        (json!({"category": "/shoes"}), Code::InvalidCategory),
        (json!({"category": "shoes//running"}), Code::InvalidCategory),
        (json!({"tags": "red"}), Code::InvalidType),
        (json!({"tags": [1]}), Code::InvalidType),
        (json!({"tags": [""]}), Code::InvalidText),
        (json!({"tags": vec!["t"; 257]}), Code::TooMany),
        (json!({"stock": -1}), Code::InvalidNumber),
        (json!({"available": "yes"}), Code::InvalidType),
        (json!({"place": {"lat": 91, "lon": 0}}), Code::InvalidPlace),
        (json!({"place": {"lat": 0, "lon": -180.5}}), Code::InvalidPlace),
        (json!({"place": {"lat": 0}}), Code::InvalidPlace),
        (json!({"place": {}}), Code::MissingField),
        (json!({"place": {"lat": 0, "lon": 0, "alt": 0}}), Code::UnknownField),
        (json!({"place": [0, 0]}), Code::InvalidType),
        (json!({"lat": 1}), Code::UnknownField),
        (json!({"attributes": []}), Code::InvalidType),
        (json!({"attributes": {"a": {"b": 1}}}), Code::InvalidType),
        (json!({"attributes": {"a": [1]}}), Code::InvalidType),
        (json!({"attributes": {"a": 1e39}}), Code::InvalidNumber),
        (json!({"attributes": {"": 1}}), Code::InvalidId),
        (json!({"attributes": {"a": "\u{202e}"}}), Code::InvalidText),
        (json!({"id": "j"}), Code::IdMismatch),
    ];
    for (body, code) in cases {
        let flaw = item_of("i", body.to_string().as_bytes(), NOW).unwrap_err();
        assert_eq!(flaw.code, code, "{body}: {flaw}");
    }
    assert_eq!(item_of("", b"{}", NOW).unwrap_err().code, Code::InvalidId);
}

#[test]
fn an_item_written_out_reads_back_the_same() {
    let body = json!({
        "name": "Nike", "category": "shoes/running", "tags": ["red"], "merchant": "m", "price": 1.5,
        "currency": "CNY", "stock": 0, "available": false, "place": {"lat": 31.2, "lon": 121.5}, "created": 5,
        "attributes": {"size": 42, "new": true, "fit": "wide", "colours": ["red", "blue"]},
    });
    let item = item_of("i", body.to_string().as_bytes(), NOW).unwrap();
    assert_eq!(item.attributes["colours"], Attribute::Texts(vec!["red".into(), "blue".into()]));
    assert_eq!(item.place, Some(Place { lat: 31.2, lon: 121.5 }));
    let written = serde_json::to_vec(&item::ItemBody::from(item.clone())).unwrap();
    assert_eq!(item_of("i", &written, NOW).unwrap(), item);
}

#[test]
fn a_patch_keeps_what_is_absent_and_clears_what_is_null() {
    let before = item_of(
        "i",
        br#"{"name":"a","price":1,"tags":["x"],"available":false,"attributes":{"a":1,"b":2}}"#,
        NOW,
    );
    let after = patch_item(
        before.unwrap(),
        br#"{"price":null,"available":null,"attributes":{"a":null,"c":3}}"#,
        NOW,
    );
    let expected = item_of("i", br#"{"name":"a","tags":["x"],"attributes":{"b":2,"c":3}}"#, NOW);
    assert_eq!(after.unwrap(), expected.unwrap());
}

#[test]
fn users_are_read_and_patched() {
    let user = user_of("u", br#"{"name":"Wei","visibility":"private"}"#, NOW).unwrap();
    assert_eq!((user.name.as_deref(), user.visibility), (Some("Wei"), Visibility::Private));
    let user = patch_user(user, br#"{"visibility":null}"#, NOW).unwrap();
    assert_eq!((user.name.as_deref(), user.visibility), (Some("Wei"), Visibility::Friends));
    assert_eq!(user_of("u", br#"{"age":7}"#, NOW).unwrap_err().code, Code::UnknownField);
    let bulk = users(br#"[{"id":"u"},{"name":"nobody"}]"#, Format::Json, NOW).unwrap();
    assert_eq!((bulk.records.len(), bulk.rejected[0].code), (1, Code::MissingField));
}

#[test]
fn relations_are_checked() {
    assert_eq!(relation_of("u", "friend", "v").unwrap().kind, RelationKind::Friend);
    assert!(relation_of("u", "member", "u").is_ok());
    let code = |from, kind, to| relation_of(from, kind, to).unwrap_err().code;
    assert_eq!(code("u", "friend", "u"), Code::SelfRelation);
    assert_eq!(code("u", "friends", "v"), Code::UnknownValue);
    assert_eq!(code("", "friend", "v"), Code::InvalidId);
    let since = br#"{"from":"u","kind":"friend","to":"v","since":"2023-11-14T22:13:20Z"}"#;
    let since = relations(since, Format::Json, NOW).unwrap().records.remove(0).1;
    let Record::Relation(since) = since else { panic!("{since:?} is no relation") };
    assert_eq!(since.since, Some(1_700_000_000_000));
    let bulk = relations(br#"{"relations":[{"from":"u","to":"v"}]}"#, Format::Json, NOW).unwrap();
    assert_eq!(bulk.rejected[0].code, Code::MissingField);
}

fn stream(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)));
    let batch = batch.unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn event_stream() -> Vec<u8> {
    stream(vec![
        ("user", texts(&[Some("u"), None])),
        ("item", texts(&[Some("i"), Some("j")])),
        ("type", texts(&[Some("view"), Some("like")])),
        ("ts", Arc::new(Int64Array::from(vec![1, 2]))),
        ("weight", Arc::new(Float32Array::from(vec![2.0, f32::NAN]))),
        ("sharer", texts(&[Some("v"), None])),
    ])
}

#[test]
fn an_arrow_stream_is_read_row_by_row() {
    let parsed = events(&event_stream(), Format::Arrow, NOW).unwrap();
    assert_eq!(parsed.records.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 2]);
    let Record::Event(event) = &parsed.records[0].1 else { panic!("no event") };
    assert_eq!((event.ts, event.weight), (1000, 2.0));
    assert_eq!(event.attribution.as_ref().unwrap().sharer.as_deref(), Some("v"));
    let codes: Vec<_> = parsed.rejected.iter().map(|bad| (bad.index, bad.code)).collect();
    assert_eq!(codes, [(1, Code::MissingField), (3, Code::MissingField)]);
}

#[test]
fn an_arrow_stream_of_another_schema_is_refused_whole() {
    let numbers = || Arc::new(Int64Array::from(vec![1])) as ArrayRef;
    let text = || texts(&[Some("a")]);
    let whole = || vec![("user", text()), ("item", text()), ("type", text())];
    let cases = [
        (vec![("user", text())], Code::MissingField, "`item`"),
        (vec![("user", numbers()), ("item", text()), ("type", text())], Code::InvalidArrow, "utf8"),
        ([whole(), vec![("colour", text())]].concat(), Code::UnknownField, "`colour`"),
        ([whole(), vec![("ref", text())]].concat(), Code::UnknownField, "`ref`"),
    ];
    for (columns, code, part) in cases {
        let flaw = events(&stream(columns), Format::Arrow, NOW).unwrap_err();
        assert_eq!(flaw.code, code, "{flaw}");
        assert!(flaw.to_string().contains(part), "{flaw}");
    }
    for body in [&b""[..], b"no arrow at all", &event_stream()[..300]] {
        assert_eq!(events(body, Format::Arrow, NOW).unwrap_err().code, Code::InvalidArrow);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for format in [Format::Json, Format::Ndjson, Format::Arrow] {
            drop(events(&body, format, NOW));
            drop(items(&body, format, NOW));
        }
    }

    #[test]
    fn no_json_makes_a_parser_panic(body in r#"[\[{]{1,3}("(user|item|type|ts|ref|events)":)?[-0-9eE."\\u\[\]{},: a-z]{0,40}[\]}]{0,3}"#) {
        for format in [Format::Json, Format::Ndjson] {
            drop(events(body.as_bytes(), format, NOW));
        }
    }

    #[test]
    fn no_damage_to_an_arrow_stream_gets_through(at in 0_usize..2000, byte: u8) {
        let mut body = event_stream();
        let at = at % body.len();
        body[at] = byte;
        drop(events(&body, Format::Arrow, NOW));
    }
}

#[test]
fn a_price_is_kept_to_the_last_bit() {
    let body = br#"{"id": "i", "price": 1.9000000000000001}"#;
    let parsed = super::items(body, Format::Json, NOW).unwrap();
    let [(_, Record::Item(item))] = &parsed.records[..] else { panic!("{parsed:?}") };
    assert_eq!(item.price.map(f64::to_bits), Some(1.900_000_000_000_000_1_f64.to_bits()));
}
