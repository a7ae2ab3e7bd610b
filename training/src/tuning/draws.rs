//! The split of held-out rows into those to tune on and those to report on.

use std::collections::HashSet;

use crate::data::dataset::Dataset;
use crate::data::draw::mix;
use crate::data::split::{Split, has_order, split, without};
use crate::judge::case::{Case, cases};
use crate::recipe::Recipe;

/// One draw of held-out rows.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The remaining data and the held-out rows.
    pub split: Split,
    /// The users to tune on, in random order.
    pub learn: Vec<Case>,
    /// The users to report on, in random order; disjoint from `learn`.
    pub report: Vec<Case>,
}

/// The held-out rows to tune on.
#[derive(Clone, Copy, Debug)]
pub enum HeldOutRows<'a> {
    /// The rows of one half of the users; the other half is for the report.
    Half,
    /// The rows of all users; the report is on the rows of a separate file.
    All,
    /// The given rows, of all users.
    Given(&'a [Vec<u32>]),
}

/// The number of users below which random rows are held out several times, each with its own model,
/// to reduce chance.
const ENOUGH_USERS: usize = 10_000;

/// The maximum number of such repeats.
const MOST_REPEATS: usize = 5;

impl Draw {
    /// All users with held-out rows.
    pub fn all(&self) -> Vec<Case> {
        self.learn.iter().chain(&self.report).cloned().collect()
    }

    fn new(split: Split, recipe: &Recipe, is_for_report: impl Fn(&Case) -> bool) -> Self {
        let shuffled = shuffled(&split.held_out, recipe.seed);
        let (mut report, mut learn): (Vec<_>, Vec<_>) =
            shuffled.into_iter().partition(is_for_report);
        learn.truncate(recipe.blend.users);
        report.truncate(recipe.split.report_users);
        Self { split, learn, report }
    }
}

/// Draws held-out rows. One draw suffices if the last rows are held out, if rows are given, or if
/// there are many users; otherwise several are made. No draw tunes on a user of the first report.
pub fn draws(data: &Dataset, rows: HeldOutRows<'_>, recipe: &Recipe) -> Vec<Draw> {
    if let HeldOutRows::Given(rows) = rows {
        return vec![Draw::new(without(data, rows.to_vec()), recipe, |_| false)];
    }
    let first = split(data, &recipe.split, recipe.seed);
    let unseen = match rows {
        HeldOutRows::Half => second_half(&first, recipe),
        HeldOutRows::All | HeldOutRows::Given(_) => HashSet::new(),
    };
    let is_for_report = |case: &Case| unseen.contains(&case.user);
    let mut draws = vec![Draw::new(first, recipe, is_for_report)];
    for repeat in 1..repeats(data, &draws[0].split, recipe) {
        let seed = recipe.seed.wrapping_add(repeat as u64);
        draws.push(Draw::new(split(data, &recipe.split, seed), recipe, is_for_report));
    }
    draws
}

fn repeats(data: &Dataset, first: &Split, recipe: &Recipe) -> usize {
    if recipe.split.repeats > 0 {
        return recipe.split.repeats;
    }
    let users = first.held_out.iter().filter(|items| !items.is_empty()).count();
    if users == 0 || has_order(data, &recipe.split) {
        return 1;
    }
    ENOUGH_USERS.div_ceil(users).min(MOST_REPEATS)
}

fn second_half(split: &Split, recipe: &Recipe) -> HashSet<u32> {
    let all = shuffled(&split.held_out, recipe.seed);
    all[all.len().div_ceil(2)..].iter().map(|case| case.user).collect()
}

/// The users with held-out rows, in random order.
fn shuffled(held_out: &[Vec<u32>], seed: u64) -> Vec<Case> {
    let mut cases = cases(held_out);
    cases.sort_by_key(|case| mix(seed, case.user, 1));
    cases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{DatasetBuilder, Seen};

    fn data(timed: bool) -> Dataset {
        let mut builder = DatasetBuilder::default();
        for n in 0..400 {
            let seen = Seen { ts: if timed { n + 1 } else { 0 }, ..Seen::default() };
            builder.observe(&format!("u{}", n % 40), &format!("i{}", n / 40), seen);
        }
        builder.build()
    }

    #[test]
    fn nobody_who_is_reported_on_is_learned_from_in_any_draw() {
        let draws = draws(&data(false), HeldOutRows::Half, &Recipe::default());
        assert_eq!(draws.len(), MOST_REPEATS);
        let unseen: HashSet<u32> = draws[0].report.iter().map(|case| case.user).collect();
        assert!(unseen.len() > 10);
        for draw in &draws {
            assert!(draw.learn.iter().all(|case| !unseen.contains(&case.user)));
        }
        assert_ne!(draws[0].split.held_out, draws[1].split.held_out);
    }

    #[test]
    fn the_last_rows_and_given_rows_are_held_out_once() {
        let recipe = Recipe::default();
        assert_eq!(draws(&data(true), HeldOutRows::All, &recipe).len(), 1);
        let given = draws(&data(false), HeldOutRows::Given(&[vec![3], vec![]]), &recipe);
        assert_eq!((given.len(), given[0].learn.len(), given[0].report.len()), (1, 1, 0));
    }
}
