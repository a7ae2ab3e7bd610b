//! `guanxi recall`: measures the recall of a model's index against exact search.

use std::path::PathBuf;
use std::process::ExitCode;

use guanxi_training::recall::{K, RecallRow, RecallSampling, measure};
use serde_json::json;

use super::{CliError, Output, report_args, stored};
use guanxi_output::Table;

/// The arguments of `guanxi recall`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The data directory: reads its current model and its log, also beside a running service.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Measures another model, by its version in `guanxi models list`.
    #[arg(long, value_name = "VERSION")]
    model: Option<String>,
    /// The number of requests of each kind.
    #[arg(long, value_name = "N", default_value_t = 500)]
    queries: usize,
    /// The candidates that a search keeps; by default the number calibrated for the index.
    #[arg(long, value_name = "N")]
    ef: Option<usize>,
    /// The seed by which requests are drawn.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Exits with 1 if the recall of any kind of request is lower.
    #[arg(long, value_name = "SHARE")]
    at_least: Option<f64>,
    /// Writes the figures to this file, for `guanxi bench --recall-from`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the command. The exit code is 1 if the recall is below the bound.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let (version, world) = stored::world(&args.data, args.model.as_deref())?;
    let index = &world.model().learned.index;
    let search = if index.is_exact() {
        "scans".to_owned()
    } else {
        format!("index, ef {}", args.ef.unwrap_or(index.ef()))
    };
    let sampling = RecallSampling { queries: args.queries, seed: args.seed, ef: args.ef };
    let rows = measure(&world, sampling)?;
    out.line(table(&rows));
    out.line(format_args!("model {version}: {search}; {} items", world.counts().items));
    if let Some(path) = &args.json {
        let first = rows.first().ok_or("there is nothing to ask for")?;
        let reported = json!({"recall_at_10": first.recall.mean, "model": version, "search": search, "rows": rows});
        report_args::write(path, &serde_json::to_vec_pretty(&reported)?)?;
    }
    let least = args.at_least.unwrap_or(0.0);
    let short = rows.iter().any(|row| row.queries > 0 && row.recall.mean < least);
    Ok(ExitCode::from(u8::from(short)))
}

fn table(rows: &[RecallRow]) -> Table {
    let recall = format!("recall@{K}");
    let mut table =
        Table::new(["scenario", "filter", "passing %", "queries", &recall, "low", "high", "short"]);
    for row in rows {
        let filter = row.filter.clone().unwrap_or_else(|| "none".to_owned());
        let counts = [format!("{:.3}", 100.0 * row.share), row.queries.to_string()];
        let figures =
            [row.recall.mean, row.recall.low, row.recall.high].map(|share| format!("{share:.4}"));
        let named = [row.scenario.clone(), filter];
        table.row(named.into_iter().chain(counts).chain(figures).chain([row.short.to_string()]));
    }
    table
}
