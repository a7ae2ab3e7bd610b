//! Compares the new model with the serving one.

use guanxi_training::data::dataset::Dataset;
use guanxi_training::fit::rival::{Rival, compare};
use guanxi_training::observer::Silent;
use guanxi_training::recipe::Recipe;
use guanxi_training::report::{Choices, Report};

use super::prepared::Prepared;
use super::publish_if::Condition;
use super::{Job, JobError, Source, Watch};
use crate::registry::Registry;
use crate::report::Verdict;

impl Job<'_> {
    /// Judges a new model against the current one. [`guanxi_training::fit::rival`] documents the
    /// comparison and its reasons.
    pub(super) fn judge(
        &self,
        condition: &Condition,
        prepared: &Prepared,
        report: &Report,
        watch: &mut Watch<'_>,
    ) -> Result<Verdict, JobError> {
        let system = report.quality.systems.first().ok_or(JobError::NothingHeldOut)?;
        let new = &system.intervals;
        let registry = Registry::open(self.data)?;
        let current = registry.current()?.filter(|_| condition.is_about_current());
        let Some(current) = current else { return Ok(condition.judge(new, None)) };
        let (recipe, learned) = way_of(&registry, &current.version)?;
        let reread = reread(prepared, &recipe, self.source)?;
        let data = reread.as_ref().unwrap_or(&prepared.data);
        let rival = Rival { data, recipe: &recipe, learned: &learned };
        let marks = &report.quality.marks;
        let found = watch.stage_of("current model", || {
            compare(&prepared.data, &prepared.recipe, marks, &rival, &mut Silent)
        })?;
        Ok(condition.judge(new, Some((&current.version, &found))))
    }
}

/// Reads the data again if another recipe weights events differently.
fn reread(
    prepared: &Prepared,
    recipe: &Recipe,
    source: &Source,
) -> Result<Option<Dataset>, JobError> {
    let events = recipe.event_weights();
    if events == prepared.data.events {
        return Ok(None);
    }
    Ok(Some(source.through(prepared.watermark).read(events)?.0))
}

/// The recipe of a model, and the choices learned for it.
fn way_of(registry: &Registry, version: &str) -> Result<(Recipe, Choices), JobError> {
    let unreadable =
        |what: String| JobError::UnreadablePapers { version: version.to_owned(), what };
    let (recipe, run_report) = registry.recipe_and_report(version)?;
    let recipe = Recipe::from_toml(&recipe).map_err(|error| unreadable(error.to_string()))?;
    let learned = run_report.pointer("/report/learned").cloned().unwrap_or_default();
    let learned = serde_json::from_value(learned).map_err(|error| unreadable(error.to_string()))?;
    Ok((recipe, learned))
}
