//! The sum of item lists as scores.

use guanxi_models::column::WeightedRows;

/// Adds the lists of some items to the scores, each times the item's weight.
pub(crate) fn add_lists(
    scores: &mut [f32],
    items: impl Iterator<Item = (u32, f32)>,
    lists: &WeightedRows,
) {
    for (item, by) in items {
        let (targets, weights) = lists.row(item as usize);
        for (&target, &weight) in targets.iter().zip(weights) {
            scores[target as usize] += by * weight;
        }
    }
}
