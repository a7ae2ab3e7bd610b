//! `keys.json`: reading and changing it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::key::{self, KeyEntry, NewKey, Secret};
use super::{AccessError, Scope, stored};
use crate::system::disk;
use crate::system::format::FormatError;

/// The name of the file in a data directory.
pub const FILE: &str = "keys.json";

/// The keys of a data directory, held for a change: nobody else changes them until the value is
/// dropped.
#[derive(Debug)]
pub struct KeyFile {
    directory: PathBuf,
    keys: Vec<KeyEntry>,
    /// Held for its lock.
    _lock: File,
}

/// The keys that a file holds.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<KeyEntry>, AccessError> {
    let path = || path.to_owned();
    stored::decode(bytes).map_err(|error| match error {
        FormatError::Later { found, known } => AccessError::Later { path: path(), found, known },
        FormatError::Damaged(what) => {
            AccessError::Unreadable { path: path(), expected: "keys", what }
        }
    })
}

impl KeyFile {
    /// Reads the keys of a data directory and keeps others from changing them meanwhile.
    pub fn open(directory: &Path) -> Result<Self, AccessError> {
        let path = directory.join("keys.lock");
        let mut options = OpenOptions::new();
        let lock = options.create(true).truncate(false).write(true).open(&path);
        let lock =
            lock.and_then(|file| file.lock().map(|()| file)).map_err(AccessError::io(path))?;
        let path = directory.join(FILE);
        let keys = match fs::read(&path) {
            Ok(bytes) => parse(&path, &bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(AccessError::Io { path, source }),
        };
        Ok(Self { directory: directory.to_owned(), keys, _lock: lock })
    }

    /// The keys, the oldest first.
    pub fn keys(&self) -> &[KeyEntry] {
        &self.keys
    }

    /// Makes a key. The returned key is stored nowhere.
    pub fn create(&mut self, new: NewKey, now: Timestamp) -> Result<(String, Secret), AccessError> {
        check(&new)?;
        let mut same = self.keys.iter().filter(|key| key.name == new.name && key.is_valid(now));
        if let (Some(first), Some(second)) = (same.next(), same.next()) {
            let (first, second) = (first.id.clone(), second.id.clone());
            return Err(AccessError::TwoAlready { name: new.name, first, second });
        }
        let (id, secret) = Secret::random()?;
        let NewKey { name, scope, origins, expires, rate } = new;
        let sha256 = key::hash(secret.reveal());
        let (id_kept, created) = (id.clone(), now);
        self.keys.push(KeyEntry {
            id: id_kept,
            name,
            scope,
            sha256,
            created,
            expires,
            revoked: None,
            origins,
            rate,
        });
        self.save()?;
        Ok((id, secret))
    }

    /// Makes a key invalid for good.
    pub fn revoke(&mut self, id: &str, now: Timestamp) -> Result<(), AccessError> {
        let key = self.keys.iter_mut().find(|key| key.id == id);
        let key = key.ok_or_else(|| AccessError::Unknown { id: id.to_owned() })?;
        key.revoked.get_or_insert(now);
        self.save()
    }

    fn save(&self) -> Result<(), AccessError> {
        let path = self.directory.join(FILE);
        let half = path.with_extension("new");
        let written = disk::write_synced(&half, &stored::encode(&self.keys))
            .and_then(|()| fs::set_permissions(&half, Permissions::from_mode(0o600)))
            .and_then(|()| disk::place(&half, &path));
        written.map_err(AccessError::io(path))
    }
}

fn check(new: &NewKey) -> Result<(), AccessError> {
    if new.scope == Scope::Public && new.origins.is_empty() {
        return Err(AccessError::NoOrigin);
    }
    match new.origins.iter().find(|origin| !is_origin(origin)) {
        Some(origin) => Err(AccessError::Origin { origin: origin.clone() }),
        None => Ok(()),
    }
}

/// As a browser writes it into the header `origin`: scheme, host and, where it is not the usual
/// one, port.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(is_plain))
}
