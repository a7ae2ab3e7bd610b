//! `guanxi export`.

use std::process::ExitCode;

use super::{CliError, Output};

/// The arguments of `guanxi export`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args, _out: &mut Output) -> Result<ExitCode, CliError> {
    Ok(ExitCode::SUCCESS)
}
