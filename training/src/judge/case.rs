//! A user with held-out rows, and the scorer that must recover them.

use super::metrics::Truth;

/// Scores all items for some users.
pub trait Scorer: Sync {
    /// Writes the score of every item for each of `users`, row after row: `users.len() x n_items`
    /// numbers, initially 0.
    ///
    /// Called from several threads at once. The scores of a user must not depend on the other users
    /// of the call.
    fn score(&self, users: &[u32], scores: &mut [f32]);
}

/// A user and the user's held-out rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The user.
    pub user: u32,
    /// The held-out rows.
    pub truth: Truth,
}

/// One case per user with held-out rows.
pub fn cases(held_out: &[Vec<u32>]) -> Vec<Case> {
    let users = held_out.iter().enumerate().filter(|(_, items)| !items.is_empty());
    users
        .map(|(user, items)| Case { user: user as u32, truth: Truth::new(items.clone()) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_without_held_out_rows_are_no_cases() {
        let cases = cases(&[vec![], vec![3, 1]]);
        assert_eq!(cases, [Case { user: 1, truth: Truth::new(vec![1, 3]) }]);
    }
}
