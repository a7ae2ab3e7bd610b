//! One training run: what it reads, how it goes on after an interruption, and whether its model may serve.

pub(crate) mod checkpoints;
pub mod publish_if;
pub(crate) mod source;
mod stored_run;
pub(crate) mod watch;

use std::path::Path;

use guanxi_models::{Model, Offset};
use guanxi_training::data::dataset::Dataset;
use guanxi_training::fit::fit;
use guanxi_training::fit::rival::{Rival, compare};
use guanxi_training::observer::Silent;
use guanxi_training::recipe::Recipe;
use guanxi_training::report::{Choices, Report};

use self::checkpoints::{Checkpoints, Run, hash_of};
use self::source::Source;
use self::watch::Watch;
use crate::cli::CliError;
use crate::cli::train::served_metrics;
use crate::cli::tune::{Prepared, Rows, TuneArgs};
use crate::job::publish_if::{Condition, Verdict};
use crate::registry::Registry;
use crate::report::Papers;

/// What to train on, and how.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) source: &'a Source,
    pub(crate) tune: &'a TuneArgs,
    pub(crate) keeping: Option<Keeping>,
    pub(crate) guard: Option<Guard<'a>>,
}

/// Where a run is kept for the case of an interruption.
#[derive(Debug)]
pub(crate) struct Keeping {
    pub(crate) checkpoints: Checkpoints,
    /// Whether to go on with what is there.
    pub(crate) resume: bool,
}

/// What the model must reach.
#[derive(Debug)]
pub(crate) struct Guard<'a> {
    pub(crate) condition: &'a Condition,
    /// The data directory with the model that serves.
    pub(crate) data: &'a Path,
}

/// A model and all that is told of it.
#[derive(Debug)]
pub(crate) struct Trained {
    /// The recipe that was followed.
    pub(crate) recipe: Recipe,
    /// The model.
    pub(crate) model: Model,
    /// What is told of it.
    pub(crate) papers: Papers,
}

impl Job<'_> {
    /// Reads the source, searches for a better recipe if that is wanted, trains, and judges the model.
    pub(crate) fn run(&self, recipe: Recipe, mut watch: Watch<'_>) -> Result<Trained, CliError> {
        let prepared = self.prepare(recipe, &mut watch)?;
        let Prepared { recipe, data, watermark, .. } = &prepared;
        let (model, mut report) = fit(data, recipe, *watermark, &mut watch)?;
        let guard = self.guard.as_ref();
        let verdict = guard.map(|guard| guard.judge(&prepared, &report, self.source, &mut watch));
        let verdict = verdict.transpose()?;
        report.trials = prepared.trials;
        let told = watch.into_told();
        let papers = Papers {
            metrics: served_metrics(&report),
            report,
            stages: told.stages,
            losses: told.losses,
            guard: verdict,
        };
        Ok(Trained { recipe: prepared.recipe, model, papers })
    }

    fn prepare(&self, recipe: Recipe, watch: &mut Watch<'_>) -> Result<Prepared, CliError> {
        let half = |_: &Dataset| Ok(Rows::Half);
        let Some(keeping) = &self.keeping else {
            return self.tune.prepare(recipe, self.source, &half, watch);
        };
        let checkpoints = &keeping.checkpoints;
        let prepared = if let Some(prepared) = self.go_on(&recipe, keeping, watch)? {
            prepared
        } else {
            checkpoints.clear()?;
            let prepared = self.tune.prepare(recipe.clone(), self.source, &half, watch)?;
            checkpoints.begin(&self.run_of(&recipe, &prepared))?;
            prepared
        };
        watch.keep(checkpoints.clone());
        Ok(prepared)
    }

    /// What the interrupted run had prepared, if there is one that is this one and is to go on.
    fn go_on(
        &self,
        given: &Recipe,
        keeping: &Keeping,
        watch: &mut Watch<'_>,
    ) -> Result<Option<Prepared>, CliError> {
        let Keeping { checkpoints, resume } = keeping;
        let found = checkpoints.interrupted();
        if !*resume {
            if let Ok(Some(_)) = found {
                watch.note("starts anew; `--resume` would go on with the run that was interrupted");
            }
            return Ok(None);
        }
        let nothing = found.as_ref().err().map_or("nothing to resume", String::as_str);
        let Ok(Some(interrupted)) = &found else {
            watch.note(format_args!("{nothing}: the training starts anew"));
            return Ok(None);
        };
        let prepared = self.read_again(given, interrupted, watch)?;
        let Some(other) = self.run_of(given, &prepared).difference(interrupted) else {
            return Ok(Some(prepared));
        };
        let directory = checkpoints.directory().display();
        watch.note(format_args!("`{directory}` is of {other}: the training starts anew"));
        Ok(None)
    }

    /// The data through the offset to which the interrupted run had read, with the recipe that it followed.
    fn read_again(
        &self,
        given: &Recipe,
        interrupted: &Run,
        watch: &mut Watch<'_>,
    ) -> Result<Prepared, CliError> {
        // A recipe that can't be read is of another guanxi, which the comparison names.
        let recipe = Recipe::from_toml(&interrupted.recipe).unwrap_or_else(|_| given.clone());
        let source = self.source.through(Offset(interrupted.watermark));
        let (data, watermark) = watch.stage_of("read", || source.read(recipe.event_weights()))?;
        Ok(Prepared { recipe, trials: interrupted.trials.clone(), data, watermark })
    }

    fn run_of(&self, given: &Recipe, prepared: &Prepared) -> Run {
        Run {
            guanxi: env!("CARGO_PKG_VERSION").to_owned(),
            given: given.to_toml(),
            tune: self.tune.tune,
            watermark: prepared.watermark.0,
            data: hash_of(&prepared.data),
            recipe: prepared.recipe.to_toml(),
            trials: prepared.trials.clone(),
        }
    }
}

