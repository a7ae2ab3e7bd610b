//! `guanxi check`: verifies the files of a data directory.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use guanxi_models::Offset;

use super::{CliError, Output};
use crate::registry::{Registry, RegistryError};
use crate::store::{LogReader, StoreError};

/// The arguments of `guanxi check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The data directory. Beside a running service the log and the models are checked, but not the
    /// lookup tables.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// Runs the command. The exit code is 1 if anything is damaged.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let mut flaws = 0;
    let mut tell = |part: &str, flaw: Option<String>| {
        flaws += u32::from(flaw.is_some());
        out.line(format_args!("{part:<32} {}", flaw.as_deref().unwrap_or("whole")));
    };
    match log(args) {
        Ok(parts) => parts.into_iter().for_each(|(part, flaw)| tell(&part, flaw)),
        Err(damaged @ (StoreError::Damaged { .. } | StoreError::Database(_))) => {
            tell("log", Some(damaged.to_string()));
        }
        Err(other) => return Err(other.into()),
    }
    let registry = Registry::open(&args.data)?;
    if let Some(pointer) = registry.unreadable_pointer()? {
        tell("current", Some(pointer.to_string()));
    }
    let listed = registry.list()?.into_iter().map(|manifest| manifest.version);
    let pointed = registry.pointers()?.into_iter().map(|pointer| pointer.version);
    for version in listed.chain(pointed).collect::<BTreeSet<String>>() {
        let flaw = match registry.load(&version) {
            // A pruned model leaves its number behind.
            Ok(_) | Err(RegistryError::Unknown { .. }) => None,
            Err(damaged) => Some(damaged.to_string()),
        };
        tell(&format!("model {version}"), flaw);
    }
    Ok(if flaws == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Checks the parts of the store: each is returned with its damage, if any.
fn log(args: &Args) -> Result<Vec<(String, Option<String>)>, StoreError> {
    let log = LogReader::open(&args.data)?;
    let mut parts = vec![(format!("log through offset {}", log.last()), None)];
    match &log {
        LogReader::Own(store) => {
            let findings = store.check()?;
            let reported =
                |finding: &crate::store::Finding| ("tables".to_owned(), Some(finding.to_string()));
            parts.extend(findings.iter().map(reported));
            if findings.is_empty() {
                parts.push(("tables".to_owned(), None));
            }
        }
        LogReader::Remote { .. } => log.read(Offset(0))?.try_for_each(|entry| entry.map(drop))?,
    }
    Ok(parts)
}
