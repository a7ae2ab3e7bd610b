//! Report files that a command writes after a training.

use std::path::{Path, PathBuf};

use super::CliError;
use crate::report::{RunReport, TITLE, page};

/// Files to write the report to.
#[derive(Debug, Default, clap::Args)]
pub struct ReportArgs {
    /// Also writes the report to this file as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Writes the report to this file as an HTML page.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

impl ReportArgs {
    /// Writes the requested files.
    pub(super) fn write(&self, run_report: &RunReport, recipe: &str) -> Result<(), CliError> {
        if let Some(path) = &self.json {
            write(path, &serde_json::to_vec_pretty(run_report)?)?;
        }
        if let Some(path) = &self.html {
            write(path, page(TITLE, run_report, recipe).as_bytes())?;
        }
        Ok(())
    }
}

/// Writes a file that the user named.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    std::fs::write(path, bytes)
        .map_err(|error| format!("can't write `{}`: {error}", path.display()).into())
}
