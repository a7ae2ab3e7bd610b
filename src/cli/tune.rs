//! `--tune`: a search for a better recipe before training.

use std::fmt::Write as _;
use std::path::PathBuf;

use guanxi_models::Offset;
use guanxi_training::data::dataset::Dataset;
use guanxi_training::fit::{JudgedOn, search};
use guanxi_training::recipe::{Recipe, Trial};
use guanxi_training::report::Report;
use guanxi_training::tuning::search::SearchOutcome;

use super::CliError;
use super::papers;
use super::train::served_metrics;
use crate::job::source::Source;
use crate::job::watch::Watch;

/// How to search for a recipe.
#[derive(Debug, Default, clap::Args)]
pub struct TuneArgs {
    /// Tries up to so many recipes around the given one on held-out rows, and goes on with the best.
    #[arg(long, value_name = "N")]
    pub tune: Option<usize>,
    /// Writes the recipe that was followed to this file, with the metrics that it earned.
    #[arg(long, value_name = "FILE")]
    pub recipe_out: Option<PathBuf>,
}

/// What is trained on, by which recipe, and how that was found.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) recipe: Recipe,
    pub(crate) trials: Vec<Trial>,
    pub(crate) data: Dataset,
    pub(crate) watermark: Offset,
}

impl TuneArgs {
    /// Reads the data, and searches if that is wanted.
    ///
    /// `judged_on` names the rows, whose users and items are numbered as in the data.
    pub(crate) fn prepare(
        &self,
        recipe: Recipe,
        source: &Source,
        judged_on: &dyn Fn(&Dataset) -> Result<Rows, CliError>,
        watch: &mut Watch<'_>,
    ) -> Result<Prepared, CliError> {
        let (data, watermark) = watch.stage_of("read", || source.read(recipe.event_weights()))?;
        let budget = self.tune.unwrap_or(recipe.search.trials);
        if budget == 0 {
            return Ok(Prepared { recipe, trials: Vec::new(), data, watermark });
        }
        let rows = judged_on(&data)?;
        let found = search(&data, rows.judged_on(), &recipe, budget, watch);
        watch.search_done();
        let found = found?;
        let SearchOutcome { recipe: mut best, trials } = found;
        best.search.trials = 0;
        if best.events == recipe.events {
            return Ok(Prepared { recipe: best, trials, data, watermark });
        }
        drop(data);
        let (data, watermark) = watch.stage_of("read", || source.read(best.event_weights()))?;
        Ok(Prepared { recipe: best, trials, data, watermark })
    }

    /// Writes the recipe that was followed, if that is wanted.
    pub(crate) fn write_recipe(&self, recipe: &Recipe, report: &Report) -> Result<(), CliError> {
        let Some(path) = &self.recipe_out else { return Ok(()) };
        papers::write(path, with_metrics(recipe, report).as_bytes())
    }
}

/// Which rows recipes are judged on.
#[derive(Debug)]
pub(crate) enum Rows {
    /// See [`JudgedOn::Half`].
    Half,
    /// See [`JudgedOn::All`].
    All,
    /// See [`JudgedOn::Rows`].
    Given(Vec<(u32, u32)>),
}

impl Rows {
    fn judged_on(&self) -> JudgedOn<'_> {
        match self {
            Self::Half => JudgedOn::Half,
            Self::All => JudgedOn::All,
            Self::Given(rows) => JudgedOn::Rows(rows),
        }
    }
}

/// The recipe, and in comments above it how it was judged.
fn with_metrics(recipe: &Recipe, report: &Report) -> String {
    let mut text = format!("# {}, {} users\n", report.held_out.how, report.held_out.users);
    for (name, value) in served_metrics(report) {
        writeln!(text, "# {name} {value:.4}").expect("a string takes whatever is written to it");
    }
    text + "\n" + &recipe.to_toml()
}
