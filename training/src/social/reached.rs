//! The friends of friends of some users, with their proximity.

use guanxi_models::column::WeightedRows;
use guanxi_models::friends_of_friends::friends_of_friends;
use rayon::prelude::*;

/// The [`friends_of_friends`] of users whose ties are the rows of `ties`; an empty row for `None`.
pub(crate) fn reached(
    users: &[Option<u32>],
    ties: &WeightedRows,
    ties_of: &WeightedRows,
) -> WeightedRows {
    let of = |person: u32| ties_of.row(person as usize);
    let row = |at: usize| users[at].map(|user| friends_of_friends(user, ties.row(at), of));
    let rows = (0..users.len()).into_par_iter().map(|at| row(at).unwrap_or_default());
    WeightedRows::from_rows(&rows.collect::<Vec<Vec<(u32, f32)>>>())
}
