//! The engine: a store, a registry and the world made from both.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use guanxi_models::{Event, Model, Offset, Record, World};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::published::Models;
use super::status::{Commits, ServedModel, Status, Troubles};
use super::writer::{self, Command, Make, Reply, WriteError};
use super::{refresher, replay};
use crate::registry::{Pointer, Registry, RegistryError};
use crate::store::{LogServer, Outcome, Store, StoreError};
use crate::system::priority::{Work, stand_back};

/// The most requests that may wait for the writer.
const WAITING_WRITES: usize = 1_024;

/// Options of an engine.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The interval between checks for a newly published model.
    pub poll_interval: Duration,
    /// Writes are refused while the disk has less free space than this, in bytes.
    pub min_free: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { poll_interval: Duration::from_millis(500), min_free: 0 }
    }
}

/// The reason why an engine can't start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The data directory can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The models can't be used.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The operating system refused a thread.
    #[error("can't start a thread")]
    Thread(#[source] std::io::Error),
}

/// The state shared by all threads of an engine.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) registry: Registry,
    pub(super) world: ArcSwap<World>,
    pub(super) troubles: Troubles,
    pub(super) commits: Commits,
}

/// A data directory in service: reads from memory, writes through one thread. Dropping it ends its
/// threads after all pending requests.
#[derive(Debug)]
pub struct Engine {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    /// Dropping it stops the refresher.
    stop_refresher: Option<std::sync::mpsc::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
    /// Serves the log to other processes while the engine lives.
    _log_server: LogServer,
}

impl Engine {
    /// Opens a data directory, loads its current model, and replays the later records.
    ///
    /// A damaged model does not prevent the start. The newest valid model is served, and
    /// [`Engine::status`] gives the reason.
    pub fn open(dir: &Path, options: Options) -> Result<Self, EngineError> {
        let store = Store::open(dir)?;
        store.keep_free(options.min_free);
        let registry = Registry::open(dir)?;
        let log_server = store.serve_log()?;
        let empty = ArcSwap::from_pointee(World::new(Arc::new(Model::empty())));
        let shared = Arc::new(Shared {
            store,
            registry,
            world: empty,
            troubles: Troubles::default(),
            commits: Commits::default(),
        });
        shared.world.store(Arc::new(first_world(&shared)?));
        let (commands, receiver) = mpsc::channel(WAITING_WRITES);
        let mut engine = Self {
            shared,
            commands,
            stop_refresher: None,
            threads: Vec::new(),
            _log_server: log_server,
        };
        engine.start_writer(receiver)?;
        engine.start_refresher(options.poll_interval)?;
        Ok(engine)
    }

    /// The current world. Hold it for the whole response.
    pub fn world(&self) -> Arc<World> {
        self.shared.world.load_full()
    }

    /// Appends records. On return they are durable, and in every world loaded afterwards.
    pub async fn write(&self, records: Vec<Record>) -> Result<Vec<Outcome>, WriteError> {
        self.ask(|reply| Command::Write(records, reply))?.await.map_err(|_| ended())?
    }

    /// Appends the records that `make` makes of the current world, with no other write in between.
    pub async fn write_with(&self, make: Make) -> Result<Vec<Outcome>, WriteError> {
        self.ask(|reply| Command::WriteWith(make, reply))?.await.map_err(|_| ended())?
    }

    /// [`Engine::write`] for threads that may block.
    pub fn write_blocking(&self, records: Vec<Record>) -> Result<Vec<Outcome>, WriteError> {
        let receiver = self.ask(|reply| Command::Write(records, reply))?;
        receiver.blocking_recv().map_err(|_| ended())?
    }

    /// True if the log has this event at `offset`, with any time. Reads the disk.
    pub fn holds_but_for_time(&self, offset: Offset, event: &Event) -> bool {
        let Some(before) = offset.0.checked_sub(1) else { return false };
        match self.shared.store.read(Offset(before)).next() {
            Some(Ok((_, Record::Event(held)))) => Event { ts: event.ts, ..held } == *event,
            _ => false,
        }
    }