impl Guard<'_> {
    /// Judges a new model beside the current one: see [`guanxi_training::fit::rival`] for what is compared, and why.
    fn judge(
        &self,
        prepared: &Prepared,
        report: &Report,
        source: &Source,
        watch: &mut Watch<'_>,
    ) -> Result<Verdict, CliError> {
        let Some(system) = report.quality.systems.first() else {
            return Err("no user has rows to hold out, so that `publish-if` can't be judged: \
                        import more, or train without it"
                .into());
        };
        let new = &system.intervals;
        let registry = Registry::open(self.data)?;
        let current = registry.current()?.filter(|_| self.condition.is_about_current());
        let Some(current) = current else { return Ok(self.condition.judge(new, None)) };
        let (recipe, learned) = way_of(&registry, &current.version)?;
        let reread = reread(prepared, &recipe, source)?;
        let data = reread.as_ref().unwrap_or(&prepared.data);
        let rival = Rival { data, recipe: &recipe, learned: &learned };
        let marks = &report.quality.marks;
        let found = watch.stage_of("current model", || {
            compare(&prepared.data, &prepared.recipe, marks, &rival, &mut Silent)
        })?;
        Ok(self.condition.judge(new, Some((&current.version, &found))))
    }
}

/// The same data folded by the event weights of another recipe, where they differ.
fn reread(
    prepared: &Prepared,
    recipe: &Recipe,
    source: &Source,
) -> Result<Option<Dataset>, CliError> {
    let events = recipe.event_weights();
    if events == prepared.data.events {
        return Ok(None);
    }
    Ok(Some(source.through(prepared.watermark).read(events)?.0))
}

/// The recipe of a model, and what was learned for it.
fn way_of(registry: &Registry, version: &str) -> Result<(Recipe, Choices), CliError> {
    let unreadable = |what: String| {
        format!(
            "how model `{version}` was trained can't be read ({what}): train without `--publish-if`"
        )
    };
    let (recipe, papers) = registry.papers(version)?;
    let recipe = Recipe::from_toml(&recipe).map_err(|error| unreadable(error.to_string()))?;
    let learned = papers.pointer("/report/learned").cloned().unwrap_or_default();
    let learned = serde_json::from_value(learned).map_err(|error| unreadable(error.to_string()))?;
    Ok((recipe, learned))
}
