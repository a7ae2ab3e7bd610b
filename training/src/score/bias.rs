//! The bias of each item: its general popularity, measured by purchases.

use guanxi_models::history::{BOUGHT, Entry, NEGATIVE};

use crate::data::dataset::Dataset;

/// `b_j = ln(1 + n_j)` for every item, where `n_j` is the number of users who bought it and kept
/// it. If no user ever bought anything, `n_j` counts the users who have not rejected the item.
///
/// The logarithm makes it the log-odds of a choice by popularity alone, to which taste adds. A
/// purchase fades as the data's events do. O(entries).
pub fn bias(data: &Dataset) -> Vec<f32> {
    let is_bought = |entry: &Entry| entry.flags & (BOUGHT | NEGATIVE) == BOUGHT;
    let buyers = users_of(data, |entry| is_bought(entry) && entry.is_positive());
    let is_shop = buyers.iter().any(|&users| users > 0.0);
    let users = if is_shop { buyers } else { users_of(data, Entry::is_positive) };
    users.into_iter().map(f32::ln_1p).collect()
}

/// The number of users with an entry that satisfies `counts`, each weighted by how little it has
/// faded.
fn users_of(data: &Dataset, counts: impl Fn(&Entry) -> bool) -> Vec<f32> {
    let mut users = vec![0.0; data.n_items()];
    for user in 0..data.n_users() {
        for entry in data.ground.histories.row(user).entries().filter(&counts) {
            users[entry.item.row()] += data.events.fading(entry.ts, data.reference);
        }
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{DatasetBuilder, Seen};
    use guanxi_models::EventType;

    fn users(seen: &[(&str, &str, EventType)]) -> Vec<f32> {
        let mut builder = DatasetBuilder::default();
        for &(user, item, kind) in seen {
            builder.observe(user, item, Seen { kind, ..Seen::default() });
        }
        bias(&builder.build()).into_iter().map(|bias| bias.exp_m1().round()).collect()
    }

    #[test]
    fn buyers_are_counted_and_not_who_only_looked_or_gave_it_back() {
        let seen = [
            ("u", "i", EventType::Purchase),
            ("v", "i", EventType::Purchase),
            ("x", "i", EventType::GroupJoin),
            ("w", "i", EventType::View),
            ("u", "j", EventType::Cart),
            ("v", "k", EventType::Purchase),
            ("v", "k", EventType::Refund),
        ];
        assert_eq!(users(&seen), [2.0, 0.0, 0.0]);
    }

    #[test]
    fn where_nobody_buys_those_who_came_are_counted() {
        let seen = [("u", "i", EventType::View), ("v", "i", EventType::Like)];
        assert_eq!(users(&seen), [2.0]);
    }
}
