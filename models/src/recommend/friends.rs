//! What friends bought, counted.

use super::accumulator::Accumulator;
use crate::id::{ItemIdx, UserIdx};
use crate::world::{TiesView, World, is_shown_to_friends};

/// What one pass over the friends' purchases yields beside the sums.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FriendWeights {
    /// `sum_f w_f` over all friends: dividing by it normalises `f_u`.
    pub(super) total: f32,
}

impl FriendWeights {
    /// `f_u(j)` from the sum of item `j`.
    pub(super) fn normalised(self, sum: f32) -> f32 {
        if self.total > 0.0 { sum / self.total } else { 0.0 }
    }
}

/// Adds `w_f` to every item that friend `f` bought and shows: the sums become `f_u`, the counts the number of distinct friends.
///
/// With `having`, only friends who bought that item count. Where no tie has any strength, all count alike. O(sum of the friends' histories).
pub(super) fn accumulate(
    world: &World,
    ties: TiesView<'_>,
    having: Option<ItemIdx>,
    sums: &mut Accumulator,
) -> FriendWeights {
    sums.begin(world.counts().items);
    let known: f32 = ties.strengths.iter().sum();
    let alike = known <= 0.0;
    for (&friend, &strength) in ties.friends.iter().zip(ties.strengths) {
        let history = world.history(UserIdx(friend));
        let counts = having.is_none_or(|item| {
            history.find(item).is_some_and(|entry| is_shown_to_friends(entry.flags))
        });
        if !counts {
            continue;
        }
        let weight = if alike { 1.0 } else { strength };
        for (&item, &flags) in history.items.iter().zip(history.flags) {
            if is_shown_to_friends(flags) {
                sums.add(item, weight);
            }
        }
    }
    FriendWeights { total: if alike { ties.friends.len() as f32 } else { known } }
}
