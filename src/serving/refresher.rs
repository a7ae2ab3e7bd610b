//! Finds newly published models and hands them to the writer.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use guanxi_models::{Model, Offset, World};
use tokio::sync::{mpsc, oneshot};

use super::engine::Shared;
use super::replay;
use super::retired::Retired;
use super::writer::Command;
use crate::registry::{Pointer, RegistryError};
use crate::store::StoreError;
use crate::system::idle::{PATIENCE, when_idle};

/// The reason why a published model is not served.
#[derive(Debug, thiserror::Error)]
pub(super) enum RefreshError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "model `{version}` was trained through offset {watermark}, but the log ends at {last}: it belongs to another data directory"
    )]
    Ahead { version: String, watermark: Offset, last: Offset },
    #[error("the writer has ended")]
    Ended,
}

/// Checks at each interval until `stop` is dropped.
pub(super) fn run(
    shared: &Arc<Shared>,
    commands: &mpsc::Sender<Command>,
    every: Duration,
    stop: &Receiver<()>,
) {
    let mut refused = None;
    let mut retired = Retired::default();
    while matches!(stop.recv_timeout(every), Err(RecvTimeoutError::Timeout)) {
        match shared.registry.current() {
            Ok(Some(pointer)) if refused != Some(pointer.number) => {
                refused = serve_newest(shared, commands, &pointer, &mut retired);
            }
            Ok(_) => (),
            Err(error) => shared.troubles.set_model(Some(error.to_string())),
        }
        retired.free_unused();
    }
}

/// Serves the model of a pointer, unless it is already served. Returns the pointer's number if the
/// model was refused, because a second check would give the same result.
fn serve_newest(
    shared: &Arc<Shared>,
    commands: &mpsc::Sender<Command>,
    pointer: &Pointer,
    retired: &mut Retired,
) -> Option<u64> {
    if pointer.version == shared.world.load().model().version {
        shared.troubles.set_model(overlooked(shared));
        return None;
    }
    match refresh(shared, commands, &pointer.version) {
        Ok(before) => {
            retired.keep(before);
            shared.troubles.set_model(overlooked(shared));
            tracing::info!(version = pointer.version, "a new model is served");
            None
        }
        Err(error) => {
            tracing::error!(%error, "a published model can't be served; the previous one stays in service");
            shared.troubles.set_model(Some(error.to_string()));
            Some(pointer.number)
        }
    }
}

/// The error to report if a newer pointer exists but can't be read.
pub(super) fn overlooked(shared: &Shared) -> Option<String> {
    let pointer = shared.registry.unreadable_pointer().ok()??;
    Some(format!(
        "{pointer}, so that an older model may be served: `guanxi models activate` makes one current"
    ))
}

/// Serves the model of this version. Returns the previous world.
fn refresh(
    shared: &Arc<Shared>,
    commands: &mpsc::Sender<Command>,
    version: &str,
) -> Result<Arc<World>, RefreshError> {
    let (from, version) = (Arc::clone(shared), version.to_owned());
    let mut world = when_idle(PATIENCE, move || present(&from, &version))?;
    // Loading may take long. The writer must not wait for the replay of records written meanwhile.
    replay::catch_up(&mut world, &shared.store)?;
    let (reply, done) = oneshot::channel();
    let install = Command::Install(Box::new(world), reply);
    commands.blocking_send(install).map_err(|_| RefreshError::Ended)?;
    Ok(done.blocking_recv().map_err(|_| RefreshError::Ended)??)
}

/// Loads a model and applies all later records.
fn present(shared: &Shared, version: &str) -> Result<World, RefreshError> {
    let model = checked(shared, version)?;
    Ok(replay::world_of(Arc::new(model), &shared.store)?)
}

/// Loads a model and checks that it belongs to this log.
pub(super) fn checked(shared: &Shared, version: &str) -> Result<Model, RefreshError> {
    let model = shared.registry.load(version)?;
    let last = shared.store.last();
    if model.watermark > last {
        let version = version.to_owned();
        return Err(RefreshError::Ahead { version, watermark: model.watermark, last });
    }
    Ok(model)
}
