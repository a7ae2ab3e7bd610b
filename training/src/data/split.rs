//! The selection of held-out rows.

use guanxi_models::history::{BOUGHT, Entry, GROUP, Histories, HistoryView};
use guanxi_models::{Ground, ItemIdx};

use crate::data::dataset::Dataset;
use crate::data::draw::{mix, uniform};
use crate::recipe::{SplitKind, SplitRecipe, Target};

/// A data set without the held-out rows, and these rows.
#[derive(Clone, Debug)]
pub struct Split {
    /// The remaining data. All users, items and relations are kept.
    pub rest: Dataset,
    /// The items that were removed from each user's history, ascending.
    pub taken: Vec<Vec<u32>>,
    /// The removed items that must be recovered.
    pub held_out: Vec<Vec<u32>>,
}

/// Holds out a share of every user's positive items, or of the purchased items if
/// [purchases](Target) are the target. Each user keeps at least one item, so users with one item
/// have none held out. Purchases in a group are the exception: they are held out of all friends who
/// took part.
///
/// A split by time removes each user's latest items of any kind, so that nothing reveals the
/// future. If purchases are the target, only the removed purchases must be recovered.
pub fn split(data: &Dataset, recipe: &SplitRecipe, seed: u64) -> Split {
    let by_time = has_order(data, recipe);
    let purchases = finds_purchases(data, recipe.target);
    let mut held_out: Vec<Vec<u32>> = (0..data.n_users())
        .map(|user| {
            let draw = UserDraw { user: user as u32, seed, by_time, purchases };
            draw.held_out(data.ground.histories.row(user), recipe.share)
        })
        .collect();
    add_groups(data, &mut held_out);
    let mut split = without(data, held_out);
    if purchases {
        keep_purchases(data, &mut split.held_out);
    }
    split
}

/// The minimum share of purchases among all positive interactions that makes purchases the target.
const SHOP: f32 = 0.1;

/// The minimum number of purchases that makes them the target. Fewer would leave too few held-out
/// rows to tune on.
const ENOUGH_PURCHASES: usize = 10_000;

/// True if only purchases are the target.
pub(crate) fn finds_purchases(data: &Dataset, target: Target) -> bool {
    match target {
        Target::Purchases => true,
        Target::All => false,
        Target::Auto => {
            let positives = (0..data.n_users())
                .flat_map(|user| data.ground.histories.row(user).entries())
                .filter(Entry::is_positive);
            let (bought, all) = positives.fold((0_usize, 0_usize), |(bought, all), entry| {
                (bought + usize::from(is_bought(&entry)), all + 1)
            });
            bought >= ENOUGH_PURCHASES && bought as f32 >= SHOP * all as f32
        }
    }
}

fn is_bought(entry: &Entry) -> bool {
    entry.flags & BOUGHT != 0
}

fn keep_purchases(data: &Dataset, held_out: &mut [Vec<u32>]) {
    for (user, items) in held_out.iter_mut().enumerate() {
        let history = data.ground.histories.row(user);
        items.retain(|&item| history.find(ItemIdx(item)).is_some_and(|entry| is_bought(&entry)));
    }
}

/// Also holds out the purchases that friends made in a group with a held-out one. The group bought
/// at once, so at the simulated moment none of them has the item yet.
fn add_groups(data: &Dataset, held_out: &mut [Vec<u32>]) {
    let bought_in_group = |user: u32, item: u32| {
        let entry = data.ground.histories.row(user as usize).find(ItemIdx(item));
        entry.is_some_and(|entry| entry.flags & GROUP != 0 && entry.is_positive())
    };
    let rows = (0_u32..).zip(held_out.iter());
    let mut open: Vec<(u32, u32)> = rows
        .flat_map(|(user, items)| items.iter().map(move |&item| (user, item)))
        .filter(|&(user, item)| bought_in_group(user, item))
        .collect();
    while let Some((user, item)) = open.pop() {
        for &friend in data.ground.ties.row(user as usize).friends {
            let row = &mut held_out[friend as usize];
            if let Err(at) = row.binary_search(&item)
                && bought_in_group(friend, item)
            {
                row.insert(at, item);
                open.push((friend, item));
            }
        }
    }
}

/// True if the last rows are held out rather than random ones.
pub fn has_order(data: &Dataset, recipe: &SplitRecipe) -> bool {
    match recipe.kind {
        SplitKind::Time => true,
        SplitKind::Random => false,
        SplitKind::Auto => times_are_known(data),
    }
}

