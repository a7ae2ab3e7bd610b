//! The visibility setting of users.

use super::change::{Change, Gone};
use super::chunked::Chunked;
use super::facts::{Counts, Projection};
use crate::column::Column;
use crate::event::Visibility;
use crate::ground::columns::{ColumnError, Columns, Content, Table};
use crate::id::UserIdx;

/// A flag for each private user. It applies to events without their own visibility.
#[derive(Clone, Debug, Default)]
pub struct Privacy(Chunked<bool>);

impl Privacy {
    /// True if this user is private.
    pub fn is_private(&self, user: UserIdx) -> bool {
        self.0.get(user.row()).copied().unwrap_or_default()
    }
}

impl Projection for Privacy {
    type Frozen = Column<u32>;

    fn thaw(private: &Column<u32>, _: Counts) -> Self {
        let mut flags = Chunked::default();
        private.iter().for_each(|&user| *flags.get_mut(user as usize) = true);
        Self(flags)
    }

    fn freeze(&self, _: Counts) -> Column<u32> {
        let flags = self.0.iter().zip(0..);
        flags.filter_map(|(&is_private, user)| is_private.then_some(user)).collect()
    }

    fn apply(&mut self, change: &Change<'_>) {
        if let Change::User(user, record) = change {
            *self.0.get_mut(user.row()) = record.visibility == Visibility::Private;
        }
    }

    fn forget(&mut self, gone: &Gone) {
        *self.0.get_mut(gone.user.row()) = false;
    }

    fn write(private: &Column<u32>, columns: &mut Columns) {
        columns.put(Table::Users, "private", Content::Flags(private.clone()));
    }

    fn read(columns: &Columns) -> Result<Column<u32>, ColumnError> {
        columns.flags(Table::Users, "private")
    }
}
