//! `guanxi bench`: how fast a server answers, and whether it became slower.

mod compare;
mod run;
mod tell;

use std::process::ExitCode;

use clap::Subcommand;

use super::{CliError, Output};

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
    /// Compares two reports, and fails where the second is slower by more than a bound.
    Compare(compare::Args),
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    match &args.command {
        Some(Command::Compare(args)) => compare::run(args, out),
        None => run::run(&args.run, out),
    }
}