/// Removes the given items (ascending, one row per user) from the histories. Items that a user
/// never touched are not held out.
pub fn without(data: &Dataset, mut held_out: Vec<Vec<u32>>) -> Split {
    held_out.resize(data.n_users(), Vec::new());
    for (user, items) in held_out.iter_mut().enumerate() {
        let history = data.ground.histories.row(user);
        items.retain(|item| history.items.binary_search(item).is_ok());
    }
    let histories = without_items(&data.ground.histories, &held_out);
    let reference = histories.columns().4.iter().copied().max().unwrap_or(0);
    let ground = Ground { histories, ..data.ground.clone() };
    let rest = Dataset { ground, reference, ..data.clone() };
    Split { rest, taken: held_out.clone(), held_out }
}

/// True if most entries have a time and the times are not all equal.
pub(crate) fn times_are_known(data: &Dataset) -> bool {
    let times = data.ground.histories.columns().4;
    let known = times.iter().filter(|&&ts| ts > 0).count();
    known * 2 > times.len() && times.iter().any(|&ts| ts != times[0])
}

fn without_items(histories: &Histories, held_out: &[Vec<u32>]) -> Histories {
    let mut kept = Vec::with_capacity(histories.entries());
    let mut starts = vec![0_u64];
    for (user, items) in held_out.iter().enumerate() {
        let row = histories.row(user).entries();
        kept.extend(row.filter(|entry| items.binary_search(&entry.item.0).is_err()));
        starts.push(kept.len() as u64);
    }
    Histories::new(
        starts.into(),
        kept.iter().map(|entry: &Entry| entry.item.0).collect(),
        kept.iter().map(|entry| entry.confidence).collect(),
        kept.iter().map(|entry| entry.flags).collect(),
        kept.iter().map(|entry| entry.ts).collect(),
    )
    .and_then(|histories| histories.with_tallies(kept.iter().map(|e| e.tally.bits()).collect()))
    .expect("the starts count the entries that were kept")
}

/// The draw of one user's held-out items.
struct UserDraw {
    user: u32,
    seed: u64,
    by_time: bool,
    /// A random split draws only purchases; a split by time still removes the latest items of any
    /// kind.
    purchases: bool,
}

impl UserDraw {
    fn held_out(&self, history: HistoryView<'_>, share: f32) -> Vec<u32> {
        let mut positives: Vec<Entry> = history.entries().filter(Entry::is_positive).collect();
        let kept_at_least = usize::from(!positives.is_empty());
        let most = positives.len() - kept_at_least;
        if self.purchases && !self.by_time {
            positives.retain(is_bought);
        }
        let n = self.count(positives.len(), share).min(most);
        if self.by_time {
            positives.sort_by_key(|entry| std::cmp::Reverse((entry.ts, entry.item)));
        } else {
            positives.sort_by_key(|entry| mix(self.seed, self.user, entry.item.0));
        }
        let mut items: Vec<u32> = positives[..n].iter().map(|entry| entry.item.0).collect();
        items.sort_unstable();
        items
    }

