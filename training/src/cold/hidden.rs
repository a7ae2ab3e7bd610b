//! The users whose histories are hidden, and the items that are handed back.

use guanxi_models::history::Entry;

use crate::data::dataset::Dataset;
use crate::data::draw::{mix, sample};

/// The users whose histories are hidden, in two halves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hidden {
    /// Each half is served with the choices of the other.
    pub(super) halves: [Vec<u32>; 2],
}

impl Hidden {
    /// Draws a share of the users who have friends and positive items.
    pub(super) fn draw(data: &Dataset, share: f64, seed: u64) -> Self {
        let can_be_hidden = |&user: &u32| {
            let row = user as usize;
            let mut history = data.ground.histories.row(row).entries();
            !data.ground.ties.row(row).friends.is_empty()
                && history.any(|entry| entry.is_positive())
        };
        let users: Vec<u32> = (0..data.n_users() as u32).filter(can_be_hidden).collect();
        let wanted = (users.len() as f64 * share).round() as usize;
        let drawn = sample(seed, users.into_iter(), wanted);
        let (one, other) =
            drawn.into_iter().partition(|&user| mix(seed, user, u32::MAX).is_multiple_of(2));
        Self { halves: [one, other] }
    }

    /// Both halves.
    pub(super) fn all(&self) -> impl Iterator<Item = u32> {
        self.halves.iter().flatten().copied()
    }

    /// All items of the hidden users; one row per user of the data.
    pub(super) fn rows(&self, data: &Dataset) -> Vec<Vec<u32>> {
        let mut rows = vec![Vec::new(); data.n_users()];
        for user in self.all() {
            rows[user as usize] = data.ground.histories.row(user as usize).items.to_vec();
        }
        rows
    }
}

/// Splits a user's positive entries: `n` random ones to hand back, and the items that stay hidden.
/// Both are ascending.
pub(super) fn hand_back(data: &Dataset, user: u32, n: usize, seed: u64) -> (Vec<Entry>, Vec<u32>) {
    let history = data.ground.histories.row(user as usize);
    let mut entries: Vec<Entry> = history.entries().filter(Entry::is_positive).collect();
    entries.sort_by_key(|entry| mix(seed, user, entry.item.0));
    let mut hidden: Vec<u32> = entries.iter().skip(n).map(|entry| entry.item.0).collect();
    entries.truncate(n);
    entries.sort_unstable_by_key(|entry| entry.item);
    hidden.sort_unstable();
    (entries, hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{DatasetBuilder, Seen};
    use crate::data::split::without;

    fn data() -> Dataset {
        let mut builder = DatasetBuilder::default();
        for user in 0..40 {
            for item in 0..5 {
                builder.observe(&format!("u{user}"), &format!("i{}", item + user), Seen::default());
            }
            if user > 0 && user % 2 == 0 {
                builder.friend(&format!("u{user}"), &format!("u{}", user - 2));
            }
        }
        builder.build()
    }

    #[test]
    fn a_share_of_those_with_friends_is_hidden_whole() {
        let data = data();
        let hidden = Hidden::draw(&data, 0.5, 1);
        let all: Vec<u32> = hidden.all().collect();
        assert_eq!(all.len(), 10);
        assert!(all.iter().all(|user| user % 2 == 0), "the odd ones have no friends: {all:?}");
        let rest = without(&data, hidden.rows(&data)).rest;
        for user in 0..data.n_users() as u32 {
            let left = rest.ground.histories.row(user as usize).items.len();
            assert_eq!(left, if all.contains(&user) { 0 } else { 5 });
        }
    }

    #[test]
    fn what_is_handed_back_and_what_stays_hidden_are_all_there_is() {
        let data = data();
        for n in [0, 2, 9] {
            let (back, hidden) = hand_back(&data, 6, n, 3);
            assert_eq!(back.len(), n.min(5));
            let mut items: Vec<u32> = back.iter().map(|entry| entry.item.0).collect();
            items.extend(&hidden);
            items.sort_unstable();
            assert_eq!(items, data.ground.histories.row(6).items);
        }
    }
}
