//! `guanxi import`: stores the rows of files in the log.

use std::path::PathBuf;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::{CliError, Output};
use crate::import::{FOREIGN_EVENTS, Files, Mapping, MappingError, Step, StoreSink, Tally, import};
use crate::store::Store;

/// The arguments of `guanxi import`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("files").required(true).multiple(true).args(["interactions", "relations", "items", "users"])))]
pub struct Args {
    /// The data directory; created if absent.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The interactions: columns user, item, event, ts, weight, ...
    #[arg(long, value_name = "FILE")]
    interactions: Option<PathBuf>,
    /// The relations: columns from (or src), to (or dst), kind (default friend).
    #[arg(long, value_name = "FILE")]
    relations: Option<PathBuf>,
    /// The catalogue: columns item, name, category, tags, price, ...; other columns become
    /// attributes.
    #[arg(long, value_name = "FILE")]
    items: Option<PathBuf>,
    /// The users: columns user, name, ...; other columns become attributes.
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    #[command(flatten)]
    mapping: MappingArgs,
}

/// Options for reading files, shared by all commands that read some.
#[derive(Debug, Clone, clap::Args)]
pub struct MappingArgs {
    /// Reads fields from other columns: user=uid,item=sku.
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',')]
    map: Vec<String>,
    /// Maps foreign event names to types: listen=view. Built in: listen, checkin and interact are
    /// purchases, tag is like, `group_launch` is a purchase, `group_launch_failed` is cart.
    #[arg(long, value_name = "NAME=TYPE", value_delimiter = ',')]
    event_map: Vec<String>,
    /// The type of events without one.
    #[arg(long, value_name = "TYPE", default_value = "purchase")]
    default_event: String,
}

impl MappingArgs {
    /// Checks the options. Timestamps are bounded by the current time.
    pub fn mapping(&self) -> Result<Mapping, MappingError> {
        let mut mapping = Mapping::new(jiff::Timestamp::now().as_millisecond());
        self.map.iter().try_for_each(|text| mapping.map(text))?;
        self.event_map.iter().try_for_each(|text| mapping.map_event(text))?;
        mapping.set_default_event(&self.default_event)?;
        Ok(mapping)
    }
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let mapping = args.mapping.mapping()?;
    if args.interactions.is_some() {
        out.note(stated_defaults(&mapping));
    }
    let files = Files {
        interactions: args.interactions.clone(),
        relations: args.relations.clone(),
        items: args.items.clone(),
        users: args.users.clone(),
    };
    let opened = files.open(&mapping)?;
    let store = Store::open(&args.data)?;
    let mut progress = Progress::new(out);
    let tallies = import(opened, &mut StoreSink::new(&store), &mut |step| progress.at(step))?;
    progress.clear();
    for tally in &tallies {
        print(tally, out);
    }
    let refused = tallies.iter().any(Tally::has_refusals);
    Ok(if refused { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn stated_defaults(mapping: &Mapping) -> String {
    let foreign = FOREIGN_EVENTS.map(|(name, _)| {
        let kind = mapping.event(name).expect("every foreign name has a meaning");
        format!("{name} = {}", kind.name())
    });
    format!(
        "where a row says nothing: event = {}, ts = 0 (unknown), weight = 1, event_id = the file's content and the row's number\n\
         foreign event names: {}",
        mapping.default_event().name(),
        foreign.join(", ")
    )
}

fn print(tally: &Tally, out: &mut Output) {
    let path = tally.path.display();
    if !tally.ignored.is_empty() {
        out.note(format!(
            "{path}: columns that are no field are not read: {}",
            tally.ignored.join(", ")
        ));
    }
    for malformed in &tally.listed {
        out.note(format!("{path}: {malformed}"));
    }
    let more = tally.malformed - tally.listed.len() as u64;
    if more > 0 {
        out.note(format!("{path}: and {more} more malformed rows"));
    }
    if tally.written.conflicts > 0 {
        out.note(format!(
            "{path}: {} events are in the log with another body under the same event_id: they stay as they were",
            tally.written.conflicts
        ));
    }
    let Tally { rows, written, malformed, .. } = tally;
    out.line(format!(
        "{path}: {rows} rows: {} stored, {} already there, {} in conflict, {malformed} malformed",
        written.stored, written.duplicates, written.conflicts
    ));
}

/// Shows the progress: a bar on a terminal, a line for each tenth in a log.
struct Progress<'a> {
    out: &'a mut Output,
    bar: Option<ProgressBar>,
    path: PathBuf,
    tenth: u32,
}

impl<'a> Progress<'a> {
    fn new(out: &'a mut Output) -> Self {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {eta}")
            .expect("the template is valid");
        let bar = out.is_watched().then(|| ProgressBar::new(1000).with_style(style));
        Self { out, bar, path: PathBuf::new(), tenth: 0 }
    }

    fn at(&mut self, step: Step<'_>) {
        if self.path != step.path {
            step.path.clone_into(&mut self.path);
            self.tenth = 0;
        }
        let name = step.path.display();
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{name}: {} rows", step.rows));
            bar.set_position((step.progress * 1000.0) as u64);
            return;
        }
        let tenth = (step.progress * 10.0) as u32;
        if tenth > self.tenth {
            self.tenth = tenth;
            self.out.note(format!("{name}: {} % ({} rows)", tenth * 10, step.rows));
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