    /// About the given share of `n` items. It is rounded up or down at random, so that short
    /// histories contribute too.
    fn count(&self, n: usize, share: f32) -> usize {
        let chance = uniform(self.seed, self.user, u32::MAX);
        (n as f64 * f64::from(share) + chance) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{DatasetBuilder, Seen};
    use guanxi_models::event::EventType;

    fn data(n_users: usize, n_items: usize, timed: bool) -> Dataset {
        let mut builder = DatasetBuilder::default();
        for user in 0..n_users {
            for item in 0..n_items {
                let ts = if timed { 1 + ((item * 7) % n_items) as i64 } else { 0 };
                let seen = Seen { ts, ..Seen::default() };
                builder.observe(&format!("u{user}"), &format!("i{item}"), seen);
            }
        }
        builder.build()
    }

    fn recipe(share: f32) -> SplitRecipe {
        SplitRecipe { share, ..SplitRecipe::default() }
    }

    #[test]
    fn the_last_in_time_are_held_out() {
        let data = data(3, 10, true);
        let split = split(&data, &recipe(0.2), 1);
        for (user, held_out) in split.held_out.iter().enumerate() {
            let time = |&item: &u32| 1 + (item * 7) % 10;
            let earliest = held_out.iter().map(time).min().unwrap();
            assert!(split.rest.ground.histories.row(user).items.iter().all(|i| time(i) < earliest));
        }
        assert_eq!(split.rest.reference, 8);
    }

    #[test]
    fn without_times_the_draw_is_random_repeats_and_follows_the_seed() {
        let data = data(20, 30, false);
        let of = |seed| split(&data, &recipe(0.1), seed).held_out;
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        let distinct: std::collections::HashSet<_> = of(1).into_iter().collect();
        assert!(distinct.len() > 10);
    }

    #[test]
    fn about_the_share_is_held_out_even_of_short_histories() {
        let split = split(&data(400, 5, false), &recipe(0.1), 1);
        let held_out: usize = split.held_out.iter().map(Vec::len).sum();
        assert!((150..250).contains(&held_out), "{held_out}");
        assert_eq!(held_out + split.rest.ground.histories.entries(), 2_000);
    }

    /// Three items in the cart and three bought, in this order.
    fn shop(timed: bool) -> Dataset {
        let mut builder = DatasetBuilder::default();
        for n in 0..600 {
            let kind = if n % 6 < 3 { EventType::Cart } else { EventType::Purchase };
            let seen = Seen { kind, ts: if timed { n % 6 + 1 } else { 0 }, ..Seen::default() };
            builder.observe(&format!("u{}", n / 6), &format!("i{}", n % 6), seen);
        }
        builder.build()
    }

    fn purchases(share: f32) -> SplitRecipe {
        SplitRecipe { target: Target::Purchases, ..recipe(share) }
    }

    #[test]
    fn purchases_are_to_be_found_and_carts_stay() {
        let split = split(&shop(false), &purchases(0.3), 1);
        let held_out: usize = split.held_out.iter().map(Vec::len).sum();
        assert!((60..120).contains(&held_out), "{held_out}");
        assert!(split.held_out.iter().flatten().all(|&item| item >= 3));
        assert_eq!(split.rest.ground.histories.entries() + held_out, 600);
    }

    #[test]
    fn everything_is_to_be_found_where_little_is_bought() {
        let held_out = split(&shop(false), &recipe(0.3), 1).held_out;
        assert!(held_out.iter().flatten().any(|&item| item < 3));
        assert!(!finds_purchases(&shop(false), Target::Auto));
        assert!(finds_purchases(&data(101, 100, false), Target::Auto));
    }

    #[test]
    fn by_time_all_that_came_last_is_gone_and_what_was_bought_of_it_to_be_found() {
        let split = split(&shop(true), &purchases(0.7), 1);
        let later = split.rest.ground.histories.columns().1.iter().filter(|&&item| item >= 3);
        assert_eq!(later.count(), 0);
        assert!(split.held_out.iter().all(|items| items == &[3, 4, 5]));
    }

    #[test]
    fn a_user_with_one_item_or_only_negative_ones_keeps_them() {
        let mut builder = DatasetBuilder::default();
        builder.observe("one", "x", Seen::default());
        for item in ["x", "y"] {
            builder.observe("no", item, Seen { kind: EventType::Dismiss, ..Seen::default() });
        }
        let split = split(&builder.build(), &recipe(0.9), 1);
        assert!(split.held_out.iter().all(Vec::is_empty));
        assert_eq!(split.rest.ground.histories.entries(), 3);
    }

    #[test]
    fn a_purchase_in_a_group_is_held_out_of_all_friends_who_took_part() {
        let mut builder = DatasetBuilder::default();
        let users = ["a", "b", "c", "stranger"];
        for (n, user) in users.iter().enumerate() {
            for item in 0..8 {
                let seen = Seen { in_group: item < 4, ..Seen::default() };
                let item = format!("i{item}");
                builder.observe(user, &item, seen);
            }
            builder.observe(user, &format!("own{n}"), Seen::default());
        }
        builder.friend("a", "b");
        builder.friend("b", "c");
        let split = split(&builder.build(), &recipe(0.3), 1);
        let in_group = |user: usize| {
            let row = split.held_out[user].iter().copied().filter(|&item| item < 4);
            row.collect::<Vec<u32>>()
        };
        assert!(!in_group(0).is_empty());
        assert_eq!(in_group(0), in_group(1));
        assert_eq!(in_group(0), in_group(2));
        assert_ne!(in_group(0), in_group(3), "a stranger keeps what others bought");
        assert_ne!(split.held_out[0], split.held_out[1], "what each bought alone stays apart");
    }

    #[test]
    fn given_rows_are_taken_out_if_they_are_there() {
        let split = without(&data(2, 3, false), vec![vec![1, 9]]);
        assert_eq!(split.held_out, [vec![1], vec![]]);
        assert_eq!(split.rest.ground.histories.row(0).items, [0, 2]);
        assert_eq!(split.rest.ground.histories.row(1).items, [0, 1, 2]);
    }
}
