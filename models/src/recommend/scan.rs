//! The items of largest key, by looking at every item once.

use super::allowed::Allowed;

/// The `k` allowed items with the largest keys, descending; `keys` are those of items 0, 1, ... and must all differ.
///
/// Only an item that beats the present k-th is checked for being allowed. O(n) comparisons.
pub(super) fn largest<K: PartialOrd + Copy>(
    keys: impl Iterator<Item = K>,
    k: usize,
    allowed: &Allowed<'_>,
) -> Vec<(K, u32)> {
    let mut top: Vec<(K, u32)> = Vec::with_capacity(k + 1);
    for (item, value) in (0..).zip(keys) {
        let is_full = top.len() == k;
        if is_full && top.last().is_none_or(|last| last.0 >= value) {
            continue;
        }
        if !allowed.contains(item) {
            continue;
        }
        let at = top.partition_point(|other| other.0 >= value);
        top.insert(at, (value, item));
        top.truncate(k);
    }
    top
}
