//! `s`: the local ridge, which explains each item by a few others.

use guanxi_models::column::WeightedRows;
use rayon::prelude::*;

use super::interactions::{Interactions, SparseRow};
use super::{by_source, heaviest};
use crate::data::draw::mix;
use crate::recipe::ListRecipe;

/// The number of interactions in the Gram matrix of one item above which users are sampled.
const COUNTED: usize = 200_000;

/// The local ridge. Per source item `i`, the targets `j` that it helps to explain, heaviest first;
/// weights may be negative.
pub fn local_ridge(interactions: &Interactions, recipe: &ListRecipe) -> WeightedRows {
    let ridge = LocalRidge {
        interactions,
        user_weights: interactions.user_weights(0.5),
        item_weights: interactions.item_weights(0.5),
        recipe,
    };
    let by_target: Vec<Vec<(u32, f32)>> = (0..interactions.n_items())
        .into_par_iter()
        .map_init(|| Scratch::new(interactions), |scratch, item| ridge.explain(item, scratch))
        .collect();
    by_source(&by_target)
}

struct LocalRidge<'a> {
    interactions: &'a Interactions,
    user_weights: Vec<f32>,
    item_weights: Vec<f32>,
    recipe: &'a ListRecipe,
}

struct Scratch {
    row: SparseRow,
    /// The neighbours that each user has, as bits; all 0 between items.
    has: Vec<u64>,
    users: Vec<u32>,
    gram: Vec<f64>,
}

impl Scratch {
    fn new(interactions: &Interactions) -> Self {
        let has = vec![0; interactions.n_users()];
        Self {
            row: SparseRow::new(interactions.n_items()),
            has,
            users: Vec::new(),
            gram: Vec::new(),
        }
    }
}

impl LocalRidge<'_> {
    /// `w_j`: the neighbours of item `j` with their weights in its explanation.
    fn explain(&self, item: usize, scratch: &mut Scratch) -> Vec<(u32, f32)> {
        self.interactions.cooccur(item, &self.user_weights, &mut scratch.row);
        let neighbors = self.neighbors(item, &scratch.row);
        if neighbors.is_empty() {
            return Vec::new();
        }
        let mut weights: Vec<f64> =
            neighbors.iter().map(|&i| f64::from(scratch.row.sum(i))).collect();
        self.count_gram(&neighbors, scratch);
        solve(&mut scratch.gram, &mut weights);
        neighbors.into_iter().zip(weights.into_iter().map(|weight| weight as f32)).collect()
    }

    /// `N_j`: the items that share the most users with item `j` relative to their popularity.
    fn neighbors(&self, item: usize, row: &SparseRow) -> Vec<u32> {
        let others = row.touched().iter().filter(|&&other| other as usize != item);
        let near = others.map(|&i| (i, row.sum(i) * self.item_weights[i as usize])).collect();
        let nearest = heaviest(near, self.recipe.neighbors.min(ListRecipe::MAX_NEIGHBORS));
        nearest.into_iter().map(|(i, _)| i).collect()
    }

    /// Fills the lower half of `C5[N, N] + lambda I`. If the neighbours are very popular, a sample
    /// of their users is counted instead.
    fn count_gram(&self, neighbors: &[u32], scratch: &mut Scratch) {
        let n = neighbors.len();
        let users_of = |&i: &u32| self.interactions.users_of(i as usize);
        let total: usize = neighbors.iter().map(|i| users_of(i).len()).sum();
        let one_in = total.div_ceil(COUNTED) as u64;
        for (bit, neighbor) in neighbors.iter().enumerate() {
            for &user in users_of(neighbor) {
                if !mix(1, user, 0).is_multiple_of(one_in) {
                    continue;
                }
                let has = &mut scratch.has[user as usize];
                if *has == 0 {
                    scratch.users.push(user);
                }
                *has |= 1 << bit;
            }
        }
        scratch.gram.clear();
        scratch.gram.resize(n * n, 0.0);
        for user in scratch.users.drain(..) {
            let has = std::mem::take(&mut scratch.has[user as usize]);
            let weight = f64::from(self.user_weights[user as usize]) * one_in as f64;
            add_pairs(&mut scratch.gram, n, has, weight);
        }
        for at in 0..n {
            scratch.gram[at * n + at] += f64::from(self.recipe.lambda);
        }
    }
}

