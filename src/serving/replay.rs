//! From a model to the present: the same records in the same order give the same world.

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

/// The world of `model` with every record of a log that may be another process's.
///
/// Such a log comes without tables, so that what items and users are is read from its beginning.
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

/// Applies what came after the world's offset.
pub(super) fn catch_up(world: &mut World, store: &Store) -> Result<(), StoreError> {
    for entry in store.read(world.offset()) {
        let (offset, record) = entry?;
        world.apply(offset, &record);
    }
    Ok(())
}

/// Takes memberships from before the watermark out of the log, of a model that was made before they were kept.
///
/// The store's table of relations would be read faster, but it also holds those of users who were forgotten since.
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

/// Tells the world what its items and users are.
///
/// A model keeps numbers, not descriptions: those that it knows the id of come from the store's tables, where they may be newer than
/// the watermark, which the replay then brings to the same end. All others come with the replay, so that ids are numbered in the
/// order of the log.
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
