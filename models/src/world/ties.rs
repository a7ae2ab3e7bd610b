//! Friends, follows and blocks.

use std::sync::Arc;

use super::change::{Change, Gone, Link};
use super::chunked::Chunked;
use super::facts::{Counts, Projection};
use crate::column::{Column, WeightedRows};
use crate::ground::columns::{ColumnError, Columns, Content, ListReader, Lists, Table};
use crate::id::UserIdx;
use crate::model::Rows;
use crate::record::RelationKind;
use crate::tie;

/// The relations of all users at a watermark.
#[derive(Clone, Debug, Default)]
pub struct TieTable {
    /// Friends, both ways, ascending, with the strength of the tie (not normalised): see
    /// [`crate::tie`].
    pub friends: WeightedRows,
    /// The users that each user follows, ascending.
    pub follows: Rows,
    /// The users that each user blocks, ascending.
    pub blocks: Rows,
}

impl TieTable {
    /// The relations of one user; empty beyond the last.
    pub fn row(&self, row: usize) -> TiesView<'_> {
        let (friends, strengths) = self.friends.row(row);
        let (follows, blocks) = (self.follows.row(row), self.blocks.row(row));
        TiesView { friends, strengths, follows, blocks }
    }
}

/// The relations of all users: at the watermark, and complete for each user with later changes.
#[derive(Clone, Debug, Default)]
pub struct LiveTies {
    at_watermark: TieTable,
    since: Chunked<Option<Arc<Ties>>>,
}

impl LiveTies {
    /// The relations of a user.
    pub fn row(&self, user: UserIdx) -> TiesView<'_> {
        match self.since.get(user.row()) {
            Some(Some(ties)) => ties.view(),
            _ => self.at_watermark.row(user.row()),
        }
    }

    /// True if a relation of the user changed after the watermark.
    pub fn has_changed(&self, user: UserIdx) -> bool {
        self.since.get(user.row()).is_some_and(Option::is_some)
    }

    /// True if one of the two blocks the other.
    pub fn is_blocked(&self, one: UserIdx, other: UserIdx) -> bool {
        self.row(one).blocks.binary_search(&other.0).is_ok()
            || self.row(other).blocks.binary_search(&one.0).is_ok()
    }

    fn relate(&mut self, link: &Link<'_>) {
        let Link { from, kind, to, .. } = *link;
        match kind {
            RelationKind::Friend if !self.is_blocked(from, to) => self.befriend(link),
            RelationKind::Follow if !self.is_blocked(from, to) => {
                insert_sorted(&mut self.get_mut(from).follows, to.0);
            }
            RelationKind::Block => {
                self.part(from, to);
                insert_sorted(&mut self.get_mut(from).blocks, to.0);
            }
            RelationKind::Friend | RelationKind::Follow | RelationKind::Member => (),
        }
    }

    fn unrelate(&mut self, &Link { from, kind, to, .. }: &Link<'_>) {
        match kind {
            RelationKind::Friend => {
                self.get_mut(from).unfriend(to.0);
                self.get_mut(to).unfriend(from.0);
            }
            RelationKind::Follow => remove_sorted(&mut self.get_mut(from).follows, to.0),
            RelationKind::Block => remove_sorted(&mut self.get_mut(from).blocks, to.0),
            RelationKind::Member => (),
        }
    }

    /// Makes two users friends. The tie's strength follows from what they have in common now;
    /// training updates it.
    fn befriend(&mut self, &Link { from, to, liked, .. }: &Link<'_>) {
        self.set_tie(from, to, tie::FLOOR);
        let person = |user, items| tie::Person { friends: self.row(user).friends, items };
        let strength = tie::strength(person(from, liked[0]), person(to, liked[1]));
        self.set_tie(from, to, strength);
    }

    fn set_tie(&mut self, one: UserIdx, other: UserIdx, strength: f32) {
        self.get_mut(one).befriend(other.0, strength);
        self.get_mut(other).befriend(one.0, strength);
    }

    /// Ends friendship and following in both directions.
    fn part(&mut self, one: UserIdx, other: UserIdx) {
        for (from, to) in [(one, other), (other, one)] {
            let ties = self.get_mut(from);
            ties.unfriend(to.0);
            remove_sorted(&mut ties.follows, to.0);
        }
    }

    /// The relations of a user, mutably. They are copied from the watermark at the first change.
    fn get_mut(&mut self, user: UserIdx) -> &mut Ties {
        let at_watermark = &self.at_watermark;
        let ties = self.since.get_mut(user.row());
        let copy = || Arc::new(Ties::from(at_watermark.row(user.row())));
        Arc::make_mut(ties.get_or_insert_with(copy))
    }
}

impl Projection for LiveTies {
    type Frozen = TieTable;

    fn thaw(ties: &TieTable, _: Counts) -> Self {
        Self { at_watermark: ties.clone(), since: Chunked::default() }
    }

