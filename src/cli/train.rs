//! `guanxi train`: the log in, a published model out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::import::MappingArgs;
use super::papers::PaperArgs;
use super::progress::on_terminal;
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
    /// The catalogue to go with a file of interactions: places the items that nobody touched by what it says of them.
    #[arg(long, value_name = "FILE", requires = "from")]
    pub items: Option<PathBuf>,
    /// How to search for a recipe.
    #[command(flatten)]
    pub tune: TuneArgs,
    /// Publishes only a model that is good enough, as `ndcg@20 >= 0.98*current and recall@20 >= 0.1`; else exits with 1.
    ///
    /// `current` is the model that serves: its recipe, with what was learned for it, fitted to the same rest of the data and scored on
    /// the same held-out rows.
    #[arg(long, value_name = "CONDITION")]
    pub publish_if: Option<Condition>,
    /// Goes on after the last finished sweep of a run that was interrupted, with the same data and to the same model.
    #[arg(long)]
    pub resume: bool,
    /// Where to write the report.
    #[command(flatten)]
    pub papers: PaperArgs,
    /// How files are to be understood.
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
    let papers = &trained.papers;
    let version = publish(&args.data, &trained)?;
    checkpoints.clear()?;
    args.papers.write(papers, &trained.recipe.to_toml())?;
    args.tune.write_recipe(&trained.recipe, &papers.report)?;
    out.line(&papers.report);
    if let Some(verdict) = &papers.guard {
        out.line(verdict);
    }
    let Some(version) = version else { return Ok(refuse(out)) };
    out.line(format_args!("published model {version} through offset {}", trained.model.watermark));
    Ok(ExitCode::SUCCESS)
}

/// The log, or what was named instead: then the data directory may be a new one, and is one that can be served from afterwards.
fn source(args: &Args) -> Result<Source, CliError> {
    let Some(path) = &args.from else { return Ok(Source::Log(args.data.clone())) };
    let source = Source::of(files(args, path), args.mapping.mapping()?);
    // Nothing is made for files that aren't there.
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

/// What a refused model leaves: its figures, and nothing to serve.
fn refuse(out: &mut Output) -> ExitCode {
    out.note("nothing was published: the model does not reach what `--publish-if` asks for");
    ExitCode::from(1)
}
