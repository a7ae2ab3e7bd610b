//! Publishes a model atomically.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use guanxi_models::Model;
use jiff::Timestamp;

use super::manifest::{Manifest, Shapes};
use super::{Registry, RegistryError, checksum, stored, tables};
use crate::system::disk::{self, sync};
use crate::testing::seeded::{Defect, has};

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const RECIPE: &str = "recipe.toml";
pub(super) const REPORT: &str = "report.json";
pub(super) const PAGE: &str = "report.html";

/// The files of a model beside its tables.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// The recipe of its training, as TOML.
    pub recipe: String,
    /// The report of the training.
    pub report: serde_json::Value,
    /// The report as an HTML page.
    pub page: String,
    /// The metrics of the report, by name.
    pub metrics: BTreeMap<String, f64>,
    /// The time of publication.
    pub created: Timestamp,
}

impl Registry {
    /// Writes a model and makes it current. Returns its version.
    pub fn publish(&self, model: &Model, extras: &Extras) -> Result<String, RegistryError> {
        let half = self.versions.join(format!("{BEING_WRITTEN}{}", std::process::id()));
        drop(fs::remove_dir_all(&half));
        fs::create_dir(&half).map_err(RegistryError::io(&half))?;
        let version = self.free_version(model, extras.created);
        let written = write(model, extras, &version, &half);
        if written.is_err() {
            drop(fs::remove_dir_all(&half));
        }
        written.map_err(RegistryError::io(&half))?;
        let whole = self.versions.join(&version);
        fs::rename(&half, &whole).map_err(RegistryError::io(whole))?;
        if !has(Defect::HalfPublish) {
            sync(&self.versions).map_err(RegistryError::io(&self.versions))?;
        }
        self.point_to(&version, extras.created)?;
        Ok(version)
    }

    /// The time and the watermark, with a number behind them if the name is taken.
    fn free_version(&self, model: &Model, created: Timestamp) -> String {
        let time = created.strftime("%Y%m%dT%H%M%SZ");
        let name = format!("{time}-{}", model.watermark);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        names.find(|name| !self.versions.join(name).exists()).expect("names never end")
    }
}

const BEING_WRITTEN: &str = ".new-";

/// True if a living process is writing this directory.
pub(super) fn is_being_written(name: &str) -> bool {
    let pid = name.strip_prefix(BEING_WRITTEN);
    pid.is_some_and(|pid| Path::new("/proc").join(pid).exists())
}

fn write(model: &Model, extras: &Extras, version: &str, half: &Path) -> std::io::Result<()> {
    tables::write(model, half).map_err(std::io::Error::other)?;
    write_synced(&half.join(RECIPE), extras.recipe.as_bytes())?;
    write_synced(&half.join(REPORT), &serde_json::to_vec_pretty(&extras.report)?)?;
    write_synced(&half.join(PAGE), extras.page.as_bytes())?;
    let names = tables::files(model).chain([RECIPE, REPORT, PAGE]);
    let manifest = Manifest {
        version: version.to_owned(),
        watermark: model.watermark.0,
        created: extras.created.to_string(),
        shapes: Shapes::of(model),
        metrics: extras.metrics.clone(),
        params: model.learned.params.clone(),
        files: names.map(|name| checksum::sum(half, name)).collect::<Result<_, _>>()?,
    };
    write_synced(&half.join(MANIFEST), &stored::encode(&manifest))?;
    sync(half)
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if has(Defect::HalfPublish) { fs::write(path, bytes) } else { disk::write_synced(path, bytes) }
}
