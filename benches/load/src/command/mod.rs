//! `guanxi bench`: measures a server, and compares two reports.

mod compare;
mod run;
mod tell;

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use guanxi_output::Output;

use crate::ModelNames;

/// Why the command fails: printed as one line.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Reads the names of the model in a data directory, for `--data`.
pub type ReadNames<'a> = &'a dyn Fn(&Path) -> Result<ModelNames, Failure>;

/// The arguments of `guanxi bench`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Box<run::Args>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compares two reports, and fails if the second is slower by more than a bound.
    Compare(compare::Args),
}

/// Runs the command. Exit code 1: requests failed, or the second report is slower.
pub fn run(args: &Args, names: ReadNames<'_>, out: &mut Output) -> Result<ExitCode, Failure> {
    match &args.command {
        Some(Command::Compare(args)) => compare::run(args, out),
        None => run::run(&args.run, names, out),
    }
}
