//! Descriptions of users.

use std::sync::Arc;

use super::change::{Change, Gone};
use super::chunked::Chunked;
use super::facts::{Counts, Projection};
use crate::ground::columns::{ColumnError, Columns};
use crate::id::UserIdx;
use crate::record::User;

/// The description of each user. Models keep none, because the store has them.
#[derive(Clone, Debug, Default)]
pub struct Profiles(Chunked<Option<Arc<User>>>);

impl Profiles {
    /// The description of a user, if there is one.
    pub fn get(&self, user: UserIdx) -> Option<&Arc<User>> {
        self.0.get(user.row())?.as_ref()
    }

    /// Sets the description of a user.
    pub fn put(&mut self, user: UserIdx, record: Arc<User>) {
        *self.0.get_mut(user.row()) = Some(record);
    }
}

impl Projection for Profiles {
    type Frozen = ();

    fn thaw((): &(), _: Counts) -> Self {
        Self::default()
    }

    fn freeze(&self, _: Counts) {}

    fn apply(&mut self, change: &Change<'_>) {
        if let Change::User(user, record) = change {
            self.put(*user, Arc::clone(record));
        }
    }

    fn forget(&mut self, gone: &Gone) {
        *self.0.get_mut(gone.user.row()) = None;
    }

    fn write((): &(), _: &mut Columns) {}

    fn read(_: &Columns) -> Result<(), ColumnError> {
        Ok(())
    }
}
