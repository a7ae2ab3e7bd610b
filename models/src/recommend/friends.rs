//! What friends bought, counted.

use super::accumulator::Accumulator;
use crate::history::HistoryView;
use crate::id::{ItemIdx, UserIdx};
use crate::kernel::prefetch;
use crate::world::{TiesView, World, is_shown_to_friends};

/// What the ties of an asker count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Friends<'a> {
    world: &'a World,
    ties: TiesView<'a>,
    /// No tie has any strength: all count 1.
    alike: bool,
    /// `sum_f w_f` over all friends: dividing by it normalises `f_u`.
    total: f32,
}

impl<'a> Friends<'a> {
    pub(super) fn new(world: &'a World, ties: TiesView<'a>) -> Self {
        let known: f32 = ties.strengths.iter().sum();
        let alike = known <= 0.0;
        let total = if alike { ties.friends.len() as f32 } else { known };
        Self { world, ties, alike, total }
    }

    /// Adds `share w_f / sum_f w_f` to every item that friend `f` bought and shows: the sums become `share f_u`, the counts the number
    /// of distinct friends.
    ///
    /// With `having`, only friends who bought that item count. O(sum of the friends' histories).
    pub(super) fn add(self, having: Option<ItemIdx>, share: f32, sums: &mut Accumulator) {
        if self.total <= 0.0 {
            return;
        }
        let mut histories = self.histories().peekable();
        while let Some((history, strength)) = histories.next() {
            if let Some((next, _)) = histories.peek() {
                prefetch(next.items);
                prefetch(next.flags);
            }
            let counts = having.is_none_or(|item| {
                history.find(item).is_some_and(|entry| is_shown_to_friends(entry.flags))
            });
            if counts {
                let amount = share * strength / self.total;
                let shown = |at: usize| is_shown_to_friends(history.flags[at]).then_some(amount);
                sums.add_all(history.items, shown);
            }
        }
    }

    /// What each friend has done, with the strength of the tie.
    fn histories(self) -> impl Iterator<Item = (HistoryView<'a>, f32)> {
        let ties = self.ties.friends.iter().zip(self.ties.strengths);
        ties.map(move |(&friend, &strength)| {
            let history = self.world.history(UserIdx(friend));
            (history, if self.alike { 1.0 } else { strength })
        })
    }
}
