//! The models on disk, for callers that may block.

use crate::registry::{Manifest, Registry, RegistryError};
use crate::system::idle::{PATIENCE, when_idle};

/// The models on disk of an engine.
#[derive(Clone, Debug)]
pub struct Models(pub(super) Registry);

impl Models {
    /// The manifests of all models, the newest first.
    pub fn list(&self) -> Result<Vec<Manifest>, RegistryError> {
        self.0.list()
    }

    /// The manifest of a model.
    pub fn show(&self, version: &str) -> Result<Manifest, RegistryError> {
        self.0.show(version)
    }

    /// Verifies a model and makes it the current one. Waits for an idle core.
    pub fn activate(&self, version: String) -> Result<String, RegistryError> {
        let registry = self.0.clone();
        let whole = when_idle(PATIENCE, move || registry.verify(&version))?;
        let pointer = self.0.make_current(&whole, jiff::Timestamp::now())?;
        Ok(pointer.version)
    }
}
