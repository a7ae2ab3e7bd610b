//! Removes old models.

use std::fs;

use super::{Registry, RegistryError, publish};

impl Registry {
    /// Removes all models but the newest `keep`, the current one and the newest valid one, and
    /// remains of crashes. Returns the removed models.
    pub fn prune(&self, keep: usize) -> Result<Vec<String>, RegistryError> {
        if keep == 0 {
            return Err(RegistryError::KeepNone);
        }
        let kept = self.kept(keep)?;
        let entries = fs::read_dir(&self.versions).map_err(RegistryError::io(&self.versions))?;
        let mut removed = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if kept.contains(&name) || publish::is_being_written(&name) {
                continue;
            }
            fs::remove_dir_all(entry.path()).map_err(RegistryError::io(entry.path()))?;
            removed.push(name);
        }
        removed.sort();
        Ok(removed)
    }

    fn kept(&self, keep: usize) -> Result<Vec<String>, RegistryError> {
        let newest = self.list()?.into_iter().take(keep).map(|manifest| manifest.version);
        let pointed: Vec<String> =
            self.pointers()?.into_iter().map(|pointer| pointer.version).collect();
        // If the current model is damaged, an older one serves and must stay.
        let whole = pointed.iter().find(|version| self.load(version).is_ok()).cloned();
        Ok(newest.chain(pointed.first().cloned()).chain(whole).collect())
    }
}
