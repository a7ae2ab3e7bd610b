//! `keys.json` as it stands on the disk.
//!
//! | format | differs |
//! |---|---|
//! | 2 | names its format |
//! | 1 | names none |
//!
//! A field that this guanxi doesn't know may be a restriction, so that it is refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{KeyEntry, Scope};
use crate::system::format::{FormatError, json_format};

/// The format in which keys are written.
const FORMAT: u32 = 2;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKeys {
    #[serde(default)]
    format: u32,
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    id: String,
    name: String,
    scope: String,
    sha256: String,
    created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    origins: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
}

pub(super) fn encode(keys: &[KeyEntry]) -> Vec<u8> {
    let keys = keys.iter().cloned().map(StoredKey::from).collect();
    serde_json::to_vec_pretty(&StoredKeys { format: FORMAT, keys }).expect("keys are plain data")
}

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<KeyEntry>, FormatError> {
    json_format(bytes, Some(1), FORMAT)?;
    let stored: StoredKeys = serde_json::from_slice(bytes)?;
    stored.keys.into_iter().map(StoredKey::entry).collect()
}

impl From<KeyEntry> for StoredKey {
    fn from(key: KeyEntry) -> Self {
        let KeyEntry { id, name, scope, sha256, created, expires, revoked, origins, rate } = key;
        let scope = scope.name().to_owned();
        Self { id, name, scope, sha256, created, expires, revoked, origins, rate }
    }
}

impl StoredKey {
    fn entry(self) -> Result<KeyEntry, FormatError> {
        let Self { id, name, scope, sha256, created, expires, revoked, origins, rate } = self;
        let unknown =
            || FormatError::Damaged(format!("key `{id}` has the unknown scope `{scope}`"));
        let scope = Scope::from_name(&scope).ok_or_else(unknown)?;
        Ok(KeyEntry { id, name, scope, sha256, created, expires, revoked, origins, rate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::format::assert_golden;

    const FORMATS: [(u32, &[u8]); 2] = [
        (1, include_bytes!("../../tests/formats/golden/keys/1/keys.json")),
        (2, include_bytes!("../../tests/formats/golden/keys/2/keys.json")),
    ];

    /// One key with everything, and one of each other scope with as little as there can be.
    fn keys() -> Vec<KeyEntry> {
        let at = |second: i64| Timestamp::from_second(1_790_000_000 + second).unwrap();
        let public = KeyEntry {
            id: "00000000".to_owned(),
            name: "storefront".to_owned(),
            scope: Scope::Public,
            sha256: "ab".repeat(32),
            created: at(0),
            expires: Some(at(2)),
            revoked: Some(at(1)),
            origins: vec!["https://shop.example".to_owned()],
            rate: Some(50),
        };
        let plain = |(number, scope): (usize, Scope)| KeyEntry {
            id: format!("{:08}", number + 1),
            name: scope.name().to_owned(),
            scope,
            expires: None,
            revoked: None,
            origins: Vec::new(),
            rate: None,
            ..public.clone()
        };
        let others = [Scope::Read, Scope::Write, Scope::Admin].into_iter().enumerate();
        [public.clone()].into_iter().chain(others.map(plain)).collect()
    }

    #[test]
    fn keys_are_written_as_their_golden_bytes() {
        assert_golden("keys", FORMAT, &encode(&keys()), FORMATS[1].1);
    }

    #[test]
    fn every_format_of_keys_is_read() {
        for (format, bytes) in FORMATS {
            assert_eq!(decode(bytes), Ok(keys()), "format {format}");
        }
    }

    #[test]
    fn a_scope_or_a_restriction_that_is_not_known_is_refused() {
        let text = String::from_utf8(encode(&keys())).unwrap();
        for (known, unknown) in [("\"admin\"", "\"root\""), ("\"rate\"", "\"country\"")] {
            let error = decode(text.replacen(known, unknown, 2).as_bytes()).unwrap_err();
            assert!(error.to_string().contains(&unknown.replace('"', "`")), "{error}");
        }
    }
}
