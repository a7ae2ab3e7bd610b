//! The list of facts of a world. Each fact is a projection of the log in a file of its own.
//!
//! A new fact is a file with a [`Projection`] and a line in [`facts!`]. The macro adds it to the
//! live state and to the frozen [`Ground`]. So no operation over all facts can miss it: applying a
//! change, forgetting a user, writing and reading a model.

use super::arrivals::Arrivals;
use super::catalogue::Catalogue;
use super::change::{Change, Gone};
use super::circles::Circles;
use super::details::Details;
use super::histories::LiveHistories;
use super::popularity::Popularity;
use super::privacy::Privacy;
use super::profiles::Profiles;
use super::ties::LiveTies;
use crate::ground::columns::{ColumnError, Columns, Table};
use crate::ids::Ids;

/// The size of a world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of users ever seen.
    pub users: usize,
    /// The number of items ever seen.
    pub items: usize,
    /// The number of circles ever seen.
    pub circles: usize,
}

/// A projection of the log up to an offset.
///
/// A clone is O(1) and does not change with the original. The same changes in the same order give
/// the same state. Freezing and thawing in between changes nothing.
pub trait Projection: Clone + std::fmt::Debug {
    /// The fact at a watermark, as immutable columns.
    type Frozen: Clone + std::fmt::Debug + Default;

    /// The state at the watermark.
    fn thaw(frozen: &Self::Frozen, counts: Counts) -> Self;

    /// The current state as columns.
    fn freeze(&self, counts: Counts) -> Self::Frozen;

