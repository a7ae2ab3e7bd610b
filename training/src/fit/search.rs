//! A better recipe for a data set, found on held-out rows.

use std::collections::HashSet;

use super::{FitError, Pairs, check, rows_by_user};
use crate::dataset::Dataset;
use crate::evaluation::Case;
use crate::observer::{Observer, stage};
use crate::recipe::Recipe;
use crate::split::{Split, has_order, split, without};
use crate::tuning::search::{Found, search as climb};
use crate::tuning::workbench::Bench;
use crate::tuning::{Halves, shuffled};

/// The rows that recipes are judged on.
#[derive(Clone, Copy, Debug)]
pub enum JudgedOn<'a> {
    /// Held-out rows of the users that [`fit`](super::fit) learns from: those it reports on stay unseen.
    Half,
    /// Held-out rows of all users: for a report on rows of a file of its own.
    All,
    /// Given rows.
    Rows(&'a Pairs),
}

/// Tries up to `budget` recipes around `recipe` and returns the best, with all that was tried.
///
/// Where the last rows of users are held out there is one way to do so; where random ones are, recipes are judged on the mean over
/// `search.repeats` draws. The event weights stay those that the data was folded with, but for the half-life: read the data again
/// with the recipe that was found before [`fit`](super::fit).
pub fn search(
    data: &Dataset,
    judged_on: JudgedOn<'_>,
    recipe: &Recipe,
    budget: usize,
    observer: &mut dyn Observer,
) -> Result<Found, FitError> {
    check(data, recipe)?;
    let splits = stage(observer, "splits", |_| splits(data, judged_on, recipe));
    let cases = cases(&splits, judged_on, recipe);
    let pairs = splits.iter().zip(cases.iter().map(Vec::as_slice));
    climb(Bench::new(pairs, recipe), recipe, budget, observer)
}

fn splits(data: &Dataset, judged_on: JudgedOn<'_>, recipe: &Recipe) -> Vec<Split> {
    if let JudgedOn::Rows(rows) = judged_on {
        return vec![without(data, rows_by_user(rows, data.n_users()))];
    }
    let repeats = if has_order(data, &recipe.split) { 1 } else { recipe.search.repeats };
    let seeds = (0..repeats as u64).map(|repeat| recipe.seed.wrapping_add(repeat));
    seeds.map(|seed| split(data, &recipe.split, seed)).collect()
}

fn cases(splits: &[Split], judged_on: JudgedOn<'_>, recipe: &Recipe) -> Vec<Vec<Case>> {
    let unseen: HashSet<u32> = match judged_on {
        JudgedOn::Half => {
            let halves = Halves::draw(&splits[0].held_out, recipe);
            halves.report.iter().map(|case| case.user).collect()
        }
        JudgedOn::All | JudgedOn::Rows(_) => HashSet::new(),
    };
    let of = |split: &Split| {
        let mut cases = shuffled(&split.held_out, recipe.seed);
        cases.retain(|case| !unseen.contains(&case.user));
        cases.truncate(recipe.search.users);
        cases
    };
    splits.iter().map(of).collect()
}
