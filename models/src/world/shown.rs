//! What users show to their friends, with everything since the watermark.

use super::World;
use crate::id::UserIdx;
use crate::kernel::prefetch;

impl World {
    /// The items of the purchases that a user's friends may be told of, ascending.
    pub fn shown(&self, user: UserIdx) -> &[u32] {
        match self.people.get(user.row()).and_then(|person| person.history.as_ref()) {
            Some(history) => history.shown(),
            None => self.model.histories.shown().row(user.row()),
        }
    }

    /// Looks up what each of some users shows, and has it fetched.
    ///
    /// All of it lies anywhere: step by step, what one step needs of every user is asked for before any of it is waited for.
    pub(crate) fn shown_by<'a>(&'a self, users: &[u32], rows: &mut [&'a [u32]]) {
        for &user in users {
            self.people.prefetch(user as usize);
            self.model.histories.shown().prefetch(user as usize);
        }
        for &user in users {
            let person = self.people.get(user as usize);
            let history = person.and_then(|person| person.history.as_deref());
            history.map(std::slice::from_ref).into_iter().for_each(prefetch);
        }
        for (&user, row) in users.iter().zip(rows) {
            *row = self.shown(UserIdx(user));
            prefetch(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Visibility;
    use crate::event::{Event, EventType};
    use crate::history::{EventWeights, Histories, History, Observation};
    use crate::id::{ItemIdx, Offset};
    use crate::model::Model;
    use crate::record::{Record, User};

    fn bought(item: u32) -> History {
        let mut history = History::default();
        let (item, kind) = (ItemIdx(item), EventType::Purchase);
        let seen = Observation { item, kind, weight: 1.0, ts: 1, visible: true };
        history.observe(seen, &EventWeights::default());
        history
    }

    #[test]
    fn what_came_after_the_model_replaces_what_it_knew() {
        let histories = [bought(0), bought(1), bought(2)];
        let mut world = World::new(Arc::new(Model {
            users: ["u0", "u1", "u2"].into_iter().collect(),
            items: ["i0", "i1", "i2", "i3"].into_iter().collect(),
            histories: Histories::from_views(histories.iter().map(History::view)),
            ..Model::empty()
        }));
        let buys = |user: &str| Event::new("e", user, "i3", EventType::Purchase, 2);
        let private = User { id: "u2".into(), visibility: Visibility::Private, ..User::default() };
        let records = [Record::Event(buys("u1")), Record::Event(buys("u9")), Record::User(private)];
        records.iter().zip(1..).for_each(|(record, at)| world.apply(Offset(at), record));
        let mut rows = [&[7][..]; 5];
        world.shown_by(&[0, 1, 2, 3, 8], &mut rows);
        assert_eq!(rows, [&[0][..], &[1, 3], &[], &[3], &[]]);
    }
}