/// Adds `weight` to the entries of the lower half whose row and column are both bits of `has`.
fn add_pairs(gram: &mut [f64], n: usize, has: u64, weight: f64) {
    let mut rows = has;
    while rows != 0 {
        let row = rows.trailing_zeros() as usize;
        rows &= rows - 1;
        let mut columns = has & (u64::MAX >> (63 - row));
        while columns != 0 {
            gram[row * n + columns.trailing_zeros() as usize] += weight;
            columns &= columns - 1;
        }
    }
}

/// Solves `A x = b` in place by Cholesky, `A` positive definite and given by its lower half.
fn solve(a: &mut [f64], x: &mut [f64]) {
    let n = x.len();
    for row in 0..n {
        for column in 0..=row {
            let (before, current) = a.split_at_mut(row * n);
            let done =
                if column == row { &current[..row] } else { &before[column * n..][..column] };
            let product: f64 = current[..column].iter().zip(done).map(|(l, r)| l * r).sum();
            let left = current[column] - product;
            let pivot =
                if column == row { left.sqrt() } else { left / before[column * n + column] };
            current[column] = pivot;
        }
    }
    for row in 0..n {
        let product: f64 = a[row * n..][..row].iter().zip(&x[..row]).map(|(l, r)| l * r).sum();
        x[row] = (x[row] - product) / a[row * n + row];
    }
    for row in (0..n).rev() {
        let product: f64 = (row + 1..n).map(|below| a[below * n + row] * x[below]).sum();
        x[row] = (x[row] - product) / a[row * n + row];
    }
}

#[cfg(test)]
mod tests {
    use super::super::interactions::tests::interactions;
    use super::*;

    /// Gauss-Jordan elimination on the whole matrix, as a reference.
    fn oracle(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
        let n = b.len();
        for at in 0..n {
            let pivot = a[at][at];
            a[at].iter_mut().for_each(|value| *value /= pivot);
            b[at] /= pivot;
            let (line, right) = (a[at].clone(), b[at]);
            for row in (0..n).filter(|&row| row != at) {
                let factor = a[row][at];
                a[row].iter_mut().zip(&line).for_each(|(value, l)| *value -= factor * l);
                b[row] -= factor * right;
            }
        }
        b
    }

    #[test]
    fn weights_solve_the_ridge_of_the_equation() {
        let rows: [&[u32]; 5] = [&[0, 1, 2], &[0, 1], &[1, 2, 3], &[0, 3], &[0, 1, 2, 3]];
        let r = interactions(&rows, 4);
        let recipe = ListRecipe { lambda: 0.5, ..ListRecipe::default() };
        let c = |i: u32, j: u32| -> f64 {
            let both = rows.iter().filter(|row| row.contains(&i) && row.contains(&j));
            both.map(|row| (row.len() as f64).powf(-0.5)).sum()
        };
        let ridge = |i, k| c(i, k) + if i == k { 0.5 } else { 0.0 };
        let gram = [1, 2, 3].map(|i| [1, 2, 3].map(|k| ridge(i, k)).to_vec()).to_vec();
        let expected = oracle(gram, [1, 2, 3].map(|i| c(i, 0)).to_vec());
        let s = local_ridge(&r, &recipe);
        for (source, expected) in (1_usize..).zip(expected) {
            let (targets, weights) = s.row(source);
            let at = targets.iter().position(|&target| target == 0).unwrap();
            assert!((f64::from(weights[at]) - expected).abs() < 1e-5);
        }
    }

    #[test]
    fn an_item_has_at_most_the_neighbors_asked_for_and_none_without_users() {
        let r = interactions(&[&[0, 1, 2, 3], &[0, 3]], 5);
        let recipe = ListRecipe { neighbors: 1, ..ListRecipe::default() };
        let s = local_ridge(&r, &recipe);
        let links: usize = (0..5).map(|item| s.row(item).0.len()).sum();
        assert_eq!(links, 4);
        assert_eq!(s.rows(), 5);
        assert!(s.row(4).0.is_empty());
    }

    #[test]
    fn sampled_users_stand_for_all() {
        let rows: Vec<&[u32]> = (0..300_000).map(|_| &[0, 1][..]).collect();
        let r = interactions(&rows, 2);
        let s = local_ridge(&r, &ListRecipe::default());
        let (targets, weights) = s.row(1);
        assert_eq!(targets, [0]);
        assert!((weights[0] - 1.0).abs() < 0.02, "{}", weights[0]);
    }
}
