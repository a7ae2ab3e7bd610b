//! `guanxi train`: trains on the log and publishes the model.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::import::MappingArgs;
use super::progress::on_terminal;
use super::report_args::ReportArgs;
use super::tune::TuneArgs;
use super::{CliError, Output};
use crate::import::Files;
use crate::job::checkpoints::Checkpoints;
use crate::job::publish::publish;
use crate::job::publish_if::Condition;
use crate::job::recipe::recipe;
use crate::job::{Job, Keeping, Source, Watch};
use crate::store::Directory;

/// The arguments of `guanxi train`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The data directory: reads its log, also beside a running service, and publishes the model
    /// there.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// `quick`, `default`, `best`, or a recipe file.
    #[arg(long, value_name = "NAME|FILE", default_value = "default")]
    pub recipe: String,
    /// Trains on a lake of `guanxi export` or on a file of interactions instead of the log.
    #[arg(long, value_name = "LAKE|FILE")]
    pub from: Option<PathBuf>,
    /// The relations for a file of interactions.
    #[arg(long, value_name = "FILE", requires = "from")]
    pub relations: Option<PathBuf>,
    /// The catalogue for a file of interactions. Its features place the items that nobody touched.
    #[arg(long, value_name = "FILE", requires = "from")]
    pub items: Option<PathBuf>,
    /// The search for a recipe.
    #[command(flatten)]
    pub tune: TuneArgs,
    /// Publishes the model only if it meets this condition, else exits with 1:
    /// `ndcg@20 >= 0.98*current and recall@20 >= 0.1`.
    ///
    /// `current` is the serving model: its recipe and learned weights, fitted to the same training
    /// rows. Both models are scored on the same held-out rows.
    #[arg(long, value_name = "CONDITION")]
    pub publish_if: Option<Condition>,
    /// Resumes an interrupted run after its last finished sweep. The same data give the same model
    /// as without the interruption.
    #[arg(long)]
    pub resume: bool,
    /// The files of the report.
    #[command(flatten)]
    pub run_report: ReportArgs,
    /// Options for reading files.
    #[command(flatten)]
    pub mapping: MappingArgs,
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let recipe = recipe(&args.recipe)?;
    let source = source(args)?;
    let checkpoints = Checkpoints::of(&args.data);
    let job = Job {
        data: &args.data,
        source: &source,
        trials: args.tune.tune,
        keeping: Some(Keeping { checkpoints: checkpoints.clone(), resume: args.resume }),
        publish_if: args.publish_if.as_ref(),
    };
    let trained = job.run(recipe, Watch::new(on_terminal(out)))?;
    let run_report = &trained.run_report;
    let version = publish(&args.data, &trained)?;
    checkpoints.clear()?;
    args.run_report.write(run_report, &trained.recipe.to_toml())?;
    args.tune.write_recipe(&trained.recipe, &run_report.report)?;
    out.line(&run_report.report);
    if let Some(verdict) = &run_report.guard {
        out.line(verdict);
    }
    let Some(version) = version else { return Ok(refuse(out)) };
    out.line(format_args!("published model {version} through offset {}", trained.model.watermark));
    Ok(ExitCode::SUCCESS)
}

/// The log, or the source of `--from`. With `--from` the data directory may be new; the service can
/// start on it afterwards.
fn source(args: &Args) -> Result<Source, CliError> {
    let Some(path) = &args.from else { return Ok(Source::Log(args.data.clone())) };
    let source = Source::of(files(args, path), args.mapping.mapping()?);
    // A missing file must not leave a new data directory behind.
    for path in
        [args.from.as_ref(), args.relations.as_ref(), args.items.as_ref()].into_iter().flatten()
    {
        std::fs::metadata(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    }
    Directory::ensure(&args.data)?;
    Ok(source)
}

fn files(args: &Args, interactions: &Path) -> Files {
    Files {
        interactions: Some(interactions.to_owned()),
        relations: args.relations.clone(),
        items: args.items.clone(),
        users: None,
    }
}

/// Reports a refused model: its figures are written, but it isn't published.
fn refuse(out: &mut Output) -> ExitCode {
    out.note("nothing was published: the model does not reach what `--publish-if` asks for");
    ExitCode::from(1)
}
