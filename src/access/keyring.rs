//! The keys as the server looks them up.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;

use super::key::{self, KeyEntry};

/// All keys by id, each with its limit.
#[derive(Debug)]
pub(super) struct Keyring {
    keys: HashMap<String, Held>,
    origins: HashSet<String>,
    /// Compared with what has the id of no key, so that it takes as long.
    nobody: KeyEntry,
}

#[derive(Debug)]
pub(super) struct Held {
    pub(super) entry: KeyEntry,
    limit: Option<DefaultDirectRateLimiter>,
}

impl Keyring {
    pub(super) fn new(entries: Vec<KeyEntry>) -> Self {
        let origins = entries.iter().flat_map(|entry| entry.origins.iter().cloned()).collect();
        let held = |entry: KeyEntry| {
            let quota = entry.rate.and_then(NonZeroU32::new).map(Quota::per_second);
            (entry.id.clone(), Held { entry, limit: quota.map(RateLimiter::direct) })
        };
        let nobody = KeyEntry {
            id: String::new(),
            name: String::new(),
            scope: super::Scope::Public,
            sha256: key::hash(""),
            created: Timestamp::UNIX_EPOCH,
            expires: None,
            revoked: None,
            origins: Vec::new(),
            rate: None,
        };
        Self { keys: entries.into_iter().map(held).collect(), origins, nobody }
    }

    /// The valid key that was presented.
    pub(super) fn find(&self, presented: &str, now: Timestamp) -> Option<&Held> {
        let found = key::id_of(presented).and_then(|id| self.keys.get(id));
        let is_it = found.map_or(&self.nobody, |held| &held.entry).is(presented);
        found.filter(|held| is_it && held.entry.is_valid(now))
    }

    /// True if a public key may be used from a page of this origin.
    pub(super) fn knows_origin(&self, origin: &str) -> bool {
        self.origins.contains(origin)
    }
}

impl Held {
    /// Counts a request; after too many, how many seconds to wait.
    pub(super) fn count(&self) -> Result<(), u64> {
        let Some(limit) = &self.limit else { return Ok(()) };
        limit.check().map_err(|until| seconds(until.wait_time_from(DefaultClock::default().now())))
    }
}

/// Whole seconds, at least one.
pub(super) fn seconds(wait: std::time::Duration) -> u64 {
    wait.as_secs() + 1
}
