//! The rows of a split that somebody published.

/// Rows of a file: pairs of a user's and an item's number.
pub type Pairs = [(u32, u32)];

/// Distinct items per user, ascending; users beyond the last are left out.
pub(super) fn rows_by_user(pairs: &Pairs, n_users: usize) -> Vec<Vec<u32>> {
    let mut rows = test_rows(pairs, n_users);
    for row in &mut rows {
        row.sort_unstable();
        row.dedup();
    }
    rows
}

/// The items of each user in the order of the file, repeats kept.
pub(super) fn test_rows(pairs: &Pairs, n_users: usize) -> Vec<Vec<u32>> {
    let mut rows = vec![Vec::new(); n_users];
    for &(user, item) in pairs {
        if let Some(row) = rows.get_mut(user as usize) {
            row.push(item);
        }
    }
    rows
}
