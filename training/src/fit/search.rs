//! The search for a better recipe, judged on held-out rows.

use super::check;
use super::pairs::{Pairs, rows_by_user};
use crate::data::dataset::Dataset;
use crate::error::FitError;
use crate::observer::{Observer, stage};
use crate::recipe::Recipe;
use crate::tuning::draws::{HeldOutRows, draws};
use crate::tuning::search::{SearchOutcome, search as climb};
use crate::tuning::workbench::Bench;

/// The rows that recipes are judged on.
#[derive(Clone, Copy, Debug)]
pub enum JudgedOn<'a> {
    /// Held-out rows of the users that [`fit`](super::fit) learns from. The users it reports on
    /// stay unseen.
    Half,
    /// Held-out rows of all users, for a report on the rows of a separate file.
    All,
    /// Given rows.
    Rows(&'a Pairs),
}

/// Tries up to `budget` recipes around `recipe`. Returns the best one and all that were tried.
///
/// A recipe is judged by its mean over all [draws](crate::tuning::draws). Event weights stay as the
/// data was folded, except the half-life. Read the data again with the returned recipe before
/// [`fit`](super::fit).
pub fn search(
    data: &Dataset,
    judged_on: JudgedOn<'_>,
    recipe: &Recipe,
    budget: usize,
    observer: &mut dyn Observer,
) -> Result<SearchOutcome, FitError> {
    check(data, recipe)?;
    let draws = stage(observer, "split", |_| match judged_on {
        JudgedOn::Half => draws(data, HeldOutRows::Half, recipe),
        JudgedOn::All => draws(data, HeldOutRows::All, recipe),
        JudgedOn::Rows(rows) => {
            let rows = rows_by_user(rows, data.n_users());
            draws(data, HeldOutRows::Given(&rows), recipe)
        }
    });
    climb(Bench::new(&draws, recipe), recipe, budget, observer)
}
