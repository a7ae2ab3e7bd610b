//! `guanxi evaluate`: scores a recipe on the published split of a paper, by the paper's protocol.

use std::path::PathBuf;
use std::process::ExitCode;

use guanxi_training::data::dataset::Dataset;
use guanxi_training::fit::{Protocol, evaluate};
use guanxi_training::recipe::Recipe;
use guanxi_training::report::Report;

use super::cold::ColdArgs;
use super::import::MappingArgs;
use super::numbers::Numbers;
use super::progress::on_terminal;
use super::report_args::ReportArgs;
use super::tune::TuneArgs;
use super::{CliError, Output};
use crate::import::Files;
use crate::job::figures::served_metrics;
use crate::job::prepared::{Preparation, Prepared, Rows};
use crate::job::recipe::recipe;
use crate::job::{Reported, Source, Watch};
use crate::report::RunReport;

/// The arguments of `guanxi evaluate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The interactions to train on: Parquet, CSV or NDJSON.
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// The interactions to find. All items are ranked for each of their users, except those of
    /// `--train`.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["cold", "cold_items"])]
    test: Option<PathBuf>,
    /// The friendships.
    #[arg(long, value_name = "FILE")]
    relations: Option<PathBuf>,
    /// Tunes numbers and weights on these rows instead of on a share of `--train`.
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
    /// `quick`, `default`, `best`, or a recipe file.
    #[arg(long, value_name = "NAME|FILE", default_value = "default")]
    recipe: String,
    /// Ranks each held-out item among this number of items that the user never touched, instead of
    /// among all.
    #[arg(long, value_name = "N", conflicts_with = "served")]
    negatives: Option<usize>,
    /// Also scores the lists that the service would return, with candidates from the index.
    #[arg(long)]
    served: bool,
    #[command(flatten)]
    cold: ColdArgs,
    #[command(flatten)]
    tune: TuneArgs,
    #[command(flatten)]
    run_report: ReportArgs,
    #[command(flatten)]
    mapping: MappingArgs,
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let mut recipe = recipe(&args.recipe)?;
    recipe.split.negatives = args.negatives.or(recipe.split.negatives);
    let mapping = args.mapping.mapping()?;
    let files = Files {
        interactions: Some(args.train.clone()),
        relations: args.relations.clone(),
        ..Files::default()
    };
    let source = Source::Files { files, mapping: Box::new(mapping.clone()) };
    if args.cold.is_asked_for() {
        return args.cold.run(&recipe, &source, &args.run_report, out);
    }
    let mut watch = Watch::new(on_terminal(out));
    let valid = |data: &Dataset| {
        let valid = args.valid.as_deref();
        valid.map(|path| Numbers::of(data).pairs(path, &mapping)).transpose()
    };
    let judged_on = |data: &Dataset| -> Result<Rows, CliError> {
        Ok(valid(data)?.map_or(Rows::All, Rows::Given))
    };
    let preparation = Preparation { source: &source, trials: args.tune.tune };
    let Prepared { recipe, trials, data, .. } =
        preparation.prepare(recipe, judged_on, &mut watch)?;
    let valid = valid(&data)?;
    let test = args.test.as_deref().ok_or("`--test` is missing: name the rows to find")?;
    let test = Numbers::of(&data).pairs(test, &mapping)?;
    let protocol = Protocol { test: &test, valid: valid.as_deref(), served: args.served };
    let mut report = evaluate(&data, protocol, &recipe, &mut watch)?;
    report.trials = trials;
    args.tune.write_recipe(&recipe, &report)?;
    let reported = watch.into_reported();
    tell(&args.run_report, report, &recipe, reported, out)
}

/// Reports the run in files and on the terminal.
fn tell(
    files: &ReportArgs,
    report: Report,
    recipe: &Recipe,
    reported: Reported,
    out: &mut Output,
) -> Result<ExitCode, CliError> {
    let Reported { stages, losses } = reported;
    let run_report =
        RunReport { metrics: served_metrics(&report), report, stages, losses, guard: None };
    files.write(&run_report, &recipe.to_toml())?;
    out.line(&run_report.report);
    Ok(ExitCode::SUCCESS)
}
