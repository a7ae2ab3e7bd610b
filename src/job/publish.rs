//! Publishes the model of a run.

use std::path::Path;

use super::{JobError, Trained};
use crate::registry::{Extras, Registry};
use crate::report::{TITLE, page};

/// Publishes a model with its report in a data directory. Returns its version, or `None` if its
/// condition refuses it.
pub fn publish(data: &Path, trained: &Trained) -> Result<Option<String>, JobError> {
    let Trained { recipe, model, run_report } = trained;
    if run_report.guard.as_ref().is_some_and(|verdict| !verdict.holds()) {
        return Ok(None);
    }
    let recipe = recipe.to_toml();
    let extras = Extras {
        page: page(TITLE, run_report, &recipe),
        recipe,
        report: serde_json::to_value(run_report).map_err(JobError::Report)?,
        metrics: run_report.metrics.clone(),
        created: jiff::Timestamp::now(),
    };
    Ok(Some(Registry::open(data)?.publish(model, &extras)?))
}
