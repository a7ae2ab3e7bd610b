//! The interactions, indexed by user and by item.

use guanxi_models::column::Starts;
use guanxi_models::model::Rows;

use crate::data::dataset::Positives;
use crate::data::draw::mix;

/// The unweighted matrix `R` of shape (users, items), stored by rows and by columns.
#[derive(Clone, Debug)]
pub struct Interactions {
    users: Vec<Vec<u32>>,
    items: Rows,
    n_items: usize,
}

/// Sums over the items that share users with one item. A reused row stops allocating after some
/// use.
#[derive(Debug)]
pub(super) struct SparseRow {
    sums: Vec<f32>,
    touched: Vec<u32>,
}

impl SparseRow {
    pub(super) fn new(n_items: usize) -> Self {
        Self { sums: vec![0.0; n_items], touched: Vec::new() }
    }

    /// The sum of `item`; 0 if it shares no user.
    pub(super) fn sum(&self, item: u32) -> f32 {
        self.sums[item as usize]
    }

    /// The items that have a sum.
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched
    }
}

impl Interactions {
    /// Reads the positive items of every user. For users with more than `longest` items, `longest`
    /// are sampled.
    pub fn new(positives: &Positives, n_items: usize, longest: usize) -> Self {
        let users: Vec<Vec<u32>> = (0..positives.rows())
            .map(|user| drawn(user as u32, positives.row(user), longest))
            .collect();
        let items = transposed(&users, n_items);
        Self { users, items, n_items }
    }

    /// The number of items.
    pub fn n_items(&self) -> usize {
        self.n_items
    }

    /// The number of users.
    pub fn n_users(&self) -> usize {
        self.users.len()
    }

    /// The users of an item, ascending.
    pub(super) fn users_of(&self, item: usize) -> &[u32] {
        self.items.row(item)
    }

    /// `d_u^-exponent` of every user; 0 for users without items.
    pub(super) fn user_weights(&self, exponent: f32) -> Vec<f32> {
        self.users.iter().map(|items| discount(items.len(), exponent)).collect()
    }

    /// `d_i^-exponent` of every item; 0 for items without users.
    pub(super) fn item_weights(&self, exponent: f32) -> Vec<f32> {
        (0..self.n_items).map(|item| discount(self.items.row(item).len(), exponent)).collect()
    }

    /// Fills `row` with `C_ij = sum_u R_ui R_uj weight_u` for all `j`, including `i` itself.
    pub(super) fn cooccur(&self, item: usize, user_weights: &[f32], row: &mut SparseRow) {
        for &touched in &row.touched {
            row.sums[touched as usize] = 0.0;
        }
        row.touched.clear();
        for &user in self.users_of(item) {
            let weight = user_weights[user as usize];
            for &other in &self.users[user as usize] {
                let sum = &mut row.sums[other as usize];
                if *sum == 0.0 {
                    row.touched.push(other);
                }
                *sum += weight;
            }
        }
    }
}

fn discount(degree: usize, exponent: f32) -> f32 {
    if degree == 0 { 0.0 } else { (degree as f32).powf(-exponent) }
}

fn drawn(user: u32, items: &[u32], longest: usize) -> Vec<u32> {
    let mut items = items.to_vec();
    if longest < items.len() {
        items.select_nth_unstable_by_key(longest, |&item| mix(0, user, item));
        items.truncate(longest);
        items.sort_unstable();
    }
    items
}

fn transposed(users: &[Vec<u32>], n_items: usize) -> Rows {
    let mut lengths = vec![0_usize; n_items];
    for &item in users.iter().flatten() {
        lengths[item as usize] += 1;
    }
    let starts = Starts::from_lengths(lengths).column().clone();
    let mut next: Vec<u64> = starts.to_vec();
    let mut targets = vec![0_u32; starts.last().map_or(0, |&end| end as usize)];
    for (user, items) in users.iter().enumerate() {
        for &item in items {
            targets[next[item as usize] as usize] = user as u32;
            next[item as usize] += 1;
        }
    }
    Rows::new(starts, targets.into()).expect("the lengths count the targets")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn interactions(rows: &[&[u32]], n_items: usize) -> Interactions {
        Interactions::new(&Positives::from(Rows::from_rows(rows)), n_items, 1_000)
    }

    #[test]
    fn a_row_sums_the_weights_of_common_users() {
        let r = interactions(&[&[0, 1], &[0, 1, 2], &[2]], 4);
        let mut row = SparseRow::new(4);
        r.cooccur(0, &r.user_weights(1.0), &mut row);
        assert!((row.sum(1) - (1.0 / 2.0 + 1.0 / 3.0)).abs() < 1e-6);
        assert!((row.sum(2) - 1.0 / 3.0).abs() < 1e-6);
        r.cooccur(3, &r.user_weights(1.0), &mut row);
        assert!(row.touched().is_empty() && row.sum(1).abs() < f32::EPSILON);
    }

    #[test]
    fn long_histories_are_drawn_from_and_stay_ascending() {
        let all: Vec<u32> = (0..100).collect();
        let r = Interactions::new(&Positives::from(Rows::from_rows(&[&all])), 100, 10);
        assert_eq!(r.users[0].len(), 10);
        assert!(r.users[0].is_sorted() && r.users[0][9] > 10);
        assert_eq!((0..100).filter(|&item| r.users_of(item) == [0]).count(), 10);
    }
}
