//! `guanxi demo`: generates a small social market, trains on it and serves it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use guanxi_models::recommend::Scratch;
use guanxi_models::{Query, Reason, Record, Scenario, World};
use guanxi_training::market::{MarketParams, records};
use guanxi_training::recipe::Recipe;

use super::progress::on_terminal;
use super::{CliError, Output, serve};
use crate::config::Settings;
use crate::job::publish::publish;
use crate::job::{Job, Source, Watch};
use crate::registry::Registry;
use crate::serving::{Engine, Options};
use crate::store::Store;
use crate::system::memory;

/// The arguments of `guanxi demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keeps the market in this directory; an existing market is reused.
    #[arg(long, value_name = "DIR", default_value = "guanxi-demo")]
    data: PathBuf,
    /// The address to serve on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4826")]
    listen: SocketAddr,
    #[command(flatten)]
    size: Size,
}

/// The size of the market; the defaults finish in about a minute.
#[derive(Debug, clap::Args)]
struct Size {
    /// The number of users.
    #[arg(long, default_value_t = 2_000)]
    users: usize,
    /// The number of items.
    #[arg(long, default_value_t = 1_500)]
    items: usize,
    /// The number of events.
    #[arg(long, default_value_t = 60_000)]
    events: usize,
    /// The mean number of friends of a user.
    #[arg(long, default_value_t = 12)]
    friends: usize,
}

/// The most records in one atomic write: the whole market of the default size fits.
const RECORDS_AT_ONCE: usize = 100_000;

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    fill(&args.data, &args.size, out)?;
    teach(&args.data, out)?;
    memory::for_answers()?;
    let engine = Arc::new(Engine::open(&args.data, Options::default())?);
    let mut settings = Settings::default();
    settings.data.dir.clone_from(&args.data);
    settings.server.listen = args.listen;
    let world = engine.world();
    serve::serve(engine, settings, |address| {
        out.line(format_args!("listening on http://{address}; try"));
        for line in questions(&world, &format!("http://{address}")) {
            out.line(line);
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Stores the market, unless the log already has records.
fn fill(data: &Path, size: &Size, out: &mut Output) -> Result<(), CliError> {
    let store = Store::open(data)?;
    if store.last().0 > 0 {
        out.note(format_args!("using the market in {}", data.display()));
        return Ok(());
    }
    let now = jiff::Timestamp::now().as_millisecond();
    let params = MarketParams::at(now).sized(size.users, size.items, size.events);
    let mut market = records(&MarketParams { friends_per_user: size.friends, ..params });
    loop {
        let group: Vec<Record> = market.by_ref().take(RECORDS_AT_ONCE).collect();
        if group.is_empty() {
            break;
        }
        store.append(&[group])?;
    }
    out.note(format_args!("stored {} records in {}", store.last(), data.display()));
    Ok(())
}

/// Trains and publishes a model, unless one exists.
fn teach(data: &Path, out: &mut Output) -> Result<(), CliError> {
    if Registry::open(data)?.current()?.is_some() {
        return Ok(());
    }
    let recipe = Recipe::built_in("quick").ok_or("the recipe `quick` is built in")?;
    let source = Source::Log(data.to_owned());
    let job = Job { data, source: &source, trials: None, keeping: None, publish_if: None };
    let trained = job.run(recipe, Watch::new(on_terminal(out)))?;
    let version = publish(data, &trained)?;
    out.line(&trained.run_report.report);
    if let Some(version) = version {
        out.line(format_args!("published model {version}"));
    }
    Ok(())
}

/// Three requests for this market, as commands.
fn questions(world: &World, url: &str) -> Vec<String> {
    let user = sociable(world).unwrap_or("u0");
    let item = world.recommend(
        &Query { scenario: Scenario::POPULAR, limit: 1, ..Query::default() },
        &mut Scratch::default(),
    );
    let item = item.ok().and_then(|answer| answer.items.first().map(|one| world.item_id(one.id)));
    let item = item.unwrap_or("i0");
    vec![
        format!("curl '{url}/v1/recommend/friends-also-bought?user={user}&limit=5&explain=true'"),
        format!("curl '{url}/v1/recommend/for-you?user={user}&limit=5&fields=name,price'"),
        format!("curl '{url}/v1/recommend/similar-items?item={item}&limit=5&fields=name'"),
    ]
}

/// A user with at least 5 items on the list of friends' purchases, each explained by friends who
/// bought it.
fn sociable(world: &World) -> Option<&str> {
    let mut scratch = Scratch::default();
    world.user_ids().names().map(|name| &**name).find(|user| {
        let scenario = Scenario::FRIENDS_ALSO_BOUGHT;
        let user = Some((*user).to_owned());
        let query = Query { scenario, user, limit: 5, explain: true, ..Query::default() };
        world.recommend(&query, &mut scratch).is_ok_and(|answer| {
            let reported = |reason: &Reason| matches!(reason, Reason::FriendsBought { .. });
            answer.items.len() == 5
                && answer.items.iter().all(|one| one.reasons.iter().any(reported))
        })
    })
}
