//! `guanxi backup` and `guanxi restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;

use super::{CliError, Output};
use crate::backup::{self, Manifest};

/// The arguments of `guanxi backup`.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// The data directory, also of a running service.
    #[arg(long, value_name = "DIR", required_unless_present = "verify")]
    data: Option<PathBuf>,
    /// Writes the backup to this directory, which must not exist yet.
    #[arg(long, value_name = "DIR", required_unless_present = "verify")]
    to: Option<PathBuf>,
    /// Only verifies that a backup is undamaged.
    #[arg(long, value_name = "BACKUP", conflicts_with_all = ["data", "to"])]
    verify: Option<PathBuf>,
}

/// The arguments of `guanxi restore`.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// The backup to restore.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The data directory to create: it must be absent or empty.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// Takes or verifies a backup.
pub fn back_up(args: &BackupArgs, out: &mut Output) -> Result<ExitCode, CliError> {
    let (manifest, done) = match (&args.verify, &args.data, &args.to) {
        (None, Some(data), Some(to)) => {
            (backup::take(data, to, Timestamp::now())?, format!("written to {}", to.display()))
        }
        (Some(backup), ..) => {
            (backup::verify(backup)?, format!("{} is as it was written", backup.display()))
        }
        _ => return Err("name the data directory with --data and the backup with --to".into()),
    };
    tell(&manifest, &done, out);
    Ok(ExitCode::SUCCESS)
}

/// Restores a backup.
pub fn restore(args: &RestoreArgs, out: &mut Output) -> Result<ExitCode, CliError> {
    let manifest = backup::restore(&args.from, &args.data)?;
    tell(&manifest, &format!("restored to {}", args.data.display()), out);
    Ok(ExitCode::SUCCESS)
}

fn tell(manifest: &Manifest, done: &str, out: &mut Output) {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let (created, last, files) = (&manifest.created, manifest.last, manifest.files.len());
    out.line(format_args!(
        "{done}: taken {created}, the log through offset {last}, {files} files of {bytes} bytes"
    ));
}
