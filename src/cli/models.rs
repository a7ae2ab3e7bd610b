//! `guanxi models`: manages published models.
//!
//! Every command changes only the registry. A running service notices the change by itself.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;

use super::{CliError, Output, report_args};
use crate::registry::{Manifest, Pointer, Registry};
use crate::report::{RunReport, page};
use crate::store::StoreError;
use guanxi_output::{NOTHING, Table};

/// The arguments of `guanxi models`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the models, newest first; `*` marks the current one.
    List {
        #[command(flatten)]
        data: Data,
    },
    /// Prints a model's manifest, metrics and recipe.
    Show {
        /// The model's version, as `list` prints it.
        #[arg(value_name = "VERSION")]
        model: String,
        #[command(flatten)]
        data: Data,
    },
    /// Writes the training report of a model as an HTML page.
    Report {
        /// The model's version, as `list` prints it.
        #[arg(value_name = "VERSION")]
        model: String,
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        html: PathBuf,
        #[command(flatten)]
        data: Data,
    },
    /// Makes a model current after verifying it.
    Activate {
        /// The model's version, as `list` prints it.
        #[arg(value_name = "VERSION")]
        model: String,
        #[command(flatten)]
        data: Data,
    },
    /// Removes all models except the newest and the current one.
    Prune {
        /// The number of newest models to keep.
        #[arg(long, value_name = "N", default_value_t = 3)]
        keep: usize,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Debug, clap::Args)]
struct Data {
    /// The data directory; a service may run on it.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    match &args.command {
        Command::List { data } => list(&data.registry()?, out),
        Command::Show { model, data } => show(&data.registry()?, model, out),
        Command::Report { model, html, data } => report(&data.registry()?, model, html, out),
        Command::Activate { model, data } => activate(&data.registry()?, model, out),
        Command::Prune { keep, data } => prune(&data.registry()?, *keep, out),
    }
}

impl Data {
    /// The registry of an existing data directory: a mistyped name must not create a new one.
    fn registry(&self) -> Result<Registry, CliError> {
        let path: &Path = &self.data;
        if !path.join("guanxi.json").exists() {
            return Err(StoreError::Foreign { path: path.to_owned() }.into());
        }
        Ok(Registry::open(path)?)
    }
}

fn list(registry: &Registry, out: &mut Output) -> Result<ExitCode, CliError> {
    let (models, current) = (registry.list()?, registry.current()?);
    if models.is_empty() {
        out.line("no models yet: `guanxi train` makes one");
        return Ok(ExitCode::SUCCESS);
    }
    out.line(models_table(&models, current.as_ref()));
    if let Some(pointer) = current.filter(|pointer| !has(&models, &pointer.version)) {
        out.note(format_args!(
            "the current model `{}` is damaged or gone: activate another one",
            pointer.version
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn has(models: &[Manifest], version: &str) -> bool {
    models.iter().any(|model| model.version == version)
}

fn models_table(models: &[Manifest], current: Option<&Pointer>) -> Table {
    const METRICS: [&str; 2] = ["recall@20", "ndcg@20"];
    let head =
        ["", "version", "created", "watermark", "users", "items", "interactions", "friendships"];
    let mut table = Table::new(head.into_iter().chain(["dim"]).chain(METRICS));
    for model in models {
        let is_current = current.is_some_and(|pointer| pointer.version == model.version);
        let shapes = &model.shapes;
        let texts = [if is_current { "*" } else { "" }, &model.version, &model.created];
        let sizes =
            [shapes.users, shapes.items, shapes.interactions, shapes.friendships, shapes.dim];
        let numbers = sizes.map(|size| size.to_string());
        let metrics = METRICS.map(|name| metric(model, name));
        let watermark = std::iter::once(model.watermark.to_string());
        let cells = texts.map(str::to_owned).into_iter().chain(watermark);
        table.row(cells.chain(numbers).chain(metrics));
    }
    table
}

fn metric(model: &Manifest, name: &str) -> String {
    model.metrics.get(name).map_or_else(|| NOTHING.to_owned(), |value| format!("{value:.4}"))
}

fn show(registry: &Registry, version: &str, out: &mut Output) -> Result<ExitCode, CliError> {
    let manifest = registry.show(version)?;
    let (recipe, _report) = registry.recipe_and_report(version)?;
    let current = registry.current()?.is_some_and(|pointer| pointer.version == version);
    out.line(facts(&manifest, current));
    out.line("");
    out.line(files(&manifest));
    if !manifest.metrics.is_empty() {
        out.line("");
        out.line(metrics(&manifest));
    }
    out.line(format_args!("\nrecipe\n{}", recipe.trim_end()));
    Ok(ExitCode::SUCCESS)
}

fn report(
    registry: &Registry,
    version: &str,
    html: &Path,
    out: &mut Output,
) -> Result<ExitCode, CliError> {
    let (recipe, run_report) = registry.recipe_and_report(version)?;
    let run_report: RunReport = serde_json::from_value(run_report).map_err(|error| {
        format!(
            "the report of model `{version}` can't be read: {error}; an earlier guanxi wrote it"
        )
    })?;
    report_args::write(
        html,
        page(&format!("guanxi: model {version}"), &run_report, &recipe).as_bytes(),
    )?;
    out.line(format_args!("wrote `{}`", html.display()));
    Ok(ExitCode::SUCCESS)
}

fn facts(manifest: &Manifest, is_current: bool) -> Table {
    let shapes = &manifest.shapes;
    let mut table = Table::new(["model", &manifest.version]);
    table.row(["current", if is_current { "yes" } else { "no" }]);
    table.row(["created", &manifest.created]);
    table.row(["watermark", &manifest.watermark.to_string()]);
    table.row(["users", &shapes.users.to_string()]);
    table.row(["items", &shapes.items.to_string()]);
    table.row(["interactions", &shapes.interactions.to_string()]);
    table.row(["friendships", &shapes.friendships.to_string()]);
    table.row(["dim", &shapes.dim.to_string()]);
    table
}

fn files(manifest: &Manifest) -> Table {
    let mut table = Table::new(["file", "bytes", "checksum"]);
    for file in &manifest.files {
        let checksum = format!("{} {}", file.checksum.name(), file.checksum.as_str());
        table.row([&file.name, &file.bytes.to_string(), &checksum]);
    }
    table
}

fn metrics(manifest: &Manifest) -> Table {
    let mut table = Table::new(["metric", "value"]);
    for (name, value) in &manifest.metrics {
        table.row([name, &format!("{value:.6}")]);
    }
    table
}

fn activate(registry: &Registry, version: &str, out: &mut Output) -> Result<ExitCode, CliError> {
    registry.activate(version, Timestamp::now())?;
    out.line(format_args!("model `{version}` is current"));
    Ok(ExitCode::SUCCESS)
}

fn prune(registry: &Registry, keep: usize, out: &mut Output) -> Result<ExitCode, CliError> {
    let removed = registry.prune(keep)?;
    if removed.is_empty() {
        out.line("nothing to remove");
    }
    for name in removed {
        out.line(format_args!("removed `{name}`"));
    }
    Ok(ExitCode::SUCCESS)
}
