//! Models on disk: immutable, numbered, and published atomically.
//!
//! `models/versions/<version>/` has a model's tables (Arrow IPC, memory-mapped), its recipe, its
//! report and a manifest with their checksums. `models/manifests/<number>.json` names the current
//! version. Publishing writes a directory under another name, syncs it, renames it, and only then
//! creates a new number. So a crash leaves either the complete model or none.

mod checksum;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod manifest;
mod map;
mod pointer;
mod prune;
mod publish;
mod stored;
mod tables;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use guanxi_models::Model;

use crate::system::disk;
use crate::system::format::FormatError;
use crate::untrusted::panics::guarded;

use error::Flaw;
pub use error::RegistryError;
pub use manifest::{Checksum, FileSum, Manifest, Shapes};
pub use pointer::{Pointer, UnreadablePointer};
pub use publish::Extras;

/// The models of a data directory. Several processes may use it at once.
#[derive(Clone, Debug)]
pub struct Registry {
    versions: PathBuf,
    manifests: PathBuf,
}

/// The version of a model that was found whole.
#[derive(Debug)]
pub struct Whole(String);

impl Registry {
    /// The registry of a data directory, made where there is none.
    pub fn open(data: &Path) -> Result<Self, RegistryError> {
        let (versions, manifests) = (data.join("models/versions"), data.join("models/manifests"));
        for directory in [&versions, &manifests] {
            disk::make_directories(directory).map_err(RegistryError::io(directory))?;
        }
        Ok(Self { versions, manifests })
    }

    /// Every valid pointer, the newest first: what should be served, and what was served before.
    pub fn pointers(&self) -> Result<Vec<Pointer>, RegistryError> {
        Ok(pointer::newest_first(&self.manifests)?.collect())
    }

    /// The pointer to serve: the newest valid one.
    pub fn current(&self) -> Result<Option<Pointer>, RegistryError> {
        Ok(pointer::newest_first(&self.manifests)?.next())
    }

    /// The newest pointer's file, if it can't be read. No crash leaves such a file, so something
    /// was damaged, and an older model is served than the one that was made current last.
    pub fn unreadable_pointer(&self) -> Result<Option<UnreadablePointer>, RegistryError> {
        pointer::unreadable(&self.manifests)
    }

    /// The manifests of all models that have one, the newest first.
    pub fn list(&self) -> Result<Vec<Manifest>, RegistryError> {
        let names = self.names()?.into_iter();
        let mut manifests: Vec<Manifest> = names.filter_map(|name| self.show(&name).ok()).collect();
        manifests.sort_by(|a, b| b.created.cmp(&a.created).then(b.version.cmp(&a.version)));
        Ok(manifests)
    }

    /// The names of all models that were written to their end, readable or not, in no order.
    pub(crate) fn names(&self) -> Result<Vec<String>, RegistryError> {
        let entries = fs::read_dir(&self.versions).map_err(RegistryError::io(&self.versions))?;
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        Ok(names.filter(|name| !name.starts_with('.')).collect())
    }

    /// The manifest of a model.
    pub fn show(&self, version: &str) -> Result<Manifest, RegistryError> {
        let damaged = |what: String| damaged(version, publish::MANIFEST, what);
        let bytes = self.manifest_bytes(version)?;
        let manifest = stored::decode(&bytes).map_err(|error| match error {
            FormatError::Later { found, known } => {
                RegistryError::Later { version: version.to_owned(), found, known }
            }
            FormatError::Damaged(what) => damaged(format!("can't be read: {what}")),
        })?;
        if manifest.version == version {
            return Ok(manifest);
        }
        Err(damaged(format!("names the model `{}`", manifest.version)))
    }

    /// The recipe that a model was trained by, as it was written, and its report.
    pub fn recipe_and_report(
        &self,
        version: &str,
    ) -> Result<(String, serde_json::Value), RegistryError> {
        self.show(version)?;
        let read = |name: &str| {
            let path = self.versions.join(version).join(name);
            fs::read_to_string(&path).map_err(RegistryError::io(path))
        };
        let report = serde_json::from_str(&read(publish::REPORT)?)
            .map_err(|error| damaged(version, publish::REPORT, error.to_string()))?;
        Ok((read(publish::RECIPE)?, report))
    }

    /// Maps a model after every file was verified, and every table checked.
    pub fn load(&self, version: &str) -> Result<Model, RegistryError> {
        let manifest = self.show(version)?;
        self.verify_manifest(version)?;
        let directory = self.versions.join(version);
        for file in &manifest.files {
            checksum::verify(&directory, file)
                .map_err(|flaw| damaged(version, &file.name, flaw.0))?;
        }
        read_tables(&directory, &manifest).map_err(|(file, flaw)| damaged(version, &file, flaw.0))
    }

    /// Makes an existing model current, after checking that it is whole.
    pub fn activate(
        &self,
        version: &str,
        created: jiff::Timestamp,
    ) -> Result<Pointer, RegistryError> {
        self.make_current(&self.verify(version)?, created)
    }

    /// Makes sure that a model is whole, as [loading](Self::load) it does.
    pub fn verify(&self, version: &str) -> Result<Whole, RegistryError> {
        Ok(Whole(self.load(version)?.version))
    }

    /// Makes a model current that is whole.
    pub fn make_current(
        &self,
        model: &Whole,
        created: jiff::Timestamp,
    ) -> Result<Pointer, RegistryError> {
        self.point_to(&model.0, created)
    }

    fn point_to(&self, version: &str, created: jiff::Timestamp) -> Result<Pointer, RegistryError> {
        let manifest_sha256 = disk::sum_of(&self.manifest_bytes(version)?);
        let (version, created) = (version.to_owned(), created.to_string());
        pointer::create(&self.manifests, Pointer { number: 0, version, manifest_sha256, created })
    }

    /// Makes sure that a manifest is as it was when the model was made current. A number changed in
    /// it would still read well.
    fn verify_manifest(&self, version: &str) -> Result<(), RegistryError> {
        let sum = disk::sum_of(&self.manifest_bytes(version)?);
        let pointers = pointer::newest_first(&self.manifests)?;
        let mut of_this = pointers.filter(|pointer| pointer.version == version);
        if of_this.all(|pointer| pointer.manifest_sha256 == sum) {
            return Ok(());
        }
        Err(damaged(version, publish::MANIFEST, "has another checksum"))
    }

    fn manifest_bytes(&self, version: &str) -> Result<Vec<u8>, RegistryError> {
        // A version is a name, never a way out of the folder.
        let is_name = !version.is_empty() && !version.starts_with('.') && !version.contains('/');
        let path = self.versions.join(version).join(publish::MANIFEST);
        let bytes = if is_name { fs::read(&path).ok() } else { None };
        bytes.ok_or_else(|| RegistryError::Unknown { version: version.to_owned() })
    }
}

/// Reads the tables of a model. The library that reads their format asserts what it expects of it:
/// that is an error here, not a panic.
fn read_tables(directory: &Path, manifest: &Manifest) -> Result<Model, (String, Flaw)> {
    match guarded(|| tables::read(directory, manifest)) {
        Ok(read) => read.map_err(|(file, flaw)| (file.to_owned(), flaw)),
        Err(_) => Err(("a table".to_owned(), Flaw::new("is no table that this guanxi can read"))),
    }
}

fn damaged(version: &str, file: &str, what: impl Into<String>) -> RegistryError {
    let (version, file) = (version.to_owned(), file.to_owned());
    RegistryError::Damaged { version, file, what: what.into() }
}