    /// The status of the engine.
    pub fn status(&self) -> Status {
        let world = self.world();
        let model = world.model();
        let served = ServedModel { version: model.version.clone(), watermark: model.watermark };
        Status {
            offset: world.offset(),
            model: Some(served).filter(|served| !served.version.is_empty()),
            model_error: self.shared.troubles.model(),
            store_error: self.store_error(),
            commits: self.shared.commits.groups.load(Ordering::Relaxed),
            committed_requests: self.shared.commits.requests.load(Ordering::Relaxed),
        }
    }

    fn store_error(&self) -> Option<String> {
        let trouble = self.shared.store.trouble().map(|trouble| trouble.to_string());
        trouble.or_else(|| self.shared.troubles.store())
    }

    /// The models on disk.
    pub fn models(&self) -> Models {
        Models(self.shared.registry.clone())
    }

    fn ask(
        &self,
        command: impl FnOnce(Reply) -> Command,
    ) -> Result<oneshot::Receiver<Result<Vec<Outcome>, WriteError>>, WriteError> {
        let (reply, receiver) = oneshot::channel();
        match self.commands.try_send(command(reply)) {
            Ok(()) => Ok(receiver),
            Err(TrySendError::Full(_)) => Err(WriteError::Busy),
            Err(TrySendError::Closed(_)) => Err(ended()),
        }
    }

    fn start_writer(&mut self, mut receiver: mpsc::Receiver<Command>) -> Result<(), EngineError> {
        let shared = Arc::clone(&self.shared);
        self.start("writer", move || writer::run(&shared, &mut receiver))
    }

    fn start_refresher(&mut self, every: Duration) -> Result<(), EngineError> {
        let (shared, commands) = (Arc::clone(&self.shared), self.commands.clone());
        let (stop, stopped) = std::sync::mpsc::channel();
        self.stop_refresher = Some(stop);
        self.start("refresher", move || {
            stand_back(Work::Bulk);
            refresher::run(&shared, &commands, every, &stopped);
        })
    }

    fn start(
        &mut self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), EngineError> {
        let thread = std::thread::Builder::new().name(name.to_owned());
        self.threads.push(thread.spawn(work).map_err(EngineError::Thread)?);
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop_refresher = None;
        drop(self.commands.try_send(Command::Stop));
        let (closed, _) = mpsc::channel(1);
        self.commands = closed;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the engine panicked");
            }
        }
    }
}

fn ended() -> WriteError {
    WriteError::ShuttingDown
}

/// The newest valid model with all later records; the empty model if there is none.
/// [`Status::not_ready`] then gives the reason, unless nothing was ever published.
fn first_world(shared: &Shared) -> Result<World, EngineError> {
    let mut model = Model::empty();
    let pointers = shared.registry.pointers()?;
    let trouble = refresher::overlooked(shared);
    shared.troubles.set_model(trouble.or(none_current(shared, &pointers)?));
    for pointer in pointers {
        match refresher::checked(shared, &pointer.version) {
            Ok(whole) => {
                model = whole;
                break;
            }
            Err(error) => {
                tracing::error!(%error, "a published model can't be served");
                let latest = shared.troubles.model().unwrap_or_else(|| error.to_string());
                shared.troubles.set_model(Some(latest));
            }
        }
    }
    Ok(replay::world_of(Arc::new(model), &shared.store)?)
}

/// The error of a directory with models but no current one.
fn none_current(shared: &Shared, pointers: &[Pointer]) -> Result<Option<String>, EngineError> {
    let models = shared.registry.names()?;
    let newest = models.iter().max().filter(|_| pointers.is_empty());
    Ok(newest.map(|newest| {
        format!("there are models, but none is current: `guanxi models activate {newest}` makes one current")
    }))
}
