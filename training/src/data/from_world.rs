//! Conversion of the live state into training data: replaying the log yields a world, and the world
//! yields the columns.

use guanxi_models::attributes::features;
use guanxi_models::column::WeightedRows;
use guanxi_models::event::Millis;
use guanxi_models::history::Histories;
use guanxi_models::ids::Ids;
use guanxi_models::model::Rows;
use guanxi_models::{ItemIdx, UserIdx, World};

use crate::data::dataset::Dataset;

impl From<&World> for Dataset {
    /// Copies all that training needs, under the world's indices.
    fn from(world: &World) -> Self {
        let users = || (0..world.counts().users as u32).map(UserIdx);
        let rows = |pick: fn(&World, UserIdx) -> Vec<u32>| -> Rows {
            Rows::from_rows(&users().map(|user| pick(world, user)).collect::<Vec<_>>())
        };
        let histories = Histories::from_views(users().map(|user| world.history(user)));
        let reference = histories.columns().4.iter().copied().max().unwrap_or(0);
        Self {
            users: world.user_ids().names().collect::<Ids>(),
            items: world.item_ids().names().collect::<Ids>(),
            friends: rows(|world, user| world.ties(user).friends.to_vec()),
            follows: rows(|world, user| world.ties(user).follows.to_vec()),
            blocks: rows(|world, user| world.ties(user).blocks.to_vec()),
            private_users: users()
                .filter(|&user| world.is_private(user))
                .map(|user| user.0)
                .collect::<Vec<_>>()
                .into(),
            deleted_items: world.catalogue().deleted().iter().collect::<Vec<_>>().into(),
            first_seen: world.first_seen().iter().copied().collect::<Vec<Millis>>().into(),
            features: described(world),
            events: world.model().params.events.clone(),
            histories,
            reference,
        }
    }
}

/// The features of each item; no rows if no item has any.
fn described(world: &World) -> WeightedRows {
    let item = |number| world.item_at(ItemIdx(number)).map(|item| features(item));
    let rows = (0..world.counts().items as u32).map(|number| item(number).unwrap_or_default());
    let rows: Vec<_> = rows.collect();
    if rows.iter().all(Vec::is_empty) {
        WeightedRows::default()
    } else {
        WeightedRows::from_rows(&rows)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use guanxi_models::{Event, EventType, Model, Offset, Record, Relation, RelationKind};

    use super::*;
    use crate::data::dataset::{DatasetBuilder, Seen};

    #[test]
    fn a_replayed_world_and_the_builder_give_the_same_columns() {
        let mut world = World::new(Arc::new(Model::empty()));
        let mut builder = DatasetBuilder::new(world.model().params.events.clone());
        let relation = |from: &str, kind, to: &str| {
            Record::Relation(Relation { from: from.into(), kind, to: to.into() })
        };
        let mut records = Vec::new();
        for (at, (user, item, kind)) in [
            ("u", "i", EventType::View),
            ("v", "j", EventType::Purchase),
            ("u", "i", EventType::Purchase),
            ("u", "j", EventType::Refund),
        ]
        .into_iter()
        .enumerate()
        {
            let ts = at as i64 * 1_000 + 1;
            records.push(Record::Event(Event::new("e", user, item, kind, ts)));
            builder.observe(user, item, Seen { kind, ts, ..Seen::default() });
        }
        records.push(relation("u", RelationKind::Friend, "v"));
        builder.friend("u", "v");
        records.push(relation("w", RelationKind::Follow, "u"));
        builder.follow("w", "u");
        for (at, record) in records.iter().enumerate() {
            world.apply(Offset(at as u64 + 1), record);
        }
        let (replayed, built) = (Dataset::from(&world), builder.build());
        assert_eq!(format!("{replayed:?}"), format!("{built:?}"));
    }
}
