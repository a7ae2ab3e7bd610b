//! Histories of users, and the part visible to friends.

use std::sync::Arc;

use super::change::{Change, Gone};
use super::chunked::Chunked;
use super::facts::{Counts, Projection};
use crate::event::Visibility;
use crate::ground::columns::{ColumnError, Columns, Content, ListReader, Lists, Table};
use crate::history::{Histories, History, HistoryView, VISIBLE};
use crate::id::UserIdx;
use crate::kernel::prefetch;

/// The histories of all users: at the watermark, and complete for each user with later events.
#[derive(Clone, Debug, Default)]
pub struct LiveHistories {
    at_watermark: Histories,
    since: Chunked<Option<Arc<History>>>,
}

impl LiveHistories {
    /// The history of a user.
    pub fn row(&self, user: UserIdx) -> HistoryView<'_> {
        match self.since.get(user.row()) {
            Some(Some(history)) => history.view(),
            _ => self.at_watermark.row(user.row()),
        }
    }

    /// True if the user has events after the watermark.
    pub fn has_changed(&self, user: UserIdx) -> bool {
        self.since.get(user.row()).is_some_and(Option::is_some)
    }

    /// The items of a user's purchases that friends may see, ascending.
    pub fn visible(&self, user: UserIdx) -> &[u32] {
        match self.since.get(user.row()) {
            Some(Some(history)) => history.visible(),
            _ => self.at_watermark.visible().row(user.row()),
        }
    }

    /// Looks up the visible purchases of several users.
    ///
    /// Their data is scattered in memory. Each step prefetches the data of all users before the
    /// next step reads it.
    pub(crate) fn visible_by<'a>(&'a self, users: &[u32], rows: &mut [&'a [u32]]) {
        for &user in users {
            self.since.prefetch(user as usize);
            self.at_watermark.visible().prefetch(user as usize);
        }
        for &user in users {
            let history = self.since.get(user as usize).and_then(Option::as_deref);
            history.map(std::slice::from_ref).into_iter().for_each(prefetch);
        }
        for (&user, row) in users.iter().zip(rows) {
            *row = self.visible(UserIdx(user));
            prefetch(row);
        }
    }

    /// Hides the whole history from friends.
    fn hide(&mut self, user: UserIdx) {
        if self.row(user).flags.iter().any(|flags| flags & VISIBLE != 0) {
            self.get_mut(user).hide();
        }
    }

    /// The history of a user, mutably. It is copied from the watermark at the first change.
    fn get_mut(&mut self, user: UserIdx) -> &mut History {
        let at_watermark = &self.at_watermark;
        let history = self.since.get_mut(user.row());
        let copy = || Arc::new(History::from(at_watermark.row(user.row())));
        Arc::make_mut(history.get_or_insert_with(copy))
    }
}

impl Projection for LiveHistories {
    type Frozen = Histories;

    fn thaw(histories: &Histories, _: Counts) -> Self {
        Self { at_watermark: histories.clone(), since: Chunked::default() }
    }

    fn freeze(&self, counts: Counts) -> Histories {
        Histories::from_views((0..counts.users as u32).map(|user| self.row(UserIdx(user))))
    }

    fn apply(&mut self, change: &Change<'_>) {
        match change {
            // Even an impression makes the user's vector outdated.
            Change::Event(happened) => {
                let history = self.get_mut(happened.user);
                happened.after.into_iter().for_each(|entry| history.put(entry));
            }
            Change::User(user, record) if record.visibility == Visibility::Private => {
                self.hide(*user);
            }
            _ => (),
        }
    }

    fn forget(&mut self, gone: &Gone) {
        *self.since.get_mut(gone.user.row()) = Some(Arc::default());
    }

    fn write(histories: &Histories, columns: &mut Columns) {
        let (starts, items, confidences, flags, times) = histories.columns();
        let lists = Lists::new(starts)
            .with("item", items)
            .with("confidence", confidences)
            .with("flags", flags)
            .with("ts", times)
            .with("tally", histories.tallies());
        columns.put(Table::Users, "history", Content::Lists(lists));
    }

    fn read(columns: &Columns) -> Result<Histories, ColumnError> {
        let history = columns.lists(Table::Users, "history")?;
        history.map_or_else(|| Ok(Histories::default()), |lists| histories(&lists))
    }
}

fn histories(lists: &ListReader<'_>) -> Result<Histories, ColumnError> {
    let histories = lists.fitting(Histories::new(
        lists.starts(),
        lists.links("item", Table::Items)?,
        lists.numbers("confidence")?,
        lists.numbers("flags")?,
        lists.numbers("ts")?,
    ))?;
    lists.fitting(histories.with_tallies(lists.numbers("tally")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, EventType};
    use crate::ground::Ground;
    use crate::history::{EventWeights, Observation};
    use crate::id::{ItemIdx, Offset};
    use crate::model::Model;
    use crate::record::{Record, User};
    use crate::world::World;

    fn bought(item: u32) -> History {
        let mut history = History::default();
        let (item, kind) = (ItemIdx(item), EventType::Purchase);
        let seen = Observation { item, kind, weight: 1.0, ts: 1, visible: true, in_group: false };
        history.observe(seen, &EventWeights::default());
        history
    }

    #[test]
    fn what_came_after_the_model_replaces_what_it_knew() {
        let histories = [bought(0), bought(1), bought(2)];
        let ground = Ground {
            users: ["u0", "u1", "u2"].into_iter().collect(),
            items: ["i0", "i1", "i2", "i3"].into_iter().collect(),
            histories: Histories::from_views(histories.iter().map(History::view)),
            ..Ground::default()
        };
        let mut world = World::new(Arc::new(Model { ground, ..Model::empty() }));
        let buys = |user: &str| Event::new("e", user, "i3", EventType::Purchase, 2);
        let private = User { id: "u2".into(), visibility: Visibility::Private, ..User::default() };
        let records = [Record::Event(buys("u1")), Record::Event(buys("u9")), Record::User(private)];
        records.iter().zip(1..).for_each(|(record, at)| world.apply(Offset(at), record));
        let mut rows = [&[7][..]; 5];
        world.visible_by(&[0, 1, 2, 3, 8], &mut rows);
        assert_eq!(rows, [&[0][..], &[1, 3], &[], &[3], &[]]);
    }
}
