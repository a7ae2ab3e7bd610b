//! Loads a data directory without a service.

use std::path::Path;
use std::sync::Arc;

use guanxi_models::{Model, World};

use super::CliError;
use crate::registry::Registry;
use crate::serving::world_from_log;
use crate::store::LogReader;

/// Loads a model with every record of the log. Returns its version and the world.
///
/// The default is the current model; without any, an empty model is used.
pub(super) fn world(data: &Path, version: Option<&str>) -> Result<(String, World), CliError> {
    let log = LogReader::open(data)?;
    let registry = Registry::open(data)?;
    let current = registry.current()?.map(|pointer| pointer.version);
    let version = version.map(str::to_owned).or(current);
    let model = match &version {
        Some(version) => registry.load(version)?,
        None => Model::empty(),
    };
    Ok((version.unwrap_or_else(|| "none".to_owned()), world_from_log(Arc::new(model), &log)?))
}
