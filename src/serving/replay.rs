//! Replays records onto a model. The same records in the same order give the same world.

use std::sync::Arc;

use guanxi_models::{Model, Offset, Record, World};

use crate::store::{LogReader, Store, StoreError};

/// The world of `model` with every record of the store.
pub(super) fn world_of(model: Arc<Model>, store: &Store) -> Result<World, StoreError> {
    let mut world = World::new(model);
    describe(&mut world, store)?;
    if world.lacks_memberships() {
        recall_memberships(&mut world, store)?;
    }
    catch_up(&mut world, store)?;
    Ok(world)
}

/// The world of `model` with every record of a log, which may belong to another process.
///
/// A log has no tables, so items and users are read from its beginning.
pub fn world_from_log(model: Arc<Model>, log: &LogReader) -> Result<World, StoreError> {
    let mut world = World::new(model);
    let (watermark, lacks_memberships) = (world.offset(), world.lacks_memberships());
    for entry in log.read(Offset(0))? {
        match entry? {
            (offset, record) if offset > watermark => world.apply(offset, &record),
            (_, Record::Item(item)) => world.put_item(item),
            (_, Record::ItemDeleted { id }) => world.delete_item(&id),
            (_, Record::User(user)) => world.describe_user(user),
            (_, record) if lacks_memberships => world.recall_memberships(&record),
            _ => (),
        }
    }
    Ok(world)
}

/// Applies the records after the world's offset.
pub(super) fn catch_up(world: &mut World, store: &Store) -> Result<(), StoreError> {
    for entry in store.read(world.offset()) {
        let (offset, record) = entry?;
        world.apply(offset, &record);
    }
    Ok(())
}

/// Reads the memberships up to the watermark from the log, for a model from before they were kept.
///
/// The store's table of relations would be faster, but it still has relations of users forgotten
/// since.
fn recall_memberships(world: &mut World, store: &Store) -> Result<(), StoreError> {
    let watermark = world.offset();
    let through = |offset: Offset| offset <= watermark;
    let before =
        store.read(Offset(0)).take_while(|entry| entry.as_ref().map_or(true, |e| through(e.0)));
    for entry in before {
        world.recall_memberships(&entry?.1);
    }
    Ok(())
}

/// Adds the records of items and users to the world.
///
/// A model has only their ids. Their records come from the store's tables and may be newer than the
/// watermark; the replay leads to the same result. New ids come with the replay, because ids are
/// numbered in the order of the log.
fn describe(world: &mut World, store: &Store) -> Result<(), StoreError> {
    for item in store.items() {
        let item = item?;
        if world.item_idx(&item.id).is_some() {
            world.put_item(item);
        }
    }
    for user in store.users() {
        let user = user?;
        if world.user_idx(&user.id).is_some() {
            world.describe_user(user);
        }
    }
    Ok(())
}
