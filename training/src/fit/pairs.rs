//! The rows of a published split.

/// The rows of a file: pairs of a user index and an item index.
pub type Pairs = [(u32, u32)];

/// The distinct items of each user, ascending. Users from `n_users` on are left out.
pub(super) fn rows_by_user(pairs: &Pairs, n_users: usize) -> Vec<Vec<u32>> {
    let mut rows = test_rows(pairs, n_users);
    for row in &mut rows {
        row.sort_unstable();
        row.dedup();
    }
    rows
}

/// The items of each user in file order, duplicates kept.
pub(super) fn test_rows(pairs: &Pairs, n_users: usize) -> Vec<Vec<u32>> {
    let mut rows = vec![Vec::new(); n_users];
    for &(user, item) in pairs {
        if let Some(row) = rows.get_mut(user as usize) {
            row.push(item);
        }
    }
    rows
}
