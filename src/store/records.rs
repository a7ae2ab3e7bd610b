//! A range of the log, in order and without gaps.

use fjall::UserValue;
use guanxi_models::{Offset, Record};

use super::StoreError;
use super::format::decode_record;
use super::keyspaces::{Keyspaces, key_of, offset_of};

/// The encoded records of a range. The first error ends it.
pub(super) struct Encoded {
    entries: fjall::Iter,
    /// The next expected offset; none after the end.
    expected: Option<Offset>,
    through: Offset,
}

/// The records after `after` up to and including `through`, which must be in the log.
pub(super) fn encoded(keyspaces: &Keyspaces, after: Offset, through: Offset) -> Encoded {
    let expected = (after < through).then(|| after.next());
    let first = expected.unwrap_or(through);
    let entries = keyspaces.log.range(key_of(first)..=key_of(through));
    Encoded { entries, expected, through }
}

/// The decoded records of [`encoded`].
pub(super) fn decoded(
    keyspaces: &Keyspaces,
    after: Offset,
    through: Offset,
) -> impl Iterator<Item = Result<(Offset, Record), StoreError>> + use<> {
    let decode =
        |(offset, bytes): (Offset, UserValue)| Ok((offset, decode_record(offset, &bytes)?));
    encoded(keyspaces, after, through).map(move |entry| entry.and_then(decode))
}

impl Encoded {
    fn entry(&mut self, expected: Offset) -> Result<(Offset, UserValue), StoreError> {
        let missing = |what: String| StoreError::Damaged { offset: expected, what };
        let Some(guard) = self.entries.next() else {
            return Err(missing(format!("the log ends before it instead of at {}", self.through)));
        };
        let (key, value) = guard.into_inner()?;
        match offset_of(&key)? {
            offset if offset == expected => Ok((offset, value)),
            offset => Err(missing(format!("the next record has offset {offset}"))),
        }
    }
}

impl Iterator for Encoded {
    type Item = Result<(Offset, UserValue), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let expected = self.expected.take()?;
        let entry = self.entry(expected);
        if entry.is_ok() && expected < self.through {
            self.expected = Some(expected.next());
        }
        Some(entry)
    }
}
