//! The hash of an event's body, which identifies repeated events.
//!
//! The index of event ids has had it since the first version, so it is computed over the bytes of
//! format 1 for every format. The hash of an event that format 1 could express never changes. Each
//! later field that is present follows those bytes: its number (1 byte), its length (4, little
//! endian), its bytes. Numbers never change.

use guanxi_models::Event;
use sha2::{Digest, Sha256};

use super::v1;

/// The first half of the SHA-256 of an event's canonical bytes. Equal bodies have equal hashes.
pub(in crate::store) type BodyHash = [u8; 16];

/// The hash of an event.
pub(in crate::store) fn body_hash(event: &Event) -> BodyHash {
    let mut bytes = v1::canonical(event);
    add_later_fields(event, &mut bytes);
    let digest = Sha256::digest(bytes);
    digest.first_chunk().copied().expect("a SHA-256 has 32 bytes")
}

fn add_later_fields(event: &Event, bytes: &mut Vec<u8>) {
    let details = event.action.details();
    let discount = details.discount.map(f64::to_le_bytes);
    let fields: [(u8, Option<&[u8]>); 6] = [
        (1, event.channel.as_deref().map(str::as_bytes)),
        (2, details.order.map(str::as_bytes)),
        (3, details.group.map(str::as_bytes)),
        (4, discount.as_ref().map(<[u8; 8]>::as_slice)),
        (5, details.offer.map(str::as_bytes)),
        (6, details.shared_with.map(str::as_bytes)),
    ];
    for (number, value) in fields {
        let Some(value) = value else { continue };
        bytes.push(number);
        bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
        bytes.extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use guanxi_models::{Action, Details, EventType};

    use super::*;

    fn hex(event: &Event) -> String {
        format!("{:032x}", u128::from_be_bytes(body_hash(event)))
    }

    /// Golden: computed once, with another program, from the rule above.
    #[test]
    fn later_fields_count_each_under_its_number() {
        let plain = Event::new("e", "u", "i", EventType::Purchase, 5);
        let details = Details {
            order: Some("o"),
            group: Some("g"),
            discount: Some(0.5),
            offer: Some("f"),
            shared_with: None,
        };
        let action = Action::new(EventType::Purchase, details).unwrap();
        let ordered = Event { action, channel: Some("qr".into()), ..plain.clone() };
        let action = Action::Share { with: Some("v".into()) };
        let shared = Event { action, ..plain.clone() };
        assert_eq!(hex(&plain), "5b1bab4db16f44cf2d2610f386a2f7fb");
        assert_eq!(hex(&ordered), "c1ceaf377a43841ffdd51d7d808f8685");
        assert_eq!(hex(&shared), "b4d7cbb2a66ca8237c28d8b3b842e22c");
    }
}
