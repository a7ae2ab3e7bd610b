//! From a model to the present: the same records in the same order give the same world.

use std::sync::Arc;

use guanxi_models::{Model, World};

use crate::store::{Store, StoreError};

/// The world of `model` with every record of the store.
pub(super) fn world_of(model: Arc<Model>, store: &Store) -> Result<World, StoreError> {
    let mut world = World::new(model);
    describe(&mut world, store)?;
    catch_up(&mut world, store)?;
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
