//! `guanxi bench`: the load generator of [`guanxi_load`], asking for users and items of a model.

use std::path::Path;
use std::process::ExitCode;

use guanxi_load::ModelNames;
use guanxi_load::command::{self, Args};

use super::{CliError, Output};
use crate::registry::Registry;

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    command::run(args, &names, out)
}

/// The users and items of the current model of a data directory.
fn names(data: &Path) -> Result<ModelNames, CliError> {
    let registry = Registry::open(data)?;
    let pointer = registry
        .current()?
        .ok_or("the data directory has no model: name `--users` and `--items`")?;
    let model = registry.load(&pointer.version)?;
    let users = model.ground.users.iter().map(str::to_owned).collect();
    Ok(ModelNames { users, items: model.ground.items.iter().map(str::to_owned).collect() })
}
