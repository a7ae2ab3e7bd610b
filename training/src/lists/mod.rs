//! The item lists: co-occurrence, local ridge, and their merge.
//!
//! - `g`, the co-occurrence [`graph`]: `g_ij = d_i^-a C1_ij d_j^-b` with
//!   `C1_ij = sum_u R_ui R_uj / d_u`. The largest entries per `i` are kept.
//! - `s`, the [`local_ridge`]: each item `j` is explained by its nearest items `N_j`.
//!   `w_j = (C5[N_j, N_j] + lambda I)^-1 C5[N_j, j]` with `C5_ij = sum_u R_ui R_uj d_u^-0.5`, and
//!   `s_ij = w_j(i)`.
//! - `M`, the [`merge`] of both: one list per item.
//! - [`similar`]: the items most similar to each item in the embedding.
//!
//! `i` is the source item, which the user has; `j` is the recommended item. All lists are computed
//! row by row, without a co-occurrence matrix in memory, and are the same for any number of
//! threads.

mod add;
mod graph;
mod interactions;
mod local_ridge;
mod similar;

pub(crate) use add::add_lists;
pub use graph::graph;
pub(crate) use graph::neighbors_by_cosine;
pub use interactions::Interactions;
pub use local_ridge::local_ridge;
pub use similar::similar;

use guanxi_models::column::WeightedRows;
use rayon::prelude::*;

/// The weights of `s` and `g` in the merged list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MergeWeights {
    /// `c_s`.
    pub ridge: f32,
    /// `c_g`.
    pub graph: f32,
}

/// `M = c_s s + c_g g`: per source item the `length` largest positive entries, heaviest first.
pub fn merge(
    ridge: &WeightedRows,
    graph: &WeightedRows,
    weights: MergeWeights,
    length: usize,
) -> WeightedRows {
    let rows: Vec<Vec<(u32, f32)>> = (0..ridge.rows().max(graph.rows()))
        .into_par_iter()
        .map(|item| {
            let mut row = scaled(ridge.row(item), weights.ridge);
            row.extend(scaled(graph.row(item), weights.graph));
            heaviest(summed(row), length)
        })
        .collect();
    WeightedRows::from_rows(&rows)
}

/// The first `length` links of each row.
pub fn truncate(lists: &WeightedRows, length: usize) -> WeightedRows {
    let rows: Vec<Vec<(u32, f32)>> = (0..lists.rows())
        .map(|item| {
            let (targets, weights) = lists.row(item);
            targets.iter().copied().zip(weights.iter().copied()).take(length).collect()
        })
        .collect();
    WeightedRows::from_rows(&rows)
}

fn scaled((targets, weights): (&[u32], &[f32]), by: f32) -> Vec<(u32, f32)> {
    targets.iter().zip(weights).map(|(&target, &weight)| (target, by * weight)).collect()
}

/// Adds up the weights of equal targets.
fn summed(mut row: Vec<(u32, f32)>) -> Vec<(u32, f32)> {
    row.sort_by_key(|&(target, _)| target);
    row.dedup_by(|later, first| {
        let same = later.0 == first.0;
        first.1 += if same { later.1 } else { 0.0 };
        same
    });
    row
}

/// Regroups links by source: from what explains each target to what each source explains.
fn by_source(by_target: &[Vec<(u32, f32)>]) -> WeightedRows {
    let mut rows: Vec<Vec<(u32, f32)>> = vec![Vec::new(); by_target.len()];
    for (target, sources) in by_target.iter().enumerate() {
        for &(source, weight) in sources {
            rows[source as usize].push((target as u32, weight));
        }
    }
    rows.par_iter_mut()
        .for_each(|row| row.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))));
    WeightedRows::from_rows(&rows)
}

/// The `n` largest positive weights, heaviest first, ties by index.
fn heaviest(mut row: Vec<(u32, f32)>, n: usize) -> Vec<(u32, f32)> {
    row.retain(|&(_, weight)| weight > 0.0);
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if n < row.len() {
        row.select_nth_unstable_by(n, order);
        row.truncate(n);
        // A row may have touched nearly all items; the discarded ones must not stay in memory.
        row.shrink_to_fit();
    }
    row.sort_unstable_by(order);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_adds_what_both_lists_name_and_keeps_the_heaviest_positive() {
        let ridge = WeightedRows::from_rows(&[vec![(1, 2.0), (2, -5.0), (3, 0.5)]]);
        let graph = WeightedRows::from_rows(&[vec![(3, 4.0), (1, 1.0)], vec![(0, 1.0)]]);
        let weights = MergeWeights { ridge: 1.0, graph: 0.5 };
        let merged = merge(&ridge, &graph, weights, 2);
        assert_eq!(merged.row(0), (&[1, 3][..], &[2.5, 2.5][..]));
        assert_eq!(merged.row(1), (&[0][..], &[0.5][..]));
        assert_eq!(truncate(&merged, 1).row(0), (&[1][..], &[2.5][..]));
    }

    #[test]
    fn a_list_that_weighs_nothing_is_left_out() {
        let ridge = WeightedRows::from_rows(&[vec![(1, 2.0)]]);
        let graph = WeightedRows::from_rows(&[vec![(3, 4.0)]]);
        let merged = merge(&ridge, &graph, MergeWeights { ridge: 0.0, graph: 1.0 }, 5);
        assert_eq!(merged.row(0), (&[3][..], &[4.0][..]));
    }
}
