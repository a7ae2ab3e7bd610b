//! One training run: it reads the data, can resume after an interruption, and decides whether its
//! model is published.
//!
//! A [`Job`] describes the run in plain values. [`Job::run`] reads, tunes, trains and evaluates;
//! [`publish::publish`] publishes the model.
//!
//! The command line, a scheduler or another program may start a job: it parses no arguments and
//! prints nothing.

pub mod checkpoints;
mod compared;
mod error;
pub mod figures;
pub mod prepared;
pub mod publish;
pub mod publish_if;
pub mod recipe;
mod source;
mod stored_run;
mod watch;

use std::path::Path;

use guanxi_models::{Model, Offset};
use guanxi_training::data::dataset::Dataset;
use guanxi_training::fit::fit;
use guanxi_training::recipe::Recipe;

pub use error::JobError;
pub use source::Source;
pub use watch::{Progress, Reported, Watch};

use self::checkpoints::{Checkpoints, Run, hash_of};
use self::figures::served_metrics;
use self::prepared::{Preparation, Prepared, Rows};
use self::publish_if::Condition;
use crate::report::RunReport;

/// The inputs of a training run.
#[derive(Debug)]
pub struct Job<'a> {
    /// The data directory, whose current model is the baseline.
    pub data: &'a Path,
    /// The source of the training data.
    pub source: &'a Source,
    /// The most recipes to try before the training; `None` leaves it to the recipe.
    pub trials: Option<usize>,
    /// Enables checkpoints; `None` disables them.
    pub keeping: Option<Keeping>,
    /// The condition for publishing.
    pub publish_if: Option<&'a Condition>,
}

/// Checkpoints of a run.
#[derive(Debug)]
pub struct Keeping {
    /// The checkpoints of the data directory.
    pub checkpoints: Checkpoints,
    /// True to resume an interrupted run.
    pub resume: bool,
}

/// A model with its recipe and its report.
#[derive(Debug)]
pub struct Trained {
    /// The recipe of the training.
    pub recipe: Recipe,
    /// The model.
    pub model: Model,
    /// The report of the run.
    pub run_report: RunReport,
}

impl Job<'_> {
    /// Reads the source, searches for a better recipe if requested, trains, and judges the model.
    pub fn run(&self, recipe: Recipe, mut watch: Watch<'_>) -> Result<Trained, JobError> {
        let prepared = self.prepare(recipe, &mut watch)?;
        let Prepared { recipe, data, watermark, .. } = &prepared;
        let (model, mut report) = fit(data, recipe, *watermark, &mut watch)?;
        let judge = |condition| self.judge(condition, &prepared, &report, &mut watch);
        let verdict = self.publish_if.map(judge).transpose()?;
        report.trials = prepared.trials;
        let reported = watch.into_reported();
        let run_report = RunReport {
            metrics: served_metrics(&report),
            report,
            stages: reported.stages,
            losses: reported.losses,
            guard: verdict,
        };
        Ok(Trained { recipe: prepared.recipe, model, run_report })
    }

    fn prepare(&self, recipe: Recipe, watch: &mut Watch<'_>) -> Result<Prepared, JobError> {
        let preparation = Preparation { source: self.source, trials: self.trials };
        let half = |_: &Dataset| Ok(Rows::Half);
        let Some(keeping) = &self.keeping else {
            return preparation.prepare(recipe, half, watch);
        };
        let checkpoints = &keeping.checkpoints;
        let prepared = if let Some(prepared) = self.go_on(&recipe, keeping, watch)? {
            prepared
        } else {
            checkpoints.clear()?;
            let prepared = preparation.prepare(recipe.clone(), half, watch)?;
            checkpoints.begin(&self.run_of(&recipe, &prepared))?;
            prepared
        };
        watch.keep(checkpoints.clone());
        Ok(prepared)
    }

    /// The prepared data of the interrupted run, if resuming was requested and its inputs are the
    /// same.
    fn go_on(
        &self,
        given: &Recipe,
        keeping: &Keeping,
        watch: &mut Watch<'_>,
    ) -> Result<Option<Prepared>, JobError> {
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

    /// Reads the data up to the offset of the interrupted run, with the recipe that it had found.
    fn read_again(
        &self,
        given: &Recipe,
        interrupted: &Run,
        watch: &mut Watch<'_>,
    ) -> Result<Prepared, JobError> {
        // An unreadable recipe comes from another version, which the comparison of runs reports.
        let recipe = Recipe::from_toml(&interrupted.recipe).unwrap_or_else(|_| given.clone());
        let source = self.source.through(Offset(interrupted.watermark));
        let (data, watermark) = watch.stage_of("read", || source.read(recipe.event_weights()))?;
        Ok(Prepared { recipe, trials: interrupted.trials.clone(), data, watermark })
    }

    fn run_of(&self, given: &Recipe, prepared: &Prepared) -> Run {
        Run {
            guanxi: env!("CARGO_PKG_VERSION").to_owned(),
            given: given.to_toml(),
            tune: self.trials,
            watermark: prepared.watermark.0,
            data: hash_of(&prepared.data),
            recipe: prepared.recipe.to_toml(),
            trials: prepared.trials.clone(),
        }
    }
}
