//! `g`: the graph of items that share users, discounted for popularity.

use guanxi_models::column::WeightedRows;
use rayon::prelude::*;

use super::interactions::{Interactions, SparseRow};
use super::{by_source, heaviest};
use crate::recipe::ListRecipe;

/// The co-occurrence graph: per source item the largest `g_ij`, heaviest first. O(sum of the
/// squares of the users' degrees).
pub fn graph(interactions: &Interactions, recipe: &ListRecipe) -> WeightedRows {
    let n_items = interactions.n_items();
    let user_weights = interactions.user_weights(recipe.user_exponent);
    let sources = interactions.item_weights(recipe.source_exponent);
    let targets = interactions.item_weights(recipe.target_exponent);
    let rows: Vec<Vec<(u32, f32)>> = (0..n_items)
        .into_par_iter()
        .map_init(
            || SparseRow::new(n_items),
            |row, item| {
                interactions.cooccur(item, &user_weights, row);
                let others = row.touched().iter().filter(|&&other| other as usize != item);
                let links = others.map(|&j| (j, sources[item] * row.sum(j) * targets[j as usize]));
                heaviest(links.collect(), recipe.graph_links)
            },
        )
        .collect();
    WeightedRows::from_rows(&rows)
}

/// The `neighbors` nearest items `i` of every item `j` by `C_ij / (sqrt(d_i d_j) + shrinkage)`.
/// Grouped by source `i`, heaviest first.
pub(crate) fn neighbors_by_cosine(
    interactions: &Interactions,
    neighbors: usize,
    shrinkage: f32,
) -> WeightedRows {
    let n_items = interactions.n_items();
    let ones = interactions.user_weights(0.0);
    let degree = |item: usize| interactions.users_of(item).len() as f32;
    let by_target: Vec<Vec<(u32, f32)>> = (0..n_items)
        .into_par_iter()
        .map_init(
            || SparseRow::new(n_items),
            |row, j| {
                interactions.cooccur(j, &ones, row);
                let others = row.touched().iter().filter(|&&other| other as usize != j);
                let near = others.map(|&i| {
                    (i, row.sum(i) / ((degree(i as usize) * degree(j)).sqrt() + shrinkage))
                });
                heaviest(near.collect(), neighbors)
            },
        )
        .collect();
    by_source(&by_target)
}

#[cfg(test)]
mod tests {
    use super::super::interactions::tests::interactions;
    use super::*;

    #[test]
    fn links_have_the_weight_of_the_equation_and_exclude_the_item_itself() {
        let r = interactions(&[&[0, 1], &[0, 1, 2], &[2]], 4);
        let g = graph(&r, &ListRecipe::default());
        let (targets, weights) = g.row(0);
        assert_eq!(targets, [1, 2]);
        let expected = 2_f32.powf(-0.6) * (1.0 / 2.0 + 1.0 / 3.0) * 2_f32.powf(-0.15);
        assert!((weights[0] - expected).abs() < 1e-6);
        assert!(g.row(3).0.is_empty());
    }

    #[test]
    fn only_the_heaviest_links_are_kept() {
        let r = interactions(&[&[0, 1, 2, 3], &[0, 3]], 4);
        let recipe = ListRecipe { graph_links: 1, ..ListRecipe::default() };
        assert_eq!(graph(&r, &recipe).row(0).0, [3]);
    }
}
