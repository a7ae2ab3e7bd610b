//! `guanxi evaluate`: published splits, scored as their papers do.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use guanxi_training::attributes::{self, Features};
use guanxi_training::cold;
use guanxi_training::dataset::Dataset;
use guanxi_training::fit::{Protocol, evaluate};
use guanxi_training::recipe::Recipe;
use serde_json::json;

use super::import::MappingArgs;
use super::source::Source;
use super::train::{recipe, served_metrics};
use super::tune::{Prepared, Rows, TuneArgs};
use super::watch::Watch;
use super::{CliError, Output};
use crate::import::{Mapping, read_interactions, read_items};

/// The arguments of `guanxi evaluate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The interactions to train on: Parquet, CSV or NDJSON.
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// The interactions to find: for each of their users all items are ranked, those of `--train` left out.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["cold", "cold_items"])]
    test: Option<PathBuf>,
    /// Who is friends with whom.
    #[arg(long, value_name = "FILE")]
    relations: Option<PathBuf>,
    /// Rows of `--train` on which numbers and weights are decided, instead of a share of it.
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
    /// `quick`, `default`, `best`, or a recipe file.
    #[arg(long, value_name = "NAME|FILE", default_value = "default")]
    recipe: String,
    /// Ranks what is to be found among so many items that the user never touched, instead of among all.
    #[arg(long, value_name = "N", conflicts_with = "served")]
    negatives: Option<usize>,
    /// Scores the lists that the service would answer as well, candidates from the index.
    #[arg(long)]
    served: bool,
    #[command(flatten)]
    cold: ColdArgs,
    #[command(flatten)]
    tune: TuneArgs,
    /// Writes the report to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    mapping: MappingArgs,
}

/// What is made cold, if anything.
#[derive(Debug, clap::Args)]
struct ColdArgs {
    /// Hides all that some users with friends did, and reports how much of it is found with few items handed back.
    #[arg(long, requires = "relations", conflicts_with_all = ["test", "valid", "served"])]
    cold: bool,
    /// Hides all that was done with some items, and reports how well they are placed by what `--items` says of them.
    #[arg(long, requires = "items", conflicts_with_all = ["test", "valid", "served", "cold"])]
    cold_items: bool,
    /// The catalogue, for `--cold-items`.
    #[arg(long, value_name = "FILE", requires = "cold_items")]
    items: Option<PathBuf>,
    /// With `--cold`: gives everybody random friends, of whom nothing may be learned.
    #[arg(long, requires = "cold")]
    shuffle_friends: bool,
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let mut recipe = recipe(&args.recipe)?;
    recipe.split.negatives = args.negatives.or(recipe.split.negatives);
    let mapping = args.mapping.mapping()?;
    let source = Source::Files {
        interactions: args.train.clone(),
        relations: args.relations.clone(),
        mapping: Box::new(mapping.clone()),
    };
    if args.cold.cold {
        return run_cold(args, &recipe, &source, out);
    }
    if let Some(items) = &args.cold.items {
        return run_cold_items(args, items, &recipe, &source, out);
    }
    let mut watch = Watch::new(out);
    let valid = |data: &Dataset| {
        let valid = args.valid.as_deref();
        valid.map(|path| Numbers::of(data).pairs(path, &mapping)).transpose()
    };
    let judged_on = |data: &Dataset| Ok(valid(data)?.map_or(Rows::All, Rows::Given));
    let Prepared { recipe, trials, data, .. } =
        args.tune.prepare(recipe, &source, &judged_on, &mut watch)?;
    let valid = valid(&data)?;
    let test = args.test.as_deref().ok_or("`--test` is missing: name the rows to find")?;
    let test = Numbers::of(&data).pairs(test, &mapping)?;
    let protocol = Protocol { test: &test, valid: valid.as_deref(), served: args.served };
    let mut report = evaluate(&data, protocol, &recipe, &mut watch)?;
    report.trials = trials;
    args.tune.write_recipe(&recipe, &report)?;
    let stages = watch.into_costs();
    out.line(&report);
    if let Some(path) = &args.json {
        let metrics = served_metrics(&report);
        let papers = json!({ "metrics": metrics, "report": report, "stages": stages });
        std::fs::write(path, serde_json::to_vec_pretty(&papers)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the protocol of cold users.
fn run_cold(
    args: &Args,
    recipe: &Recipe,
    source: &Source,
    out: &mut Output,
) -> Result<ExitCode, CliError> {
    let mut watch = Watch::new(out);
    let (data, _) = watch.stage_of("read", || source.read(recipe.event_weights()))?;
    let protocol =
        cold::Protocol { shuffle_friends: args.cold.shuffle_friends, ..Default::default() };
    let report = cold::evaluate(&data, protocol, recipe, &mut watch)?;
    let stages = watch.into_costs();
    out.line(&report);
    if let Some(path) = &args.json {
        let papers = json!({ "cold": report, "stages": stages });
        std::fs::write(path, serde_json::to_vec_pretty(&papers)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the protocol of cold items.
fn run_cold_items(
    args: &Args,
    items: &Path,
    recipe: &Recipe,
    source: &Source,
    out: &mut Output,
) -> Result<ExitCode, CliError> {
    let mut watch = Watch::new(out);
    let (data, _) = watch.stage_of("read", || source.read(recipe.event_weights()))?;
    let numbers = Numbers::of(&data);
    let mut features = vec![Features::new(); data.n_items()];
    for item in read_items(items, &args.mapping.mapping()?)? {
        let item = item.map_err(|error| format!("`{}`: {error}", items.display()))?;
        if let Some(&number) = numbers.items.get(&item.id) {
            features[number as usize] = attributes::features(&item);
        }
    }
    let report = cold::evaluate_items(&data, &features, recipe, &mut watch)?;
    let stages = watch.into_costs();
    out.line(report);
    if let Some(path) = &args.json {
        let papers = json!({ "cold_items": report, "stages": stages });
        std::fs::write(path, serde_json::to_vec_pretty(&papers)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The numbers that the training data gave to ids. Ids that it does not know get numbers beyond, which no list can hold.
struct Numbers {
    users: HashMap<String, u32>,
    items: HashMap<String, u32>,
}

impl Numbers {
    fn of(data: &Dataset) -> Self {
        let numbered = |ids: &guanxi_models::ids::Ids| {
            ids.iter().map(str::to_owned).zip(0..).collect::<HashMap<String, u32>>()
        };
        Self { users: numbered(&data.users), items: numbered(&data.items) }
    }

    fn pairs(&mut self, path: &Path, mapping: &Mapping) -> Result<Vec<(u32, u32)>, CliError> {
        let mut pairs = Vec::new();
        for row in read_interactions(path, mapping)? {
            let row = row.map_err(|error| format!("`{}`: {error}", path.display()))?;
            pairs.push((number(&mut self.users, row.user), number(&mut self.items, row.item)));
        }
        Ok(pairs)
    }
}

fn number(numbers: &mut HashMap<String, u32>, id: String) -> u32 {
    let next = numbers.len() as u32;
    *numbers.entry(id).or_insert(next)
}
