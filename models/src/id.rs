//! Ids: public ids are strings, internal ids are typed dense numbers.

use serde::{Deserialize, Serialize};

/// The longest public id, in bytes.
pub const MAX_ID_BYTES: usize = 128;

/// The dense number of a user: its row in every user-side table of a [`crate::Model`] and
/// [`crate::World`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(transparent)]
pub struct UserIdx(pub u32);

/// The dense number of an item: its row in every item-side table of a [`crate::Model`] and
/// [`crate::World`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(transparent)]
pub struct ItemIdx(pub u32);

/// The dense number of a circle: a group chat, a class, colleagues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(transparent)]
pub struct CircleIdx(pub u32);

impl CircleIdx {
    /// The row of this circle.
    pub fn row(self) -> usize {
        self.0 as usize
    }
}

impl UserIdx {
    /// The row of this user.
    pub fn row(self) -> usize {
        self.0 as usize
    }
}

impl ItemIdx {
    /// The row of this item.
    pub fn row(self) -> usize {
        self.0 as usize
    }
}

/// A position in the log. The first record has offset 1; 0 is before all records.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct Offset(pub u64);

impl Offset {
    /// The offset of the record that follows.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl std::fmt::Display for Offset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The reason why a string can't be a public id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The string has no characters.
    #[error("an id must not be empty: give it 1 to {MAX_ID_BYTES} bytes")]
    Empty,
    /// The string is longer than [`MAX_ID_BYTES`].
    #[error("an id of {bytes} bytes is too long: at most {MAX_ID_BYTES} are allowed")]
    TooLong {
        /// The given length.
        bytes: usize,
    },
    /// The string has a control or bidirectional character.
    #[error(
        "an id must not hold the control or bidirectional character U+{:04X} (at byte {at})",
        *character as u32
    )]
    Forbidden {
        /// The first such character.
        character: char,
        /// Its position in bytes.
        at: usize,
    },
}

/// Checks that `id` can be a public id: 1 to [`MAX_ID_BYTES`] bytes, no control and no
/// bidirectional formatting characters.
///
/// ```
/// assert!(guanxi_models::check_id("sku/42").is_ok());
/// assert!(guanxi_models::check_id("").is_err());
/// assert!(guanxi_models::check_id("a\u{202e}b").is_err());
/// ```
pub fn check_id(id: &str) -> Result<(), IdError> {
    if id.is_empty() {
        return Err(IdError::Empty);
    }
    if id.len() > MAX_ID_BYTES {
        return Err(IdError::TooLong { bytes: id.len() });
    }
    match id.char_indices().find(|&(_, c)| is_forbidden(c)) {
        Some((at, character)) => Err(IdError::Forbidden { character, at }),
        None => Ok(()),
    }
}

/// True if `c` is a control character or a bidirectional formatting character of Unicode.
pub fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_script_and_slashes_are_fine() {
        for id in ["u1", "用户", "a/b/c", "sku:42@shop", &"x".repeat(MAX_ID_BYTES)] {
            assert_eq!(check_id(id), Ok(()));
        }
    }

    #[test]
    fn empty_oversized_control_and_bidi_are_refused() {
        assert_eq!(check_id(""), Err(IdError::Empty));
        assert_eq!(check_id(&"x".repeat(129)), Err(IdError::TooLong { bytes: 129 }));
        assert_eq!(check_id("a\nb"), Err(IdError::Forbidden { character: '\n', at: 1 }));
        assert_eq!(check_id("a\u{2066}"), Err(IdError::Forbidden { character: '\u{2066}', at: 1 }));
    }
}
