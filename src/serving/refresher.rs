//! Looks for newly published models and has them served.

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

/// Why a published model is not served.
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

/// Looks again and again until `stop` is dropped.
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
                refused = look(shared, commands, &pointer, &mut retired);
            }
            Ok(_) => (),
            Err(error) => shared.troubles.set_model(Some(error.to_string())),
        }
        retired.free_unused();
    }
}

/// Serves the model of a pointer unless it is served already. Returns the pointer's number if the model was refused: checking it
/// again would find the same.
fn look(
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
            tracing::error!(%error, "a published model is not taken; the one before goes on serving");
            shared.troubles.set_model(Some(error.to_string()));
            Some(pointer.number)
        }
    }
}

/// What is to be told although the newest readable pointer is followed: that a newer one can't be read.
pub(super) fn overlooked(shared: &Shared) -> Option<String> {
    let pointer = shared.registry.unreadable_pointer().ok()??;
    Some(format!(
        "{pointer}, so that an older model may be served: `guanxi models activate` makes one current"
    ))
}

/// Has the model of this version served. Returns the world that was served before.
fn refresh(
    shared: &Arc<Shared>,
    commands: &mpsc::Sender<Command>,
    version: &str,
) -> Result<Arc<World>, RefreshError> {
    let (from, version) = (Arc::clone(shared), version.to_owned());
    let mut world = when_idle(PATIENCE, move || present(&from, &version))?;
    // That may have taken long, and what came meanwhile must not keep the writer.
    replay::catch_up(&mut world, &shared.store)?;
    let (reply, done) = oneshot::channel();
    let install = Command::Install(Box::new(world), reply);
    commands.blocking_send(install).map_err(|_| RefreshError::Ended)?;
    Ok(done.blocking_recv().map_err(|_| RefreshError::Ended)??)
}

/// Loads a model and brings it to the present.
fn present(shared: &Shared, version: &str) -> Result<World, RefreshError> {
    let model = checked(shared, version)?;
    Ok(replay::world_of(Arc::new(model), &shared.store)?)
}

/// Loads a model and makes sure that it belongs to this log.
pub(super) fn checked(shared: &Shared, version: &str) -> Result<Model, RefreshError> {
    let model = shared.registry.load(version)?;
    let last = shared.store.last();
    if model.watermark > last {
        let version = version.to_owned();
        return Err(RefreshError::Ahead { version, watermark: model.watermark, last });
    }
    Ok(model)
}
