//! The purchases of friends, counted.

use crate::friends_of_friends::friends_of_friends;
use crate::id::{ItemIdx, UserIdx};
use crate::recommend::page::Accumulator;
use crate::world::{TiesView, World};

/// The friends of an asker, weighted by their ties.
#[derive(Clone, Copy, Debug)]
pub(in crate::recommend) struct Friends<'a> {
    world: &'a World,
    ties: TiesView<'a>,
    /// True if no tie has any strength, so that all count 1.
    alike: bool,
    /// `sum_f w_f` over all friends: dividing by it normalises `f_u`.
    total: f32,
}

impl<'a> Friends<'a> {
    pub(in crate::recommend) fn new(world: &'a World, ties: TiesView<'a>) -> Self {
        let known: f32 = ties.strengths.iter().sum();
        let alike = known <= 0.0;
        let total = if alike { ties.friends.len() as f32 } else { known };
        Self { world, ties, alike, total }
    }

    /// Adds `share w_f / sum_f w_f` to every item that friend `f` bought and shows.
    ///
    /// The sums become `share f_u`, the counts the number of distinct friends.
    ///
    /// With `having`, only friends who bought that item count. O(items that all friends show).
    pub(in crate::recommend) fn add(
        self,
        having: Option<ItemIdx>,
        share: f32,
        sums: &mut Accumulator,
    ) {
        /// Friends looked up at once: their items mostly fit in the first-level cache.
        const TOGETHER: usize = 64;
        if self.total <= 0.0 {
            return;
        }
        let mut rows = [&[][..]; TOGETHER];
        let Self { ties: TiesView { friends, strengths, .. }, .. } = self;
        for (friends, strengths) in friends.chunks(TOGETHER).zip(strengths.chunks(TOGETHER)) {
            let rows = &mut rows[..friends.len()];
            self.world.visible_by(friends, rows);
            for (visible, &strength) in rows.iter().zip(strengths) {
                if having.is_none_or(|item| visible.binary_search(&item.0).is_ok()) {
                    let strength = if self.alike { 1.0 } else { strength };
                    sums.add(visible, share * strength / self.total);
                }
            }
        }
    }

    /// Adds `share v_ug` to every item that a friend of a friend bought and shows: see
    /// [`crate::friends_of_friends`].
    ///
    /// A block cuts the second step as it cuts the first, whoever made it.
    pub(in crate::recommend) fn add_second_hop(
        self,
        asker: UserIdx,
        share: f32,
        sums: &mut Accumulator,
    ) {
        let ties_of = |person: u32| {
            let TiesView { friends, strengths, .. } = self.world.ties(UserIdx(person));
            (friends, strengths)
        };
        let own = (self.ties.friends, self.ties.strengths);
        for (person, nearness) in friends_of_friends(asker.0, own, ties_of) {
            if !self.is_parted(asker, person) {
                sums.add(self.world.visible(UserIdx(person)), share * nearness);
            }
        }
    }

    fn is_parted(self, asker: UserIdx, person: u32) -> bool {
        let theirs = self.world.ties(UserIdx(person)).blocks;
        theirs.binary_search(&asker.0).is_ok() || self.ties.blocks.binary_search(&person).is_ok()
    }
}
