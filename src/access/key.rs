//! One key: what its holder has, and what is kept of it.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{AccessError, Scope};
use crate::system::disk::hex;

const PREFIX: &str = "gx_";
const ID_BYTES: usize = 4;
const SECRET_BYTES: usize = 32;

/// A key as its holder has it: `gx_<id>_<256 random bits>`, both in hexadecimal. It is shown once,
/// when it is made.
pub struct Secret(String);

impl Secret {
    /// A new key from the system's randomness, and its id.
    pub(super) fn random() -> Result<(String, Self), AccessError> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| AccessError::Random(error.to_string()))?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        let id = hex(id);
        let text = format!("{PREFIX}{id}_{}", hex(secret));
        Ok((id, Self(text)))
    }

    /// The key, to be shown this once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// No log line has a key in it, by whatever way it got there.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The properties of a new key.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its name. At most two valid keys share one, so that a new key can replace an old one.
    pub name: String,
    /// Its scope.
    pub scope: Scope,
    /// The page origins from which it may be used; for public keys only.
    pub origins: Vec<String>,
    /// The time until which it is valid.
    pub expires: Option<Timestamp>,
    /// The requests per second it may make, on average and in a burst.
    pub rate: Option<u32>,
}

/// A key as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEntry {
    /// The part of the key that is no secret.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its scope.
    pub scope: Scope,
    /// The SHA-256 of the whole key in hexadecimal.
    pub sha256: String,
    /// The time it was made.
    pub created: Timestamp,
    /// The time until which it is valid.
    pub expires: Option<Timestamp>,
    /// The time it was revoked.
    pub revoked: Option<Timestamp>,
    /// The page origins from which it may be used.
    pub origins: Vec<String>,
    /// The requests per second it may make.
    pub rate: Option<u32>,
}

impl KeyEntry {
    /// True if it is neither revoked nor expired.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }

    /// True if `presented` is the full key. The comparison takes constant time.
    pub(super) fn is(&self, presented: &str) -> bool {
        hash(presented).as_bytes().ct_eq(self.sha256.as_bytes()).into()
    }
}

/// The hash that is stored in place of a key.
pub(super) fn hash(key: &str) -> String {
    hex(&Sha256::digest(key))
}

/// The id in a key, if it has the form of one.
pub(super) fn id_of(presented: &str) -> Option<&str> {
    let (id, secret) = presented.strip_prefix(PREFIX)?.split_once('_')?;
    (id.len() == 2 * ID_BYTES && secret.len() == 2 * SECRET_BYTES).then_some(id)
}
