//! `guanxi keys`: manages access keys. A running server applies a change within a second.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use jiff::{SignedDuration, Timestamp};

use super::{CliError, Output};
use crate::access::{KeyEntry, KeyFile, NewKey, Scope};
use crate::config::Period;
use crate::store::Directory;
use guanxi_output::{NOTHING, Table};

/// The arguments of `guanxi keys`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Creates a key and prints it. It is shown only once: only its hash is stored.
    Create(New),
    /// Lists the keys without their secrets.
    List {
        #[command(flatten)]
        data: Data,
    },
    /// Revokes a key for good.
    Revoke {
        /// The key's id, as `list` prints it.
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Debug, clap::Args)]
struct New {
    #[command(flatten)]
    data: Data,
    /// The key's name. Two valid keys may share a name, so that one can replace the other.
    #[arg(long)]
    name: String,
    /// The rights of the key.
    #[arg(long)]
    scope: Scope,
    /// Allows a public key on pages of this origin, like `https://shop.example`; repeatable.
    #[arg(long, value_name = "ORIGIN")]
    origin: Vec<String>,
    /// The period of validity, like `90d`; by default valid until revoked.
    #[arg(long, value_name = "PERIOD")]
    expires: Option<Period>,
    /// The most requests a second.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
}

#[derive(Debug, clap::Args)]
struct Data {
    /// The data directory; a service may run on it.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Data {
    fn keys(&self) -> Result<KeyFile, CliError> {
        Directory::ensure(&self.data)?;
        Ok(KeyFile::open(&self.data)?)
    }
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    match &args.command {
        Command::Create(new) => create(new, out)?,
        Command::List { data } => list(data.keys()?.keys(), out),
        Command::Revoke { id, data } => {
            data.keys()?.revoke(id, Timestamp::now())?;
            out.line(format_args!("{id} is revoked"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn create(new: &New, out: &mut Output) -> Result<(), CliError> {
    let now = Timestamp::now();
    let expires = new.expires.map(|period| {
        let length = SignedDuration::try_from(period.0).map_err(|_| "`--expires` is too long")?;
        now.checked_add(length).map_err(|_| "`--expires` is too long")
    });
    let wanted = NewKey {
        name: new.name.clone(),
        scope: new.scope,
        origins: new.origin.clone(),
        expires: expires.transpose()?,
        rate: new.rate,
    };
    let (id, secret) = new.data.keys()?.create(wanted, now)?;
    out.note(format_args!("key {id}: it is shown only now"));
    out.line(secret.reveal());
    Ok(())
}

fn list(keys: &[KeyEntry], out: &mut Output) {
    let now = Timestamp::now();
    if keys.is_empty() {
        return out.line("no keys: everybody who reaches the server may ask everything");
    }
    let mut table = Table::new(["id", "name", "scope", "state", "expires", "rate", "origins"]);
    for key in keys {
        let state = match key.revoked {
            Some(_) => "revoked",
            None if key.is_valid(now) => "valid",
            None => "expired",
        };
        let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
        table.row([
            key.id.clone(),
            key.name.clone(),
            key.scope.name().to_owned(),
            state.to_owned(),
            or_nothing(key.expires.map(|expires| expires.to_string())),
            or_nothing(key.rate.map(|rate| format!("{rate}/s"))),
            or_nothing(Some(key.origins.join(" ")).filter(|origins| !origins.is_empty())),
        ]);
    }
    out.line(table.to_string().trim_end());
}
