//! `--tune` and `--recipe-out`: a search for a better recipe before training.

use std::fmt::Write as _;
use std::path::PathBuf;

use guanxi_training::recipe::Recipe;
use guanxi_training::report::Report;

use super::{CliError, report_args};
use crate::job::figures::served_metrics;

/// Options of the search for a recipe.
#[derive(Debug, Default, clap::Args)]
pub struct TuneArgs {
    /// Tries up to this number of recipes around the given one on held-out rows, and trains with
    /// the best.
    #[arg(long, value_name = "N")]
    pub tune: Option<usize>,
    /// Writes the recipe of the training to this file, with its metrics as comments.
    #[arg(long, value_name = "FILE")]
    pub recipe_out: Option<PathBuf>,
}

impl TuneArgs {
    /// Writes the recipe file, if requested.
    pub(super) fn write_recipe(&self, recipe: &Recipe, report: &Report) -> Result<(), CliError> {
        let Some(path) = &self.recipe_out else { return Ok(()) };
        report_args::write(path, with_metrics(recipe, report).as_bytes())
    }
}

/// The recipe, with its held-out metrics in comments above it.
fn with_metrics(recipe: &Recipe, report: &Report) -> String {
    let mut text = format!("# {}, {} users\n", report.held_out.how, report.held_out.users);
    for (name, value) in served_metrics(report) {
        writeln!(text, "# {name} {value:.4}").expect("a string takes whatever is written to it");
    }
    text + "\n" + &recipe.to_toml()
}