    fn freeze(&self, counts: Counts) -> TieTable {
        let views = || (0..counts.users as u32).map(|user| self.row(UserIdx(user)));
        let rows = |pick: fn(TiesView<'_>) -> &[u32]| -> Rows {
            Rows::from_rows(&views().map(pick).collect::<Vec<_>>())
        };
        TieTable {
            friends: WeightedRows::from_views(views().map(|ties| (ties.friends, ties.strengths))),
            follows: rows(|ties| ties.follows),
            blocks: rows(|ties| ties.blocks),
        }
    }

    fn apply(&mut self, change: &Change<'_>) {
        match change {
            Change::Related(link) => self.relate(link),
            Change::Unrelated(link) => self.unrelate(link),
            _ => (),
        }
    }

    /// Follows and blocks by others stay, because the id may return.
    fn forget(&mut self, gone: &Gone) {
        for friend in self.row(gone.user).friends.to_vec() {
            self.get_mut(UserIdx(friend)).unfriend(gone.user.0);
        }
        *self.since.get_mut(gone.user.row()) = Some(Arc::default());
    }

    fn write(ties: &TieTable, columns: &mut Columns) {
        let (starts, friends, strengths) = ties.friends.columns();
        let lists = Lists::new(starts).with("user", friends).with("strength", strengths);
        columns.put(Table::Users, "friends", Content::Lists(lists));
        for (name, links) in [("follows", &ties.follows), ("blocks", &ties.blocks)] {
            let (starts, users) = links.columns();
            columns.put(Table::Users, name, Content::Lists(Lists::new(starts).with("user", users)));
        }
    }

    fn read(columns: &Columns) -> Result<TieTable, ColumnError> {
        let lists = |name| columns.lists(Table::Users, name);
        let links =
            |name| lists(name)?.map_or_else(|| Ok(Rows::default()), |lists| links_of(&lists));
        let friends = match lists("friends")? {
            Some(friends) => friends_of(&friends)?,
            None => WeightedRows::default(),
        };
        Ok(TieTable { friends, follows: links("follows")?, blocks: links("blocks")? })
    }
}

fn links_of(lists: &ListReader<'_>) -> Result<Rows, ColumnError> {
    lists.fitting(Rows::new(lists.starts(), lists.links("user", Table::Users)?))
}

fn friends_of(lists: &ListReader<'_>) -> Result<WeightedRows, ColumnError> {
    let strengths: Column<f32> = lists.numbers("strength")?;
    let users = lists.links("user", Table::Users)?;
    lists.fitting(WeightedRows::new(lists.starts(), users, strengths))
}

/// The relations of one user.
#[derive(Clone, Debug, Default)]
pub struct Ties {
    /// Numbers of friends, ascending.
    pub friends: Vec<u32>,
    /// The strength of each friend's tie, parallel to `friends`.
    pub strengths: Vec<f32>,
    /// The users that the user follows, ascending.
    pub follows: Vec<u32>,
    /// The users that the user blocks, ascending.
    pub blocks: Vec<u32>,
}

/// A view of the relations of one user.
#[derive(Clone, Copy, Debug, Default)]
pub struct TiesView<'a> {
    /// See [`Ties::friends`].
    pub friends: &'a [u32],
    /// See [`Ties::strengths`].
    pub strengths: &'a [f32],
    /// See [`Ties::follows`].
    pub follows: &'a [u32],
    /// See [`Ties::blocks`].
    pub blocks: &'a [u32],
}

impl Ties {
    /// A view of the relations.
    pub fn view(&self) -> TiesView<'_> {
        TiesView {
            friends: &self.friends,
            strengths: &self.strengths,
            follows: &self.follows,
            blocks: &self.blocks,
        }
    }

    /// Adds a friend or changes the strength of the tie.
    fn befriend(&mut self, other: u32, strength: f32) {
        match self.friends.binary_search(&other) {
            Ok(at) => self.strengths[at] = strength,
            Err(at) => {
                self.friends.insert(at, other);
                self.strengths.insert(at, strength);
            }
        }
    }

    /// Removes a friend, if it is one.
    fn unfriend(&mut self, other: u32) {
        if let Ok(at) = self.friends.binary_search(&other) {
            self.friends.remove(at);
            self.strengths.remove(at);
        }
    }
}

impl From<TiesView<'_>> for Ties {
    fn from(view: TiesView<'_>) -> Self {
        Self {
            friends: view.friends.to_vec(),
            strengths: view.strengths.to_vec(),
            follows: view.follows.to_vec(),
            blocks: view.blocks.to_vec(),
        }
    }
}

/// Adds a number to an ascending list, unless it is there.
fn insert_sorted(list: &mut Vec<u32>, number: u32) {
    if let Err(at) = list.binary_search(&number) {
        list.insert(at, number);
    }
}

/// Removes a number from an ascending list, if it is there.
fn remove_sorted(list: &mut Vec<u32>, number: u32) {
    if let Ok(at) = list.binary_search(&number) {
        list.remove(at);
    }
}
