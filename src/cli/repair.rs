//! `guanxi repair`: rescues the readable data of a damaged data directory.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, Output};
use crate::store::repair;

/// The arguments of `guanxi repair`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The data directory; no service may run on it.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Repairs. Without it the command changes nothing and only reports its plan.
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    if !args.yes {
        out.line(format_args!(
            "`guanxi check --data {0}` tells what is damaged. With --yes the log of {0} is kept up to its first damaged record, the tables are \
             made anew from it, and the store as it is now stays beside it as `store.damaged-N`. A backup has more: `guanxi restore`.",
            args.data.display()
        ));
        return Ok(ExitCode::from(1));
    }
    let repaired = repair(&args.data)?;
    let (last, old) = (repaired.last, repaired.old.display());
    match repaired.damage {
        Some(damage) => out.line(format_args!(
            "kept through offset {last}; what follows could not be read: {damage}. The store as it was: {old}"
        )),
        None => out.line(format_args!(
            "kept through offset {last}, which is all there is. The store as it was: {old}"
        )),
    }
    Ok(ExitCode::SUCCESS)
}
