//! Further details of events: sessions, orders, circles, sharers, quantities and prices.

use std::sync::Arc;

use super::change::{Change, Gone, Happened};
use super::chunked::Chunked;
use super::facts::{Counts, Projection};
use super::live_rows::LiveRows;
use crate::column::{Column, Starts, StartsError};
use crate::event::{Event, EventType, Millis};
use crate::ground::columns::{ColumnError, Columns, Content, Lists, Table};
use crate::id::{CircleIdx, ItemIdx, UserIdx};
use crate::mix::digest;
use crate::model::Rows;

/// Not a user or circle.
const NOBODY: u32 = u32::MAX;
/// No price. Valid prices are finite.
const NO_PRICE: f64 = f64::INFINITY;

macro_rules! detail {
    ($($(#[$doc:meta])* $name:ident: $number:ty = $column:literal,)*) => {
        /// The details of one event. Takes 64 bytes.
        ///
        /// Sessions, orders and recommendation ids are kept as [digests](digest), because they are
        /// compared but never shown. So no table of ids grows, and a forgotten user leaves nothing.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Detail {
            $($(#[$doc])* $name: $number,)*
        }

        /// The details of all users at a watermark: a row for each user, in the order of the log.
        #[derive(Clone, Debug, Default)]
        pub struct DetailTable {
            starts: Starts,
            $($name: Column<$number>,)*
        }

        impl DetailTable {
            /// Copies rows.
            fn from_rows(rows: &[Vec<Detail>]) -> Self {
                let all = || rows.iter().flatten();
                Self {
                    starts: Starts::from_lengths(rows.iter().map(Vec::len)),
                    $($name: all().map(|detail| detail.$name).collect(),)*
                }
            }

            fn get(&self, at: usize) -> Detail {
                Detail { $($name: self.$name[at],)* }
            }

            fn lists(&self) -> Lists {
                Lists::new(self.starts.column())$(.with($column, &self.$name))*
            }

            fn read(columns: &Columns) -> Result<Self, ColumnError> {
                let Some(lists) = columns.lists(Table::Users, COLUMN)? else {
                    return Ok(Self::default());
                };
                lists.links("item", Table::Items)?;
                lists.links_or("circle", Table::Circles, NOBODY)?;
                lists.links_or("sharer", Table::Users, NOBODY)?;
                let table =
                    Self { starts: Starts::default(), $($name: lists.numbers($column)?,)* };
                let entries = table.item.len();
                $(lists.fitting(as_many(entries, table.$name.len()))?;)*
                let starts = lists.fitting(Starts::new(lists.starts(), entries))?;
                Ok(Self { starts, ..table })
            }
        }
    };
}

detail! {
    /// The time, in Unix milliseconds.
    ts: Millis = "ts",
    session: u64 = "session",
    order: u64 = "order",
    recommendation: u64 = "recommendation",
    price: f64 = "price",
    item: u32 = "item",
    quantity: u32 = "quantity",
    circle: u32 = "circle",
    sharer: u32 = "sharer",
    /// The letters of the code and a zero byte; 0 if there is none.
    currency: u32 = "currency",
    kind: u8 = "kind",
}

const COLUMN: &str = "details";

fn as_many(entries: usize, values: usize) -> Result<(), StartsError> {
    if values == entries {
        return Ok(());
    }
    Err(StartsError::WrongEnd { end: entries as u64, values })
}

impl Detail {
    /// The details of an event; none if it has only user, item, kind and time. Impressions are left
    /// out, because they are many and not actions.
    fn of(happened: &Happened<'_>) -> Option<Self> {
        let &Happened { item, event, circle, sharer, .. } = happened;
        let recommendation =
            event.attribution.as_ref().and_then(|came| came.recommendation_id.as_ref());
        let order = event.action.details().order;
        let ids = [event.session.as_deref(), order, recommendation.map(String::as_str)];
        let is_plain = event.quantity == 1
            && event.price.is_none()
            && ids.iter().all(Option::is_none)
            && circle.is_none()
            && sharer.is_none();
        if is_plain || event.kind() == EventType::Impression {
            return None;
        }
        let [session, order, recommendation] = ids.map(|id| id.map_or(0, |id| digest(id.bytes())));
        Some(Self {
            ts: event.ts,
            session,
            order,
            recommendation,
            price: event.price.unwrap_or(NO_PRICE),
            item: item.0,
            quantity: event.quantity,
            circle: circle.map_or(NOBODY, |circle| circle.0),
            sharer: sharer.map_or(NOBODY, |sharer| sharer.0),
            currency: currency_of(event),
            kind: event.kind() as u8,
        })
    }

    /// The item.
    pub fn item(&self) -> ItemIdx {
        ItemIdx(self.item)
    }

    /// The event type; none if a later guanxi wrote the model.
    pub fn kind(&self) -> Option<EventType> {
        EventType::ALL.get(usize::from(self.kind)).copied()
    }

    /// The time, in Unix milliseconds.
    pub fn ts(&self) -> Millis {
        self.ts
    }

    /// The digest of the session id.
    pub fn session(&self) -> Option<u64> {
        Some(self.session).filter(|&session| session != 0)
    }

    /// The digest of the order id.
    pub fn order(&self) -> Option<u64> {
        Some(self.order).filter(|&order| order != 0)
    }

    /// The digest of the id of the response that listed the item.
    pub fn recommendation(&self) -> Option<u64> {
        Some(self.recommendation).filter(|&answer| answer != 0)
    }

    /// The circle of the event.
    pub fn circle(&self) -> Option<CircleIdx> {
        Some(self.circle).filter(|&circle| circle != NOBODY).map(CircleIdx)
    }

    /// The user who shared the item.
    pub fn sharer(&self) -> Option<UserIdx> {
        Some(self.sharer).filter(|&sharer| sharer != NOBODY).map(UserIdx)
    }

    /// The number of pieces.
    pub fn quantity(&self) -> u32 {
        self.quantity
    }

    /// The price of one piece.
    pub fn price(&self) -> Option<f64> {
        Some(self.price).filter(|price| price.is_finite())
    }

    /// The currency of the price, an ISO 4217 code.
    pub fn currency(&self) -> Option<String> {
        let [letters @ .., _] = self.currency.to_le_bytes();
        (self.currency != 0).then(|| String::from_utf8_lossy(&letters).into_owned())
    }
}

/// A code of three letters as a number; 0 for other texts.
fn currency_of(event: &Event) -> u32 {
    let code = event.currency.as_deref().unwrap_or_default().as_bytes();
    <[u8; 3]>::try_from(code).map_or(0, |[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
}

/// The event details of all users: at the watermark, and complete for each user with later ones.
///
/// Takes 64 bytes for each event with details, twice for users with later ones, and 4 bytes for
/// each event with a sharer.
#[derive(Clone, Debug, Default)]
pub struct Details {
    at_watermark: DetailTable,
    since: Chunked<Option<Arc<Vec<Detail>>>>,
    /// The users whose events name each sharer, ascending.
    named_by: LiveRows,
}

impl Details {
    /// The details of a user's events, in the order of the log.
    pub fn of_user(&self, user: UserIdx) -> impl Iterator<Item = Detail> + '_ {
        let since = self.since.get(user.row()).and_then(Option::as_deref);
        let before = match since {
            Some(_) => 0..0,
            None => self.at_watermark.starts.range(user.row()),
        };
        let before = before.map(|at| self.at_watermark.get(at));
        before.chain(since.into_iter().flatten().copied())
    }

    fn note(&mut self, happened: &Happened<'_>) {
        let Some(detail) = Detail::of(happened) else { return };
        self.get_mut(happened.user).push(detail);
        if let Some(sharer) = happened.sharer {
            self.named_by.insert(sharer.row(), happened.user.0);
        }
    }

    /// The details of a user, mutably. They are copied from the watermark at the first change.
    fn get_mut(&mut self, user: UserIdx) -> &mut Vec<Detail> {
        let at_watermark = &self.at_watermark;
        let details = self.since.get_mut(user.row());
        let range = || at_watermark.starts.range(user.row());
        let copy = || Arc::new(range().map(|at| at_watermark.get(at)).collect());
        Arc::make_mut(details.get_or_insert_with(copy))
    }
}

impl Projection for Details {
    type Frozen = DetailTable;

    fn thaw(details: &DetailTable, counts: Counts) -> Self {
        let mut named_by = vec![Vec::new(); if details.item.is_empty() { 0 } else { counts.users }];
        for user in 0..details.starts.rows() {
            let sharers = details.starts.range(user).map(|at| details.sharer[at]);
            for sharer in sharers.filter(|&sharer| sharer != NOBODY) {
                named_by[sharer as usize].push(user as u32);
            }
        }
        named_by.iter_mut().for_each(Vec::dedup);
        let named_by = LiveRows::new(Rows::from_rows(&named_by));
        Self { at_watermark: details.clone(), since: Chunked::default(), named_by }
    }

    fn freeze(&self, counts: Counts) -> DetailTable {
        let users = (0..counts.users as u32).map(|user| self.of_user(UserIdx(user)).collect());
        DetailTable::from_rows(&users.collect::<Vec<_>>())
    }

    fn apply(&mut self, change: &Change<'_>) {
        if let Change::Event(happened) = change {
            self.note(happened);
        }
    }

    /// Events of other users stay, but no longer name the sharer.
    fn forget(&mut self, gone: &Gone) {
        let own: Vec<Detail> = std::mem::take(self.get_mut(gone.user));
        for sharer in own.iter().filter_map(Detail::sharer) {
            self.named_by.remove(sharer.row(), gone.user.0);
        }
        for user in self.named_by.clear(gone.user.row()) {
            let details = self.get_mut(UserIdx(user)).iter_mut();
            let of_gone = details.filter(|detail| detail.sharer == gone.user.0);
            of_gone.for_each(|detail| detail.sharer = NOBODY);
        }
    }

    fn write(details: &DetailTable, columns: &mut Columns) {
        if !details.item.is_empty() {
            columns.put(Table::Users, COLUMN, Content::Lists(details.lists()));
        }
    }

    fn read(columns: &Columns) -> Result<DetailTable, ColumnError> {
        DetailTable::read(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Action, Attribution, Details};
    use crate::id::Offset;
    use crate::model::Model;
    use crate::record::Record;
    use crate::world::World;

    fn world(events: &[Event]) -> World {
        let mut world = World::new(Arc::new(Model::empty()));
        for event in events {
            world.apply(world.offset().next(), &Record::Event(event.clone()));
        }
        world
    }

    fn event(kind: EventType) -> Event {
        let came_from =
            Attribution { recommendation_id: Some("answer".into()), sharer: Some("v".into()) };
        let details = Details { order: Some("order-7"), ..Details::default() };
        Event {
            action: Action::fitting(kind, details),
            quantity: 3,
            price: Some(0.0),
            currency: Some("CNY".into()),
            circle: Some("class".into()),
            session: Some("visit".into()),
            attribution: Some(came_from),
            ..Event::new("e", "u", "i", kind, 7)
        }
    }

    #[test]
    fn a_line_tells_what_the_event_told() {
        let world = world(&[event(EventType::Purchase)]);
        let [detail] = world.details(UserIdx(0)).collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!((detail.item(), detail.kind()), (ItemIdx(0), Some(EventType::Purchase)));
        assert_eq!((detail.ts(), detail.quantity(), detail.price()), (7, 3, Some(0.0)));
        assert_eq!(detail.currency().as_deref(), Some("CNY"));
        assert_eq!((detail.circle(), detail.sharer()), (Some(CircleIdx(0)), Some(UserIdx(1))));
        assert_eq!(detail.session(), Some(digest("visit".bytes())));
        assert_eq!(detail.recommendation(), Some(digest("answer".bytes())));
        assert_eq!(detail.order(), Some(digest("order-7".bytes())));
    }

    #[test]
    fn a_plain_event_and_an_impression_leave_no_line() {
        let plain = Event::new("e", "u", "i", EventType::Purchase, 7);
        let world = world(&[plain, event(EventType::Impression)]);
        assert_eq!(world.details(UserIdx(0)).count(), 0);
    }

    #[test]
    fn a_line_takes_64_bytes() {
        assert_eq!(std::mem::size_of::<Detail>(), 64);
    }

    #[test]
    fn a_clone_does_not_see_what_comes_after_it() {
        let mut world = world(&[event(EventType::View)]);
        let before = world.clone();
        world.apply(Offset(2), &Record::Event(event(EventType::Cart)));
        let count = |world: &World| world.details(UserIdx(0)).count();
        assert_eq!((count(&before), count(&world)), (1, 2));
    }
}
