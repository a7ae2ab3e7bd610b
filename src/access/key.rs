//! One key: what its holder has, and what is kept of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{AccessError, Scope};
use crate::system::disk::hex;

const PREFIX: &str = "gx_";
const ID_BYTES: usize = 4;
const SECRET_BYTES: usize = 32;

/// A key as its holder has it: `gx_<id>_<256 random bits>`, both in hexadecimal. It is shown once, when it is made.
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

/// What a key is to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What it is called: at most two valid keys have one name, so that one can take over from the other.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
    /// From which pages it may be used; for public keys only.
    pub origins: Vec<String>,
    /// Until when it is valid.
    pub expires: Option<Timestamp>,
    /// How many requests a second it may make, on average and at once.
    pub rate: Option<u32>,
}

/// What is kept of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// The part of the key that is no secret.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
    /// The SHA-256 of the whole key in hexadecimal.
    pub sha256: String,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
    /// From which pages it may be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// How many requests a second it may make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
}

impl KeyEntry {
    /// Whether it is neither revoked nor expired.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }

    /// Whether this is the whole key. Takes as long for every wrong one.
    pub(super) fn is(&self, presented: &str) -> bool {
        hash(presented).as_bytes().ct_eq(self.sha256.as_bytes()).into()
    }
}

/// What is kept of a key instead of it.
pub(super) fn hash(key: &str) -> String {
    hex(&Sha256::digest(key))
}

/// The id in a key, if it has the form of one.
pub(super) fn id_of(presented: &str) -> Option<&str> {
    let (id, secret) = presented.strip_prefix(PREFIX)?.split_once('_')?;
    (id.len() == 2 * ID_BYTES && secret.len() == 2 * SECRET_BYTES).then_some(id)
}
