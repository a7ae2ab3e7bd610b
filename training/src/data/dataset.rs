//! The columns that training reads.

use std::collections::{HashMap, HashSet};

use guanxi_models::Ground;
use guanxi_models::column::{Column, Starts, WeightedRows};
use guanxi_models::event::{EventType, Millis};
use guanxi_models::history::{Entry, EventWeights, Histories, History, Observation};
use guanxi_models::id::{ItemIdx, UserIdx};
use guanxi_models::ids::Ids;
use guanxi_models::model::Rows;
use guanxi_models::world::TieTable;

/// The state of the world at one moment, with dense ids: the input of training.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// The facts that the model will be served with.
    pub ground: Ground,
    /// The [features](guanxi_models::attributes::features) of each item; no rows if no item has
    /// any.
    pub features: WeightedRows,
    /// The time of the latest event, as of which confidence has faded; 0 if unknown.
    pub reference: Millis,
    /// The weights with which events were folded into `histories`.
    pub events: EventWeights,
}

/// The positive items of every user, ascending and distinct.
#[derive(Clone, Debug, Default)]
pub struct Positives(Rows);

impl Positives {
    /// The items of one user; empty beyond the last row.
    pub fn row(&self, user: usize) -> &[u32] {
        self.0.row(user)
    }

    /// The number of rows, one per user.
    pub fn rows(&self) -> usize {
        self.0.rows()
    }

    /// The number of users who have each of the `n_items` items.
    pub fn counts(&self, n_items: usize) -> Vec<u32> {
        let mut counts = vec![0; n_items];
        for &item in self.0.columns().1 {
            counts[item as usize] += 1;
        }
        counts
    }
}

impl From<Rows> for Positives {
    fn from(rows: Rows) -> Self {
        Self(rows)
    }
}

impl Dataset {
    /// The number of users.
    pub fn n_users(&self) -> usize {
        self.ground.users.len()
    }

    /// The number of items.
    pub fn n_items(&self) -> usize {
        self.ground.items.len()
    }

    /// The items whose entry satisfies `keep`; one row per user.
    pub fn items_where(&self, keep: impl Fn(&Entry) -> bool) -> Positives {
        let rows: Vec<Vec<u32>> = (0..self.n_users())
            .map(|user| {
                let history = self.ground.histories.row(user);
                history.entries().filter(&keep).map(|e| e.item.0).collect()
            })
            .collect();
        Positives(Rows::from_rows(&rows))
    }

    /// The items of each user without those the user rejected.
    pub fn positives(&self) -> Positives {
        self.items_where(Entry::is_positive)
    }
}

/// One event of a [`DatasetBuilder`], without its user and item.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// The type of the event.
    pub kind: EventType,
    /// The time of the event; 0 if unknown.
    pub ts: Millis,
    /// The event's own weight.
    pub weight: f32,
    /// True if friends may see the event.
    pub visible: bool,
    /// True if the event is a purchase in a group.
    pub in_group: bool,
}

impl Default for Seen {
    /// A purchase visible to friends, at an unknown time.
    fn default() -> Self {
        Self { kind: EventType::Purchase, ts: 0, weight: 1.0, visible: true, in_group: false }
    }
}

/// Builds a [`Dataset`] from events and relations in log order. Ids are numbered by first
/// appearance.
#[derive(Debug, Default)]
pub struct DatasetBuilder {
    events: EventWeights,
    users: Numbering,
    items: Numbering,
    rows: Vec<(u32, Observation)>,
    friends: Vec<(u32, u32)>,
    follows: Vec<(u32, u32)>,
    blocks: Vec<(u32, u32)>,
}

impl DatasetBuilder {
    /// Starts with no users, items or events.
    pub fn new(events: EventWeights) -> Self {
        Self { events, ..Self::default() }
    }

    /// The index of a user, added if the id is new.
    pub fn user(&mut self, id: &str) -> UserIdx {
        UserIdx(self.users.number(id))
    }

    /// The index of an item, added if the id is new.
    pub fn item(&mut self, id: &str) -> ItemIdx {
        ItemIdx(self.items.number(id))
    }

