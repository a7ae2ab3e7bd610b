//! The numbers of types and kinds in records of every format. A number is never reused and never
//! changes.

use guanxi_models::{EventType, RelationKind, Visibility};

use super::Unreadable;

/// The number of each event type.
pub(super) const EVENT_TYPES: [(u32, EventType); 13] = [
    (0, EventType::View),
    (1, EventType::Click),
    (2, EventType::Like),
    (3, EventType::Cart),
    (4, EventType::Purchase),
    (5, EventType::Refund),
    (6, EventType::Review),
    (7, EventType::Share),
    (8, EventType::GroupOpen),
    (9, EventType::GroupJoin),
    (10, EventType::Dismiss),
    (11, EventType::Report),
    (12, EventType::Impression),
];

/// The number of each kind of relation.
pub(super) const RELATION_KINDS: [(u32, RelationKind); 4] = [
    (0, RelationKind::Friend),
    (1, RelationKind::Follow),
    (2, RelationKind::Block),
    (3, RelationKind::Member),
];

/// The number of each visibility.
pub(super) const VISIBILITIES: [(u32, Visibility); 2] =
    [(0, Visibility::Friends), (1, Visibility::Private)];

/// The number of a value.
pub(super) fn code_of<T: Copy + PartialEq>(table: &[(u32, T)], thing: T) -> u32 {
    let found = table.iter().find(|(_, other)| *other == thing);
    found.expect("every variant has a number").0
}

/// The value of a number. `noun` names its type in errors.
///
/// # Errors
/// [`Unreadable::Newer`] for an unknown number, which a later guanxi wrote.
pub(super) fn of_code<T: Copy>(table: &[(u32, T)], noun: &str, code: u32) -> Result<T, Unreadable> {
    let found = table.iter().find(|(other, _)| *other == code);
    found.map(|(_, thing)| *thing).ok_or_else(|| Unreadable::Newer(format!("has {noun} {code}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_has_a_number_of_its_own() {
        let is_ascending = |codes: &[u32]| codes.is_sorted_by(|one, next| one < next);
        assert!(is_ascending(&EventType::ALL.map(|kind| code_of(&EVENT_TYPES, kind))));
        assert!(is_ascending(&RelationKind::ALL.map(|kind| code_of(&RELATION_KINDS, kind))));
        assert!(is_ascending(&Visibility::ALL.map(|one| code_of(&VISIBILITIES, one))));
    }
}
