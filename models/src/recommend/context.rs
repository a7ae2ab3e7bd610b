//! One query with everything looked up that its scenario needs.

use std::cell::Cell;

use super::allowed::Allowed;
use super::asker::Asker;
use super::deadline::Deadline;
use super::query::Query;
use crate::id::ItemIdx;
use crate::world::World;

/// A query, the world it is asked of, and the asker, anchors and exclusions that it names.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) world: &'a World,
    pub(super) query: &'a Query,
    /// The item that the list is about, or else the known ones of the running session.
    pub(super) anchors: Vec<ItemIdx>,
    pub(super) asker: Asker<'a>,
    pub(super) allowed: Allowed<'a>,
    pub(super) deadline: &'a dyn Deadline,
    /// True once the deadline has cut the search short.
    pub(super) is_cut: Cell<bool>,
}

impl Context<'_> {
    /// True if the deadline has passed, so that the rest must be left out. The answer will say
    /// so.
    pub(super) fn is_due(&self) -> bool {
        let is_due = self.deadline.has_passed();
        self.is_cut.set(self.is_cut.get() || is_due);
        is_due
    }
}
