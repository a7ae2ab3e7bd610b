//! Conversion of the live state into training data: replaying the log yields a world, and the world
//! yields the columns.

use guanxi_models::attributes::features;
use guanxi_models::column::WeightedRows;
use guanxi_models::{ItemIdx, World};

use crate::data::dataset::Dataset;

impl From<&World> for Dataset {
    /// Freezes the facts of this moment, under the world's indices.
    fn from(world: &World) -> Self {
        let ground = world.ground();
        let reference = ground.histories.columns().4.iter().copied().max().unwrap_or(0);
        let events = world.model().learned.params.events.clone();
        Self { ground, features: described(world), reference, events }
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

    use guanxi_models::{Event, EventType, Ground, Model, Offset, Record, Relation, RelationKind};

    use super::*;
    use crate::data::dataset::{DatasetBuilder, Seen};

    #[test]
    fn a_replayed_world_and_the_builder_give_the_same_columns() {
        let mut world = World::new(Arc::new(Model::empty()));
        let mut builder = DatasetBuilder::new(world.model().learned.params.events.clone());
        let relation = |from: &str, kind, to: &str| Record::Relation(Relation::new(from, kind, to));
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
        // Tie strengths are left out: a world has those of new ties, training computes all.
        let reported = |Dataset { ground, features, reference, events }: &Dataset| {
            let Ground { users, items, histories, ties, popularity, first_seen, .. } = ground;
            let links = (ties.friends.links(), &ties.follows, &ties.blocks);
            let of_items = (popularity, first_seen, features);
            format!(
                "{users:?} {items:?} {histories:?} {links:?} {of_items:?} {reference} {events:?}"
            )
        };
        assert_eq!(reported(&replayed), reported(&built));
    }
}
