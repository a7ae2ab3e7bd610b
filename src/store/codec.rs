//! Records as bytes: one byte of format version, four of CRC-32 (little endian, over what follows), then the record in postcard.

use guanxi_models::{Offset, Record};
use sha2::{Digest, Sha256};

use super::StoreError;
use crate::testing::seeded::{Defect, has};

/// The format of a record. A higher one was written by a later guanxi.
const VERSION: u8 = 1;
const HEADER: usize = 5;

/// The first half of the SHA-256 of an event as it is stored: equal bodies are the same event.
pub(super) type BodyHash = [u8; 16];

/// A record as the log holds it.
pub(super) fn encode_record(record: &Record) -> Vec<u8> {
    let body = vec![VERSION, 0, 0, 0, 0];
    let mut bytes = postcard::to_extend(record, body).expect("a record is plain data");
    let crc = crc32fast::hash(&bytes[HEADER..]);
    bytes[1..HEADER].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The record that these bytes hold.
///
/// # Errors
/// [`StoreError::Damaged`] at `offset` if the version, the checksum or the shape is wrong.
pub(super) fn decode_record(offset: Offset, bytes: &[u8]) -> Result<Record, StoreError> {
    let damaged = |what: String| StoreError::Damaged { offset, what };
    let Some((header, body)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(damaged(format!("a record of {} bytes is too short", bytes.len())));
    };
    let [version, crc @ ..] = *header;
    if version != VERSION {
        return Err(damaged(format!("format version {version} is unknown")));
    }
    if u32::from_le_bytes(crc) != crc32fast::hash(body) && !has(Defect::NoChecksum) {
        return Err(damaged("the checksum does not match".to_owned()));
    }
    match postcard::take_from_bytes(body) {
        Ok((record, [])) => Ok(record),
        Ok((_, rest)) => Err(damaged(format!("{} bytes follow the record", rest.len()))),
        Err(error) => Err(damaged(error.to_string())),
    }
}

/// The hash of an encoded event.
pub(super) fn body_hash(encoded: &[u8]) -> BodyHash {
    let digest = Sha256::digest(&encoded[HEADER..]);
    digest.first_chunk().copied().expect("a SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use guanxi_models::{Event, EventType, Item, Relation, RelationKind, User};

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
            Record::Relation(Relation {
                from: "u".into(),
                kind: RelationKind::Block,
                to: "v".into(),
            }),
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
        for record in records() {
            let bytes = encode_record(&record);
            for at in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[at] ^= 0x20;
                assert!(decode_record(Offset(1), &flipped).is_err(), "byte {at} of {record:?}");
                assert!(decode_record(Offset(1), &bytes[..at]).is_err());
            }
        }
    }
}
