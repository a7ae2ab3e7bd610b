//! Decides if a request may pass.

use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::keyring::{Held, Keyring};
use super::limits::Attempts;
use super::token::Verifier;
use super::watched::Watched;
use super::{AccessError, Caller, FILE, Need, Scope, file, key};
use crate::config::Tokens;

/// The credentials of a request.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// From where it came.
    pub address: IpAddr,
    /// The key, from `authorization: Bearer`.
    pub key: Option<&'a str>,
    /// The token of the user, from `x-user-token`.
    pub token: Option<&'a str>,
    /// From which page it was sent.
    pub origin: Option<&'a str>,
}

/// Why a request may not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It has no key.
    NoKey,
    /// No valid key is like this one.
    WrongKey,
    /// The key is for something else.
    Scope {
        /// The scope of the key.
        scope: Scope,
    },
    /// A public key, sent from a page that it is not for.
    Origin,
    /// The token can't be trusted.
    Token {
        /// The reason.
        what: &'static str,
    },
    /// Too many requests of the key, or too many keys from the address.
    TooMany {
        /// The seconds to wait.
        wait: u64,
    },
}

/// The keys, the tokens and the limits of a running server.
#[derive(Debug)]
pub struct Gate {
    /// None where there never was a key.
    keyring: Watched<Option<Keyring>>,
    verifier: Watched<Verifier>,
    tokens: Tokens,
    attempts: Attempts,
}

impl Gate {
    /// The gate of a data directory.
    pub fn open(data: &Path, tokens: &Tokens) -> Result<Self, String> {
        let path = data.join(FILE);
        let (name, had_keys) = (path.clone(), AtomicBool::new(false));
        let keyring = Watched::new(path, move |bytes| match bytes {
            Some(bytes) => {
                had_keys.store(true, Ordering::Relaxed);
                let keys = file::parse(&name, &bytes).map_err(|error| error.to_string())?;
                Ok(Some(Keyring::new(keys)))
            }
            // Removing the file does not open access.
            None if had_keys.load(Ordering::Relaxed) => Err("it is gone".to_owned()),
            None => Ok(None),
        })?;
        let path = tokens.jwks.clone();
        let name = path.clone();
        let verifier = Watched::new(path, move |bytes| match bytes {
            Some(bytes) => Verifier::parse(&name, &bytes).map_err(|error| error.to_string()),
            None if name.as_os_str().is_empty() => Ok(Verifier::default()),
            None => Err(AccessError::Unreadable {
                path: name.clone(),
                expected: "a JWK set",
                what: "there is no such file".to_owned(),
            }
            .to_string()),
        })?;
        Ok(Self { keyring, verifier, tokens: tokens.clone(), attempts: Attempts::new() })
    }

    /// True if requests need a key.
    pub fn has_keys(&self) -> bool {
        self.keyring.get().is_some()
    }

    /// True if any key allows pages of this origin.
    pub fn knows_origin(&self, origin: &str) -> bool {
        self.keyring.get().as_ref().as_ref().is_some_and(|ring| ring.knows_origin(origin))
    }

    /// The caller, if the request may pass.
    pub fn admit(
        &self,
        presented: Presented<'_>,
        need: Need,
        now: Timestamp,
    ) -> Result<Caller, Denied> {
        let keyring = self.keyring.get();
        let Some(keyring) = keyring.as_ref() else { return Ok(Caller::Shop) };
        if need == Need::Nothing {
            return Ok(Caller::Visitor { user: None });
        }
        let held = self.key(keyring, presented, now)?;
        held.count().map_err(|wait| Denied::TooMany { wait })?;
        let scope = held.entry.scope;
        if !scope.allows(need) {
            return Err(Denied::Scope { scope });
        }
        if scope != Scope::Public {
            return Ok(Caller::Shop);
        }
        let is_from_page = presented
            .origin
            .is_some_and(|origin| held.entry.origins.iter().any(|own| own == origin));
        if !is_from_page {
            return Err(Denied::Origin);
        }
        let verifier = self.verifier.get();
        let user = presented.token.map(|token| verifier.user(token, &self.tokens));
        let user = user.transpose().map_err(|what| Denied::Token { what })?;
        Ok(Caller::Visitor { user })
    }

    fn key<'k>(
        &self,
        keyring: &'k Keyring,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<&'k Held, Denied> {
        let key = presented.key.ok_or(Denied::NoKey)?;
        let id = key::id_of(key).and_then(|id| u32::from_str_radix(id, 16).ok());
        let address = presented.address;
        let was_right = id.is_some_and(|id| self.attempts.was_right(address, id));
        let attempt = || self.attempts.count(address).map_err(|wait| Denied::TooMany { wait });
        if !was_right {
            attempt()?;
        }
        if let (Some(held), Some(id)) = (keyring.find(key, now), id) {
            if !was_right {
                self.attempts.remember(address, id);
            }
            return Ok(held);
        }
        if was_right {
            attempt()?;
        }
        Err(Denied::WrongKey)
    }
}
