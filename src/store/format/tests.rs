//! Records come back as they were, damage is noticed, and golden bytes of every version mean what
//! they meant.

use guanxi_models::{Event, EventType, Item, Relation, RelationKind, User};
use sha2::{Digest, Sha256};

use super::*;

proptest::proptest! {
    #![proptest_config(crate::testing::arbitrary::cases(256))]

    #[test]
    fn any_record_comes_back_as_it_was(record in crate::testing::arbitrary::record()) {
        let bytes = encode_record(&record);
        proptest::prop_assert_eq!(decode_record(Offset(1), &bytes).unwrap(), record);
    }
}

fn records() -> Vec<Record> {
    vec![
        Record::Event(Event::new("e", "u", "i", EventType::GroupJoin, 5)),
        Record::Item(Item::bare("i")),
        Record::ItemDeleted { id: "i".into() },
        Record::User(User { id: "u".into(), ..User::default() }),
        Record::Relation(Relation::new("u", RelationKind::Block, "v")),
    ]
}

#[test]
fn every_kind_of_record_comes_back() {
    for record in records() {
        let bytes = encode_record(&record);
        assert_eq!(decode_record(Offset(1), &bytes).unwrap(), record);
    }
}

#[test]
fn any_changed_or_missing_byte_is_noticed() {
    let is_damaged = |bytes: &[u8]| {
        matches!(
            decode_record(Offset(1), bytes),
            Err(StoreError::Damaged { offset: Offset(1), .. })
        )
    };
    let golden = golden().into_iter().map(|(_, bytes)| bytes);
    for bytes in records().iter().map(encode_record).chain(golden) {
        for at in 0..bytes.len() {
            for mask in [0x20, 0x01, 0x03] {
                let mut flipped = bytes.clone();
                flipped[at] ^= mask;
                assert!(is_damaged(&flipped), "byte {at} of {bytes:02x?}");
            }
            assert!(is_damaged(&bytes[..at]));
        }
    }
}

#[test]
fn a_later_version_is_refused_by_a_sentence_that_names_both() {
    let refused = decode_record(Offset(9), &of_version(3)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a newer guanxi wrote the log: the record at offset 9 has format version 3, and this guanxi reads format versions 1 to 2 as it \
         knows them; start the newer guanxi"
    );
    let zero = decode_record(Offset(9), &of_version(0));
    assert!(matches!(zero, Err(StoreError::Damaged { offset: Offset(9), .. })));
}

/// The names and bytes of the golden records of format 1.
fn golden() -> Vec<(&'static str, Vec<u8>)> {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let lines = include_str!("../../../tests/formats/records/v1.hex").lines();
    let lines = lines.map(|line| line.split_once(' ').unwrap());
    lines.map(|(name, hex)| (name, hex.as_bytes().chunks(2).map(byte).collect())).collect()
}

#[test]
fn an_event_of_format_1_that_is_sent_again_has_the_hash_that_it_had() {
    let mut events = 0;
    for (name, bytes) in golden() {
        let Record::Event(event) = decode_record(Offset(1), &bytes).unwrap() else { continue };
        let had = Sha256::digest(&bytes[HEADER..]);
        assert_eq!(body_hash(&event), had[..16], "{name}");
        let again = decode_record(Offset(1), &encode_record(&Record::Event(event))).unwrap();
        let Record::Event(again) = again else { panic!("{name}") };
        assert_eq!(body_hash(&again), had[..16], "{name} in format 2");
        events += 1;
    }
    assert!(events >= EventType::ALL.len());
}