    /// Adds one event.
    pub fn observe(&mut self, user: &str, item: &str, seen: Seen) {
        let (user, item) = (self.user(user), self.item(item));
        let Seen { kind, ts, weight, visible, in_group } = seen;
        self.rows.push((user.0, Observation { item, kind, weight, ts, visible, in_group }));
    }

    /// Makes two users friends of each other.
    pub fn friend(&mut self, one: &str, other: &str) {
        let (one, other) = (self.user(one).0, self.user(other).0);
        self.friends.extend([(one, other), (other, one)]);
    }

    /// Makes `from` follow `to`.
    pub fn follow(&mut self, from: &str, to: &str) {
        let pair = (self.user(from).0, self.user(to).0);
        self.follows.push(pair);
    }

    /// Makes `from` block `to`, which removes their other relations in both directions.
    pub fn block(&mut self, from: &str, to: &str) {
        let pair = (self.user(from).0, self.user(to).0);
        self.blocks.push(pair);
    }

    /// Folds the events as a replay of the log would.
    pub fn build(self) -> Dataset {
        let (n_users, n_items) = (self.users.len(), self.items.len());
        let cut: HashSet<(u32, u32)> =
            self.blocks.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect();
        let uncut = |pairs: Vec<(u32, u32)>| {
            rows_of(n_users, pairs.into_iter().filter(|pair| !cut.contains(pair)).collect())
        };
        let ties = TieTable {
            friends: uncut(self.friends).into(),
            follows: uncut(self.follows),
            blocks: rows_of(n_users, self.blocks),
        };
        let reference = self.rows.iter().map(|(_, seen)| seen.ts).max().unwrap_or(0);
        let first_seen = first_seen(n_items, &self.rows);
        let histories = fold(n_users, self.rows, &self.events);
        let ground = Ground {
            users: self.users.into_ids(),
            items: self.items.into_ids(),
            popularity: popularity(n_items, &histories),
            histories,
            ties,
            first_seen,
            ..Ground::default()
        };
        Dataset { ground, features: WeightedRows::default(), reference, events: self.events }
    }
}

/// Rows of distinct pairs, ascending, without pairs of equal indices.
fn rows_of(n_rows: usize, mut pairs: Vec<(u32, u32)>) -> Rows {
    pairs.retain(|(from, to)| from != to);
    pairs.sort_unstable();
    pairs.dedup();
    let mut lengths = vec![0_usize; n_rows];
    for &(from, _) in &pairs {
        lengths[from as usize] += 1;
    }
    let starts = Starts::from_lengths(lengths).column().clone();
    let targets: Vec<u32> = pairs.iter().map(|&(_, to)| to).collect();
    Rows::new(starts, targets.into()).expect("the lengths count the pairs")
}

fn first_seen(n_items: usize, rows: &[(u32, Observation)]) -> Column<Millis> {
    let mut first = vec![0; n_items];
    for (_, seen) in rows.iter().filter(|(_, seen)| seen.ts > 0) {
        let at = &mut first[seen.item.row()];
        *at = if *at == 0 { seen.ts } else { seen.ts.min(*at) };
    }
    first.into()
}

/// The number of users who have each item and didn't reject it.
fn popularity(n_items: usize, histories: &Histories) -> Column<f32> {
    let mut users = vec![0.0; n_items];
    let entries = (0..histories.rows()).flat_map(|user| histories.row(user).entries());
    for entry in entries.filter(Entry::is_positive) {
        users[entry.item.row()] += 1.0;
    }
    users.into()
}

/// The histories of `n_users` users. Entries of different items don't interact, so a stable sort by
/// item folds like log order, and each insertion is an append.
fn fold(n_users: usize, mut rows: Vec<(u32, Observation)>, weights: &EventWeights) -> Histories {
    rows.sort_by_key(|(user, seen)| (*user, seen.item));
    let mut histories = vec![History::default(); n_users];
    for (user, seen) in rows {
        histories[user as usize].observe(seen, weights);
    }
    Histories::from_views(histories.iter().map(History::view))
}

/// Numbers strings by first appearance.
#[derive(Debug, Default)]
struct Numbering {
    numbers: HashMap<Box<str>, u32>,
}

impl Numbering {
    fn len(&self) -> usize {
        self.numbers.len()
    }

