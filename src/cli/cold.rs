//! `guanxi evaluate --cold` and `--cold-items`: measures quality for cold users and cold items.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use guanxi_models::attributes::{Features, features};
use guanxi_models::column::WeightedRows;
use guanxi_training::cold;
use guanxi_training::recipe::Recipe;
use serde_json::json;

use super::numbers::Numbers;
use super::progress::on_terminal;
use super::report_args::{self, ReportArgs};
use super::{CliError, Output};
use crate::import::read_items;
use crate::job::{Source, Watch};

/// Options of the cold-start protocols.
#[derive(Debug, clap::Args)]
pub(super) struct ColdArgs {
    /// Hides all interactions of some users who have friends. Reports how well their items are
    /// found as a few of their interactions are revealed.
    #[arg(long, requires = "relations", conflicts_with_all = ["test", "valid", "served", "html"])]
    cold: bool,
    /// Hides all interactions with some items. Reports how well the features of `--items` alone
    /// place them.
    #[arg(long, requires = "items", conflicts_with_all = ["test", "valid", "served", "html", "cold"])]
    cold_items: bool,
    /// The catalogue for `--cold-items`.
    #[arg(long, value_name = "FILE", requires = "cold_items")]
    items: Option<PathBuf>,
    /// With `--cold`: replaces friendships by random ones, as a control that carries no signal.
    #[arg(long, requires = "cold")]
    shuffle_friends: bool,
}

impl ColdArgs {
    /// True if one of the two protocols was requested.
    pub(super) fn is_asked_for(&self) -> bool {
        self.cold || self.items.is_some()
    }

    /// Runs the requested protocol.
    pub(super) fn run(
        &self,
        recipe: &Recipe,
        source: &Source,
        files: &ReportArgs,
        out: &mut Output,
    ) -> Result<ExitCode, CliError> {
        let mut watch = Watch::new(on_terminal(out));
        let run_report = match &self.items {
            Some(items) => items_by_attributes(items, recipe, source, &mut watch)?,
            None => self.users_by_friends(recipe, source, &mut watch)?,
        };
        let Protocol { name, table, json } = run_report;
        let run_report = json!({ name: json, "stages": watch.into_reported().stages });
        out.line(table);
        if let Some(path) = &files.json {
            report_args::write(path, &serde_json::to_vec_pretty(&run_report)?)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn users_by_friends(
        &self,
        recipe: &Recipe,
        source: &Source,
        watch: &mut Watch<'_>,
    ) -> Result<Protocol, CliError> {
        let (data, _) = watch.stage_of("read", || source.read(recipe.event_weights()))?;
        let protocol =
            cold::ColdProtocol { shuffle_friends: self.shuffle_friends, ..Default::default() };
        let report = cold::evaluate(&data, protocol, recipe, watch)?;
        let json = serde_json::to_value(&report)?;
        Ok(Protocol { name: "cold", table: report.to_string(), json })
    }
}

/// The result of a protocol.
struct Protocol {
    name: &'static str,
    table: String,
    json: serde_json::Value,
}

fn items_by_attributes(
    items: &Path,
    recipe: &Recipe,
    source: &Source,
    watch: &mut Watch<'_>,
) -> Result<Protocol, CliError> {
    let Source::Files { mapping, .. } = source else {
        return Err("`--cold-items` reads files: name `--train`".into());
    };
    let (mut data, _) = watch.stage_of("read", || source.read(recipe.event_weights()))?;
    let numbers = Numbers::of(&data);
    let mut rows = vec![Features::new(); data.n_items()];
    for item in read_items(items, mapping)? {
        let item = item.map_err(|error| format!("`{}`: {error}", items.display()))?;
        if let Some(&number) = numbers.items.get(&item.id) {
            rows[number as usize] = features(&item);
        }
    }
    data.features = WeightedRows::from_rows(&rows);
    let report = cold::evaluate_items(&data, recipe, watch)?;
    let json = serde_json::to_value(report)?;
    Ok(Protocol { name: "cold_items", table: report.to_string(), json })
}
