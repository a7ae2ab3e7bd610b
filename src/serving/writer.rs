//! The single writer thread: group commit, then the new world, then the responses.

use std::sync::Arc;

use guanxi_models::{Record, World};
use tokio::sync::{mpsc, oneshot};

use super::engine::Shared;
use super::group_interval::GroupInterval;
use super::replay;
use crate::store::{Outcome, StoreError};
use crate::testing::seeded::{Defect, has};

/// The most records of one group. A larger group would delay its first request.
const GROUP_RECORDS: usize = 20_000;

/// The reason why a write failed, or may have failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The disk failed. The records may or may not exist after a restart; repeating them with the
    /// same ids is safe.
    #[error("the store can't write: {reason}")]
    Unavailable {
        /// The error of the store.
        reason: String,
    },
    /// The queue of writes is full.
    #[error("too many writes are waiting: try again in a moment")]
    Busy,
    /// The process is shutting down.
    #[error("the service is shutting down")]
    ShuttingDown,
}

/// A command to the writer.
pub(super) enum Command {
    /// Append these records.
    Write(Vec<Record>, Reply),
    /// Append the records that this makes of the current world.
    WriteWith(Make, Reply),
    /// Serve this world after adding the latest records.
    Install(Box<World>, Installed),
    /// End after the earlier commands.
    Stop,
}

/// Receives the previous world.
pub(super) type Installed = oneshot::Sender<Result<Arc<World>, StoreError>>;
pub(super) type Reply = oneshot::Sender<Result<Vec<Outcome>, WriteError>>;
/// Makes records of the current world.
pub type Make = Box<dyn FnOnce(&World) -> Vec<Record> + Send>;

/// Writes until the command to end, or until all senders are gone.
pub(super) fn run(shared: &Shared, commands: &mut mpsc::Receiver<Command>) {
    let mut interval = GroupInterval::default();
    let mut next = commands.blocking_recv();
    while let Some(command) = next.take() {
        match command {
            Command::Write(records, reply) => {
                interval.wait();
                let (group, after) = gather(records, reply, commands);
                commit(shared, group);
                next = after;
            }
            // No other write can share its commit, so waiting would gain nothing.
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

/// Takes all waiting writes; the first other command ends the group.
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

/// One fsync for the whole group, then one new world, then the responses. An acknowledged write is
/// durable and visible.
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
            // The free space is checked again with each write.
            let stays = !matches!(refused, StoreError::Full { .. });
            shared.troubles.set_store(stays.then(|| refused.to_string()));
            for reply in replies {
                drop(reply.send(Err(error.clone())));
            }
        }
    }
}

/// Defects that the tests must detect.
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