    fn number(&mut self, id: &str) -> u32 {
        if let Some(&number) = self.numbers.get(id) {
            return number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(id.into(), number);
        number
    }

    fn into_ids(self) -> Ids {
        let mut ids: Vec<(u32, Box<str>)> =
            self.numbers.into_iter().map(|(id, number)| (number, id)).collect();
        ids.sort_unstable_by_key(|&(number, _)| number);
        ids.into_iter().map(|(_, id)| id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanxi_models::history::{BOUGHT, VISIBLE};

    fn seen(kind: EventType, ts: Millis) -> Seen {
        Seen { kind, ts, ..Seen::default() }
    }

    fn friends(data: &Dataset, user: usize) -> &[u32] {
        data.ground.ties.row(user).friends
    }

    #[test]
    fn ids_are_numbered_by_first_appearance() {
        let mut builder = DatasetBuilder::new(EventWeights::default());
        builder.observe("zoe", "tea", Seen::default());
        builder.friend("adam", "zoe");
        builder.observe("adam", "cup", Seen::default());
        let data = builder.build();
        assert_eq!(data.ground.users.iter().collect::<Vec<_>>(), ["zoe", "adam"]);
        assert_eq!(data.ground.items.iter().collect::<Vec<_>>(), ["tea", "cup"]);
        assert_eq!((friends(&data, 0), friends(&data, 1)), (&[1][..], &[0][..]));
    }

    #[test]
    fn events_fold_as_they_do_one_by_one() {
        let weights = EventWeights { half_life_days: Some(3.0), ..EventWeights::default() };
        let events = [
            ("b", EventType::View, 86_400_000),
            ("a", EventType::Purchase, 5 * 86_400_000),
            ("b", EventType::Purchase, 9 * 86_400_000),
            ("a", EventType::Refund, 4 * 86_400_000),
            ("b", EventType::Like, 2 * 86_400_000),
        ];
        let mut builder = DatasetBuilder::new(weights.clone());
        let mut live = History::default();
        for (item, kind, ts) in events {
            builder.observe("u", item, seen(kind, ts));
            let item = ItemIdx(u32::from(item == "a"));
            live.observe(
                Observation { item, kind, weight: 1.0, ts, visible: true, in_group: false },
                &weights,
            );
        }
        let data = builder.build();
        let entries: Vec<_> = data.ground.histories.row(0).entries().collect();
        assert_eq!(entries, live.view().entries().collect::<Vec<_>>());
        assert_eq!(entries[0].flags, BOUGHT | VISIBLE);
        assert_eq!(data.positives().row(0), [0]);
        assert_eq!(data.reference, 9 * 86_400_000);
        assert_eq!(data.ground.first_seen[1], 4 * 86_400_000);
    }

    #[test]
    fn a_block_cuts_friendship_and_following_both_ways() {
        let mut builder = DatasetBuilder::default();
        builder.friend("a", "b");
        builder.friend("a", "c");
        builder.follow("b", "a");
        builder.block("a", "b");
        let data = builder.build();
        assert_eq!(friends(&data, 0), [2]);
        assert!(friends(&data, 1).is_empty() && data.ground.ties.follows.row(1).is_empty());
        assert_eq!(data.ground.ties.blocks.row(0), [1]);
    }

    #[test]
    fn nobody_is_their_own_friend_and_a_friendship_counts_once() {
        let mut builder = DatasetBuilder::default();
        builder.friend("a", "a");
        builder.friend("a", "b");
        builder.friend("b", "a");
        let data = builder.build();
        assert_eq!((friends(&data, 0), friends(&data, 1)), (&[1][..], &[0][..]));
    }

    #[test]
    fn a_user_without_positive_items_has_an_empty_row() {
        let mut builder = DatasetBuilder::default();
        builder.observe("a", "x", seen(EventType::Dismiss, 1));
        builder.observe("b", "x", seen(EventType::Impression, 2));
        let data = builder.build();
        assert_eq!((data.positives().rows(), data.ground.histories.entries()), (2, 1));
        assert!(data.positives().row(0).is_empty() && data.positives().row(1).is_empty());
        assert_eq!(data.positives().counts(1), [0]);
    }
}
