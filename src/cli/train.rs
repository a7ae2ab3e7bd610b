//! `guanxi train`: the log in, a published model out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use guanxi_models::Model;
use guanxi_training::fit::fit;
use guanxi_training::metrics::Metrics;
use guanxi_training::recipe::Recipe;
use guanxi_training::report::Report;
use serde_json::json;

use super::import::MappingArgs;
use super::source::Source;
use super::tune::{Prepared, Rows, TuneArgs};
use super::watch::{StageCost, Watch};
use super::{CliError, Output};
use crate::registry::{Extras, Registry};

/// The arguments of `guanxi train`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The data directory: its log is read, also beside a running service, and the model is published there.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// `quick`, `default`, `best`, or a recipe file.
    #[arg(long, value_name = "NAME|FILE", default_value = "default")]
    pub recipe: String,
    /// Trains on a lake that `guanxi export` wrote, or on a file of interactions, instead of the log.
    #[arg(long, value_name = "LAKE|FILE")]
    pub from: Option<PathBuf>,
    /// Relations to go with a file of interactions.
    #[arg(long, value_name = "FILE", requires = "from")]
    pub relations: Option<PathBuf>,
    /// How to search for a recipe.
    #[command(flatten)]
    pub tune: TuneArgs,
    /// Writes the report to this file as well.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// How files are to be understood.
    #[command(flatten)]
    pub mapping: MappingArgs,
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let recipe = recipe(&args.recipe)?;
    let source = match &args.from {
        None => Source::Log(args.data.clone()),
        Some(path) => Source::of(path, args.relations.as_deref(), args.mapping.mapping()?),
    };
    let (recipe, trained) = train(&source, recipe, &args.tune, out)?;
    let version = publish(&args.data, &trained, &recipe)?;
    args.tune.write_recipe(&recipe, &trained.report)?;
    out.line(&trained.report);
    out.line(format_args!("published model {version} through offset {}", trained.model.watermark));
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_vec_pretty(&trained.papers())?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A model and all that is told of it.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// What the training tells.
    pub report: Report,
    pub(super) costs: Vec<StageCost>,
}

impl Trained {
    /// The report with the costs, as it is written to files.
    fn papers(&self) -> serde_json::Value {
        json!({
            "metrics": served_metrics(&self.report),
            "report": self.report,
            "stages": self.costs,
        })
    }
}

/// Reads the source, searches for a better recipe if that is wanted, and trains. Returns the recipe that was followed.
pub fn train(
    source: &Source,
    recipe: Recipe,
    tune: &TuneArgs,
    out: &mut Output,
) -> Result<(Recipe, Trained), CliError> {
    let mut watch = Watch::new(out);
    let Prepared { recipe, trials, data, watermark } =
        tune.prepare(recipe, source, &|_| Ok(Rows::Half), &mut watch)?;
    let (model, mut report) = fit(&data, &recipe, watermark, &mut watch)?;
    report.trials = trials;
    Ok((recipe, Trained { model, report, costs: watch.into_costs() }))
}

/// Publishes a model with its papers. Returns its version.
pub fn publish(data: &Path, trained: &Trained, recipe: &Recipe) -> Result<String, CliError> {
    let extras = Extras {
        recipe: recipe.to_toml(),
        report: trained.papers(),
        metrics: served_metrics(&trained.report),
        created: jiff::Timestamp::now(),
    };
    Ok(Registry::open(data)?.publish(&trained.model, &extras)?)
}

/// A built-in recipe by its name, or one from a file.
pub fn recipe(name: &str) -> Result<Recipe, CliError> {
    if let Some(recipe) = Recipe::built_in(name) {
        return Ok(recipe);
    }
    let text = std::fs::read_to_string(name).map_err(|error| {
        format!("`{name}` is neither `quick`, `default` nor `best`, nor a recipe file: {error}")
    })?;
    Recipe::from_toml(&text).map_err(|error| format!("`{name}`: {error}").into())
}

/// The figures of what is served, by the names that everybody uses.
pub fn served_metrics(report: &Report) -> BTreeMap<String, f64> {
    report.quality.systems.first().map(|system| named(&system.metrics)).unwrap_or_default()
}

/// `recall@10` and so on.
fn named(metrics: &Metrics) -> BTreeMap<String, f64> {
    let mut named = BTreeMap::new();
    for (k, quality) in [(10, metrics.at_10), (20, metrics.at_20)] {
        named.insert(format!("recall@{k}"), quality.recall);
        named.insert(format!("precision@{k}"), quality.precision);
        named.insert(format!("ndcg@{k}"), quality.ndcg);
        named.insert(format!("hit@{k}"), quality.hit_rate);
    }
    named
}
