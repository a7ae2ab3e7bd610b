//! `guanxi recommend`: writes the lists of many users to a Parquet file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use guanxi_models::index::Panels;
use guanxi_models::recommend::Scratch;
use guanxi_models::{Query, QueryError, Scenario, Search, World};
use parquet::arrow::ArrowWriter;
use rayon::prelude::*;

use super::lists_file::{UserList, batch, properties, schema};
use super::{CliError, Output, stored};

/// The number of users that are answered and written at a time.
const USERS_AT_ONCE: usize = 4_096;

/// The arguments of `guanxi recommend`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The data directory: reads its current model and its log, also beside a running service.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The scenario to list.
    #[arg(long, default_value = "for-you", value_parser = scenario())]
    scenario: Scenario,
    /// `all`, or a file with one user id a line.
    #[arg(long, value_name = "all|FILE", default_value = "all")]
    users: String,
    /// The most items of a list.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// The least number of distinct friends who bought an item before a list mentions them.
    #[arg(long, default_value_t = 2)]
    min_friends: usize,
    /// Scores every item instead of searching the index.
    #[arg(long)]
    exact: bool,
    /// Ranks for-you by the embedding alone: exact, and for many users at once.
    #[arg(long, conflicts_with = "exact")]
    by_embedding: bool,
    /// The Parquet file to write: user, rank, item, score, reasons.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Parses the name of a scenario; the help describes each of them.
fn scenario() -> impl TypedValueParser<Value = Scenario> {
    let value =
        |scenario: &Scenario| PossibleValue::new(scenario.name()).help(scenario.spec().summary);
    PossibleValuesParser::new(Scenario::ALL.iter().map(value)).map(|name| {
        Scenario::from_name(&name).expect("the parser takes the names of the table alone")
    })
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    if args.by_embedding && args.scenario != Scenario::FOR_YOU {
        return Err("`--by-embedding` ranks `for-you` alone: leave `--scenario` out".into());
    }
    let (_, world) = stored::world(&args.data, None)?;
    let users = users(&args.users, &world)?;
    let half = args.out.with_extension("parquet.new");
    let rows = write(args, &world, &users, &half)?;
    std::fs::rename(&half, &args.out)?;
    out.line(format_args!("{rows} rows for {} users in {}", users.len(), args.out.display()));
    Ok(ExitCode::SUCCESS)
}

fn users(named: &str, world: &World) -> Result<Vec<String>, CliError> {
    if named == "all" {
        return Ok(world.user_ids().names().map(std::string::ToString::to_string).collect());
    }
    let text = std::fs::read_to_string(named).map_err(|error| format!("`{named}`: {error}"))?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn write(args: &Args, world: &World, users: &[String], path: &Path) -> Result<usize, CliError> {
    let file = File::create(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    let mut writer = ArrowWriter::try_new(file, schema(), Some(properties()))?;
    let panels = args.by_embedding.then(|| Panels::new(&world.model().learned.item_factors));
    let mut rows = 0;
    for chunk in users.chunks(USERS_AT_ONCE) {
        let lists = match &panels {
            Some(panels) => lists_by_embedding(args, world, panels, chunk)?,
            None => lists(args, world, chunk)?,
        };
        let batch = batch(world, &lists)?;
        rows += batch.num_rows();
        writer.write(&batch)?;
    }
    writer.into_inner()?.sync_all()?;
    Ok(rows)
}

/// The lists of some users, in their order, on all threads.
fn lists(args: &Args, world: &World, users: &[String]) -> Result<Vec<UserList>, QueryError> {
    let list = |scratch: &mut Scratch, user: &String| {
        let items = world.recommend(&query(args, user), scratch)?.items;
        Ok(UserList { user: user.clone(), items })
    };
    users.par_iter().map_init(Scratch::default, list).collect()
}

/// Computes the lists by the embedding alone, for blocks of users on all threads.
fn lists_by_embedding(
    args: &Args,
    world: &World,
    panels: &Panels,
    users: &[String],
) -> Result<Vec<UserList>, QueryError> {
    /// The number of users that share one read of the item factors.
    const BLOCK: usize = 480;
    let block = |scratch: &mut Scratch, users: &[String]| {
        let queries: Vec<Query> = users.iter().map(|user| query(args, user)).collect();
        let lists = world.recommend_by_embedding(panels, &queries, scratch)?;
        let lists = users.iter().zip(lists);
        Ok(lists.map(|(user, items)| UserList { user: user.clone(), items }).collect::<Vec<_>>())
    };
    let blocks: Result<Vec<Vec<UserList>>, QueryError> =
        users.par_chunks(BLOCK).map_init(Scratch::default, block).collect();
    Ok(blocks?.into_iter().flatten().collect())
}

fn query(args: &Args, user: &str) -> Query {
    Query {
        scenario: args.scenario,
        user: Some(user.to_owned()),
        limit: args.limit,
        explain: true,
        min_friends: args.min_friends,
        search: if args.exact { Search::Exact } else { Query::default().search },
        ..Query::default()
    }
}
