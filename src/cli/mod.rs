//! The command line: one executable, roles as subcommands.

pub mod backup;
pub mod bench;
pub mod check;
pub mod demo;
pub mod evaluate;
pub mod export;
pub mod import;
pub mod keys;
pub mod models;
pub mod recall;
pub mod recommend;
pub mod repair;
pub mod serve;
pub mod train;

mod cold;
mod lists_file;
mod numbers;
mod progress;
mod report_args;
mod stored;
mod tune;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use guanxi_output::Output;

/// The error of a command: printed as one line, with exit code 2.
pub type CliError = Box<dyn std::error::Error + Send + Sync>;

/// A recommendation engine for social commerce.
#[derive(Debug, Parser)]
#[command(name = "guanxi", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generates a small social market, trains on it and serves it.
    Demo(demo::Args),
    /// Serves recommendations over HTTP.
    Serve(serve::Args),
    /// Imports files into the data directory.
    Import(import::Args),
    /// Writes the log as Parquet files by day.
    Export(export::Args),
    /// Trains a model and publishes it.
    Train(train::Args),
    /// Trains on one file and scores the model on another.
    Evaluate(evaluate::Args),
    /// Writes the lists of many users to a file.
    Recommend(recommend::Args),
    /// Lists, shows, activates and prunes models.
    Models(models::Args),
    /// Backs up a data directory, also beside a running service.
    Backup(backup::BackupArgs),
    /// Restores a data directory from a backup.
    Restore(backup::RestoreArgs),
    /// Verifies the files of a data directory.
    Check(check::Args),
    /// Rescues the readable data of a damaged data directory.
    Repair(repair::Args),
    /// Creates, lists and revokes access keys.
    Keys(keys::Args),
    /// Measures the recall of the index: the share of the exact results that it finds.
    Recall(recall::Args),
    /// Measures the latency of a server under load.
    Bench(guanxi_load::command::Args),
}

impl Cli {
    /// Runs the command. Exit codes: 0 success; 1 completed, but something was refused; 2 failed.
    pub fn run(&self, out: &mut Output) -> ExitCode {
        let result = match &self.command {
            Command::Demo(args) => demo::run(args, out),
            Command::Serve(args) => serve::run(args, out),
            Command::Import(args) => import::run(args, out),
            Command::Export(args) => export::run(args, out),
            Command::Train(args) => train::run(args, out),
            Command::Evaluate(args) => evaluate::run(args, out),
            Command::Recommend(args) => recommend::run(args, out),
            Command::Models(args) => models::run(args, out),
            Command::Backup(args) => backup::back_up(args, out),
            Command::Restore(args) => backup::restore(args, out),
            Command::Check(args) => check::run(args, out),
            Command::Repair(args) => repair::run(args, out),
            Command::Keys(args) => keys::run(args, out),
            Command::Recall(args) => recall::run(args, out),
            Command::Bench(args) => bench::run(args, out),
        };
        result.unwrap_or_else(|error| {
            out.error(&*error);
            ExitCode::from(2)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
