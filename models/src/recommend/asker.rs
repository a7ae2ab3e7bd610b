//! The person who asks: friends, the history and, where a list goes by it, the taste.

use super::query::Query;
use super::scratch::Scratch;
use crate::event::{EventType, Millis};
use crate::fold_in::fold_in;
use crate::history::{Entry, History, HistoryView, Observation};
use crate::id::UserIdx;
use crate::recency;
use crate::world::{TiesView, World};

/// The person (or the anonymous visit) that a list is for.
#[derive(Debug, Default)]
pub(super) struct Asker<'a> {
    /// The user, if known.
    pub(super) user: Option<UserIdx>,
    /// Friends and the strength of their ties.
    pub(super) ties: TiesView<'a>,
    stored: HistoryView<'a>,
    /// The history with the items of the running visit, if there are any.
    visit: Option<History>,
}

/// The taste of an asker.
#[derive(Debug, Default)]
pub(super) struct Taste {
    /// Items that speak for it, ascending, with their recency: what the item lists start from.
    pub(super) own: Vec<(u32, f32)>,
    /// The row of the embedding; empty where nothing is known.
    pub(super) vector: Vec<f32>,
}

impl<'a> Asker<'a> {
    pub(super) fn new(world: &'a World, query: &Query) -> Self {
        let user = query.user.as_deref().and_then(|id| world.user_idx(id));
        let stored = user.map(|user| world.history(user)).unwrap_or_default();
        let ties = user.map(|user| world.ties(user)).unwrap_or_default();
        Self { user, ties, stored, visit: visit(world, query, stored) }
    }

    fn history(&self) -> HistoryView<'_> {
        self.visit.as_ref().map_or(self.stored, History::view)
    }

    /// True if nothing at all is known of the asker.
    pub(super) fn is_blank(&self) -> bool {
        self.ties.friends.is_empty() && !self.history().entries().any(|entry| entry.is_positive())
    }

    /// The taste of the asker.
    pub(super) fn taste(&self, world: &World, scratch: &mut Scratch) -> Taste {
        let own = own_items(self.history(), world.model().learned.params.recency);
        Taste { own, vector: self.vector(world, scratch) }
    }

    /// The row of the embedding: the stored one, or a new one where events came after it.
    ///
    /// Empty where nothing is known. O(items d^2) at most.
    pub(super) fn vector(&self, world: &World, scratch: &mut Scratch) -> Vec<f32> {
        let is_fresh = self.visit.is_some() || self.user.is_none_or(|user| world.has_changed(user));
        match self.user {
            Some(user) if !is_fresh => stored_row(world, user),
            _ => fold_in(world.model(), self.history(), self.ties, &mut scratch.solver),
        }
    }
}

/// The items that the user has not spoken against, each with its recency.
fn own_items(history: HistoryView<'_>, recency: f32) -> Vec<(u32, f32)> {
    let own = history.entries().filter(Entry::is_positive);
    let (items, times): (Vec<u32>, Vec<Millis>) = own.map(|entry| (entry.item.0, entry.ts)).unzip();
    items.into_iter().zip(recency::weights(&times, recency)).collect()
}

/// The history with the session's items folded in, if there are any, as bought after everything
/// else.
fn visit(world: &World, query: &Query, stored: HistoryView<'_>) -> Option<History> {
    let params = &world.model().learned.params;
    let now = stored.times.iter().copied().fold(params.reference, Millis::max);
    let mut history: Option<History> = None;
    for item in query.items.iter().filter_map(|id| world.item_idx(id)) {
        let seen = Observation {
            item,
            kind: EventType::Purchase,
            weight: 1.0,
            ts: now,
            visible: false,
            in_group: false,
        };
        history.get_or_insert_with(|| History::from(stored)).observe(seen, &params.events);
    }
    history
}

fn stored_row(world: &World, user: UserIdx) -> Vec<f32> {
    let row = world.model().learned.user_factors.row(user.row()).unwrap_or(&[]);
    if row.iter().all(|&value| value == 0.0) { Vec::new() } else { row.to_vec() }
}
