//! Memberships in circles.

use super::change::{Change, Gone};
use super::facts::{Counts, Projection};
use super::live_rows::{LiveRows, transposed};
use crate::ground::columns::{ColumnError, Columns, Content, Lists, Table};
use crate::id::{CircleIdx, UserIdx};
use crate::model::Rows;

/// The circles of each user and the members of each circle.
#[derive(Clone, Debug)]
pub struct Circles {
    of_user: LiveRows,
    of_circle: LiveRows,
}

impl Circles {
    /// The numbers of a user's circles, ascending.
    pub fn of_user(&self, user: UserIdx) -> &[u32] {
        self.of_user.row(user.row())
    }

    /// The numbers of the members of a circle, ascending.
    pub fn of_circle(&self, circle: CircleIdx) -> &[u32] {
        self.of_circle.row(circle.row())
    }
}

impl Projection for Circles {
    /// The circles of each user, ascending. No rows at all mean a model from before memberships
    /// were kept.
    type Frozen = Rows;

    fn thaw(circles: &Rows, counts: Counts) -> Self {
        let of_circle = LiveRows::new(transposed(circles, counts.circles));
        Self { of_user: LiveRows::new(circles.clone()), of_circle }
    }

    fn freeze(&self, counts: Counts) -> Rows {
        let users = 0..counts.users as u32;
        Rows::from_rows(&users.map(|user| self.of_user(UserIdx(user))).collect::<Vec<_>>())
    }

    fn apply(&mut self, change: &Change<'_>) {
        match *change {
            Change::Joined(user, circle) => {
                self.of_user.insert(user.row(), circle.0);
                self.of_circle.insert(circle.row(), user.0);
            }
            Change::Left(user, circle) => {
                self.of_user.remove(user.row(), circle.0);
                self.of_circle.remove(circle.row(), user.0);
            }
            _ => (),
        }
    }

    fn forget(&mut self, gone: &Gone) {
        for circle in self.of_user.clear(gone.user.row()) {
            self.of_circle.remove(circle as usize, gone.user.0);
        }
    }

    fn write(circles: &Rows, columns: &mut Columns) {
        if circles.rows() == 0 {
            return;
        }
        let (starts, numbers) = circles.columns();
        let lists = Lists::new(starts).with("circle", numbers);
        columns.put(Table::Users, "circles", Content::Lists(lists));
    }

    fn read(columns: &Columns) -> Result<Rows, ColumnError> {
        let Some(lists) = columns.lists(Table::Users, "circles")? else {
            return Ok(Rows::default());
        };
        lists.fitting(Rows::new(lists.starts(), lists.links("circle", Table::Circles)?))
    }
}
