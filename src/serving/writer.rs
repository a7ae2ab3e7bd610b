//! The one thread that writes: group commit, then the new world, then the answers.

use std::sync::Arc;

use guanxi_models::{Record, World};
use tokio::sync::{mpsc, oneshot};

use super::engine::Shared;
use super::pace::Pace;
use super::replay;
use crate::store::{Outcome, StoreError};
use crate::testing::seeded::{Defect, has};

/// So many records at most share one fsync: more would make the first of them wait.
const GROUP_RECORDS: usize = 20_000;

/// Why a write was not done, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The disk refused. The records may or may not be there after a restart: repeating them with the same ids is safe.
    #[error("the store can't write: {reason}")]
    Unavailable {
        /// What the store said.
        reason: String,
    },
    /// More writes wait than may.
    #[error("too many writes are waiting: try again in a moment")]
    Busy,
    /// The process is about to end.
    #[error("the service is shutting down")]
    ShuttingDown,
}

/// What the writer is asked to do.
pub(super) enum Command {
    /// Append these records.
    Write(Vec<Record>, Reply),
    /// Append what this makes of the present world.
    WriteWith(Make, Reply),
    /// Serve this world, which lacks only the latest records.
    Install(Box<World>, Installed),
    /// End after what was asked before.
    Stop,
}

/// Gives back the world that was served before.
pub(super) type Installed = oneshot::Sender<Result<Arc<World>, StoreError>>;
pub(super) type Reply = oneshot::Sender<Result<Vec<Outcome>, WriteError>>;
/// Makes records of the present world.
pub type Make = Box<dyn FnOnce(&World) -> Vec<Record> + Send>;

/// Writes until told to stop or until nobody can ask any more.
pub(super) fn run(shared: &Shared, commands: &mut mpsc::Receiver<Command>) {
    let mut pace = Pace::default();
    let mut next = commands.blocking_recv();
    while let Some(command) = next.take() {
        match command {
            Command::Write(records, reply) => {
                pace.wait();
                let (group, after) = gather(records, reply, commands);
                commit(shared, group);
                next = after;
            }
            // Nothing can share its commit, so that to wait would win nothing.
            Command::WriteWith(make, reply) => {
                let records = make(&shared.world.load());
                commit(shared, vec![(records, reply)]);
            }
            Command::Install(world, reply) => {
                drop(reply.send(install(shared, *world)));
            }
            Command::Stop => return,
        }
        next = next.or_else(|| commands.blocking_recv());
    }
}

/// Takes every plain write that already waits; the first other command ends the group.
fn gather(
    records: Vec<Record>,
    reply: Reply,
    commands: &mut mpsc::Receiver<Command>,
) -> (Vec<(Vec<Record>, Reply)>, Option<Command>) {
    let mut size = records.len();
    let mut group = vec![(records, reply)];
    while size < GROUP_RECORDS {
        match commands.try_recv() {
            Ok(Command::Write(records, reply)) => {
                size += records.len();
                group.push((records, reply));
            }
            Ok(other) => return (group, Some(other)),
            Err(_) => break,
        }
    }
    (group, None)
}

/// One fsync for the whole group, then one new world, then the answers: an answered write is durable and visible.
fn commit(shared: &Shared, mut group: Vec<(Vec<Record>, Reply)>) {
    if has(Defect::EarlyAnswer) {
        answer_early(shared, &mut group);
    }
    let (batches, replies): (Vec<Vec<Record>>, Vec<Reply>) = group.into_iter().unzip();
    match shared.store.append(&batches) {
        Ok(outcomes) => {
            publish(shared, &batches, &outcomes);
            shared.troubles.set_store(None);
            shared.commits.count(replies.len());
            for (reply, outcome) in replies.into_iter().zip(outcomes) {
                drop(reply.send(Ok(outcome)));
            }
        }
        Err(refused) => {
            tracing::error!(error = %refused, "the store refused a write");
            let error = WriteError::Unavailable { reason: refused.to_string() };
            // A disk that is full is looked at again whenever somebody asks.
            let stays = !matches!(refused, StoreError::Full { .. });
            shared.troubles.set_store(stays.then(|| refused.to_string()));
            for reply in replies {
                drop(reply.send(Err(error.clone())));
            }
        }
    }
}

/// What must never be: for the tests of the tests.
fn answer_early(shared: &Shared, group: &mut [(Vec<Record>, Reply)]) {
    for (records, reply) in group {
        let (early, _) = oneshot::channel();
        let outcomes = vec![Outcome::Stored(shared.store.last().next()); records.len()];
        drop(std::mem::replace(reply, early).send(Ok(outcomes)));
    }
    std::thread::sleep(std::time::Duration::from_millis(20));
}

fn publish(shared: &Shared, batches: &[Vec<Record>], outcomes: &[Vec<Outcome>]) {
    let mut world = World::clone(&shared.world.load());
    for (record, outcome) in batches.iter().flatten().zip(outcomes.iter().flatten()) {
        if let Outcome::Stored(offset) = outcome {
            world.apply(*offset, record);
        }
    }
    shared.world.store(Arc::new(world));
}

fn install(shared: &Shared, mut world: World) -> Result<Arc<World>, StoreError> {
    replay::catch_up(&mut world, &shared.store)?;
    Ok(shared.world.swap(Arc::new(world)))
}