    /// Applies a change. Most changes concern other facts.
    fn apply(&mut self, change: &Change<'_>);

    /// Forgets a user.
    fn forget(&mut self, gone: &Gone);

    /// Adds the columns of the fact to those of a model directory.
    fn write(frozen: &Self::Frozen, columns: &mut Columns);

    /// Reads the columns of [`write`](Self::write). A model from before the fact existed has none.
    fn read(columns: &Columns) -> Result<Self::Frozen, ColumnError>;
}

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident: $projection:ty,)*) => {
        /// All facts, live.
        #[derive(Clone, Debug)]
        pub(super) struct Facts {
            $($(#[$doc])* pub(super) $name: $projection,)*
        }

        /// All facts at a watermark. Numbers of users and items are positions in `users` and
        /// `items`. Missing rows of a table are empty.
        #[derive(Clone, Debug, Default)]
        pub struct Ground {
            /// Public ids of users.
            pub users: Ids,
            /// Public ids of items.
            pub items: Ids,
            /// Public ids of circles.
            pub circles: Ids,
            $($(#[$doc])* pub $name: <$projection as Projection>::Frozen,)*
        }

        impl Facts {
            /// The facts at the watermark.
            pub(super) fn thaw(ground: &Ground) -> Self {
                let counts = ground.counts();
                Self { $($name: <$projection>::thaw(&ground.$name, counts),)* }
            }

            /// The facts as columns, for these users, items and circles.
            pub(super) fn freeze(&self, [users, items, circles]: [Ids; 3]) -> Ground {
                let counts =
                    Counts { users: users.len(), items: items.len(), circles: circles.len() };
                Ground { users, items, circles, $($name: self.$name.freeze(counts),)* }
            }

            /// Passes a change to every fact.
            pub(super) fn apply(&mut self, change: &Change<'_>) {
                $(self.$name.apply(change);)*
            }

            /// Makes every fact forget a user.
            pub(super) fn forget(&mut self, gone: &Gone) {
                $(self.$name.forget(gone);)*
            }
        }

        impl Ground {
            /// The columns of every fact, for a model directory.
            pub fn columns(&self) -> Columns {
                let mut columns = Columns::new(self.rows());
                $(<$projection>::write(&self.$name, &mut columns);)*
                columns
            }

            /// Reads the facts of these users, items and circles. The columns must have a row for
            /// each id.
            pub fn read(
                [users, items, circles]: [Ids; Table::ALL.len()],
                columns: &Columns,
            ) -> Result<Self, ColumnError> {
                Ok(Self { users, items, circles, $($name: <$projection>::read(columns)?,)* })
            }
        }
    };
}

facts! {
    /// The history of each user.
    histories: LiveHistories,
    /// Friends with the strength of the tie, follows and blocks.
    ties: LiveTies,
    /// The circles of each user, ascending; no rows in a model from before memberships were kept.
    memberships: Circles,
    /// Further details of events, since they are kept.
    details: Details,
    /// The private users, ascending.
    private_users: Privacy,
    /// The descriptions of users, which the store keeps.
    profiles: Profiles,
    /// The deleted items, ascending. The store keeps descriptions.
    deleted_items: Catalogue,
    /// The number of users with a positive entry for each item.
    popularity: Popularity,
    /// The time of each item's first event, in Unix milliseconds; 0 if unknown.
    first_seen: Arrivals,
}

impl Ground {
    /// The number of users, items and circles.
    pub fn counts(&self) -> Counts {
        let [users, items, circles] = self.rows();
        Counts { users, items, circles }
    }

    /// The ids of a table's rows.
    pub fn ids(&self, table: Table) -> &Ids {
        match table {
            Table::Users => &self.users,
            Table::Items => &self.items,
            Table::Circles => &self.circles,
        }
    }

    /// The number of rows of each table.
    fn rows(&self) -> [usize; Table::ALL.len()] {
        Table::ALL.map(|table| self.ids(table).len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::event::{Attribution, Event, EventType, Visibility};
    use crate::ground::columns::{Content, Lists, Numbers};
    use crate::id::Offset;
    use crate::model::{Learned, Model};
    use crate::record::{Record, Relation, RelationKind, User};
    use crate::world::World;

    /// Records in which `gone` has something of every fact about users, and others name `gone`.
    fn records() -> Vec<Record> {
        let relation = |from: &str, kind, to: &str| Record::Relation(Relation::new(from, kind, to));
        let buys = |id: &str, user: &str, sharer: &str| {
            let came_from = Attribution {
                recommendation_id: Some("answer".into()),
                sharer: Some(sharer.into()),
            };
            let plain = Event::new(id, user, "i", EventType::Purchase, 86_400_000);
            let (session, circle) = (Some("visit".into()), Some("class".into()));
            let (price, currency) = (Some(9.5), Some("CNY".into()));
            let attribution = Some(came_from);
            Record::Event(Event {
                session,
                circle,
                price,
                currency,
                quantity: 2,
                attribution,
                ..plain
            })
        };
        let private =
            User { id: "gone".into(), visibility: Visibility::Private, ..User::default() };
        vec![
            buys("1", "gone", "other"),
            buys("2", "other", "gone"),
            relation("gone", RelationKind::Friend, "other"),
            relation("gone", RelationKind::Follow, "other"),
            relation("gone", RelationKind::Block, "third"),
            relation("gone", RelationKind::Member, "class"),
            relation("other", RelationKind::Member, "class"),
            Record::User(private),
        ]
    }

    fn apply(world: &mut World, records: &[Record]) {
        for record in records {
            world.apply(world.offset().next(), record);
        }
    }

    /// The content of a column in a row of its table.
    fn cell(content: &Content, row: usize) -> Vec<String> {
        match content {
            Content::Flags(set) => {
                set.iter().filter(|&&of| of as usize == row).map(u32::to_string).collect()
            }
            Content::Numbers(numbers) => number(numbers, row).into_iter().collect(),
            Content::Lists(Lists { starts, values }) => {
                let range = || starts[row] as usize..starts[row + 1] as usize;
                values
                    .iter()
                    .flat_map(|(_, numbers)| range().filter_map(|at| number(numbers, at)))
                    .collect()
            }
        }
    }

    fn number(numbers: &Numbers, at: usize) -> Option<String> {
        macro_rules! text {
            ($($variant:ident)*) => {
                match numbers { $(Numbers::$variant(column) => column.get(at).map(ToString::to_string),)* }
            };
        }
        text!(U8 U32 U64 I64 F32 F64)
    }

    /// The columns about users, with what each says of `gone`.
    fn said(world: &World) -> Vec<(String, Vec<String>)> {
        let columns = world.ground().columns();
        let of_users = columns.of(Table::Users);
        of_users.map(|(name, content)| (name.to_owned(), cell(content, 0))).collect()
    }

    #[test]
    fn every_fact_forgets_a_user_who_is_gone() {
        let mut world = World::new(Arc::new(Model::empty()));
        apply(&mut world, &records());
        assert_eq!(world.user_ids().get("gone"), Some(0));
        for (name, content) in said(&world) {
            assert!(!content.is_empty(), "the records say nothing of `{name}`: add one that does");
        }
        apply(&mut world, &[Record::UserDeleted { id: "gone".into() }]);
        for (name, content) in said(&world) {
            assert!(content.is_empty(), "`{name}` still says {content:?} of a user who is gone");
        }
        assert!(world.user("gone").is_none());
        let named = world.user_idx("other").unwrap();
        assert!(world.ties(named).friends.is_empty());
        assert!(world.details(named).all(|detail| detail.sharer().is_none()));
        assert_eq!(world.members(crate::CircleIdx(0)), [named.0]);
    }

    #[test]
    fn freezing_and_thawing_between_any_two_records_changes_nothing() {
        let mut live = World::new(Arc::new(Model::empty()));
        let mut thawed = live.clone();
        let back = Record::UserDeleted { id: "gone".into() };
        for record in records().into_iter().chain([back]).chain(records()) {
            apply(&mut live, std::slice::from_ref(&record));
            let columns = thawed.ground().columns();
            let ids = Table::ALL.map(|table| thawed.ground().ids(table).clone());
            let ground = Ground::read(ids, &columns).unwrap();
            let watermark = thawed.offset();
            let model = Model { watermark, ..Model::new(Learned::default(), ground) };
            thawed = World::new(Arc::new(model));
            apply(&mut thawed, std::slice::from_ref(&record));
            let reported = |world: &World| format!("{:?}", world.ground());
            assert_eq!(reported(&thawed), reported(&live));
        }
        assert_eq!(live.offset(), Offset(17));
    }
}
