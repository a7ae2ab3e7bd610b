//! `guanxi export`: writes the log as Parquet files by day.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, Output};
use crate::lake::Lake;
use crate::store::LogReader;

/// The arguments of `guanxi export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The data directory. Its log may be in use by a running service.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The directory of the lake; days that it already holds are not written again.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let log = LogReader::open(&args.data)?;
    let mut lake = Lake::open(&args.out)?;
    let last = log.last();
    let exported = lake.export(&log, |through| {
        out.note(format_args!("exported through offset {through} of {last}"));
    })?;
    let (place, through) = (args.out.display(), exported.through);
    if through == exported.before {
        out.line(format_args!("nothing new: {place} holds the log through offset {through}"));
        return Ok(ExitCode::SUCCESS);
    }
    let (first, files) = (exported.before.next(), exported.files);
    out.line(format_args!(
        "offsets {first} to {through} written (new files: {files}): {place} holds the log through offset {through}"
    ));
    Ok(ExitCode::SUCCESS)
}
