//! The vectors that a graph is built over, in node order.

use rayon::prelude::*;

use super::PANEL;
use super::exact::by_score;
use super::order::{parts, tree_order};
use crate::factors::Factors;
use crate::kernel::dot;

/// The nonzero rows of a factor table.
#[derive(Debug)]
pub(super) struct Vectors {
    /// The row of the factor table for each vector.
    items: Vec<u32>,
    /// The number of vectors in the head: the longest in descending order, then the landmarks.
    head: usize,
    rows: Factors,
}

impl Vectors {
    /// All nonzero rows: first about `head` of the longest, then the landmarks, then the others in
    /// an order that puts near ones together. A landmark is the longest of every `landmark_of` near
    /// rows; 0 means none. O(n d log n).
    pub(super) fn new(factors: &Factors, head: usize, landmark_of: usize, seed: u64) -> Self {
        let rows = factors.values().par_chunks_exact(factors.dim());
        let squares: Vec<f32> = rows.map(|row| dot(row, row)).collect();
        let all = squares.iter().copied().zip(0..).filter(|square| square.0 > 0.0);
        let mut longest: Vec<(f32, u32)> = all.collect();
        let head = head.min(longest.len() / 2) / PANEL * PANEL;
        if head > 0 {
            longest.select_nth_unstable_by(head - 1, by_score);
            longest[..head].sort_unstable_by(by_score);
        }
        let mut items: Vec<u32> = longest.into_iter().map(|(_, item)| item).collect();
        items[head..].sort_unstable();
        let tree = tree_order(factors, items.split_off(head), seed);
        let square = |item: u32| squares[item as usize];
        let (landmarks, others) = landmarks(&tree, landmark_of, square);
        let head = head + landmarks.len();
        items.extend(landmarks.into_iter().chain(others));
        let rows = table(factors, &items);
        Self { items, head, rows }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn head(&self) -> usize {
        self.head
    }

    pub(super) fn items(&self) -> &[u32] {
        &self.items
    }

    /// All vectors as a table.
    pub(super) fn rows(&self) -> &Factors {
        &self.rows
    }

    pub(super) fn row(&self, node: u32) -> &[f32] {
        self.rows.row(node as usize).expect("nodes are rows")
    }

    pub(super) fn score(&self, a: u32, b: u32) -> f32 {
        dot(self.row(a), self.row(b))
    }
}

/// The longest of every `size` items of an order, in whole panels, and the others in that order.
fn landmarks(order: &[u32], size: usize, square: impl Fn(u32) -> f32) -> (Vec<u32>, Vec<u32>) {
    if size == 0 {
        return (Vec::new(), order.to_vec());
    }
    let parts = parts(order, size);
    let longer = |a: &u32, b: &u32| square(*a).total_cmp(&square(*b)).then(b.cmp(a));
    let longest = parts.iter().filter_map(|part| part.iter().copied().max_by(longer));
    let chosen: Vec<u32> = longest.take(parts.len() / PANEL * PANEL).collect();
    let others = parts.iter().enumerate().flat_map(|(at, part)| {
        let chosen = chosen.get(at);
        part.iter().copied().filter(move |item| Some(item) != chosen)
    });
    let others = others.collect();
    (chosen, others)
}

/// Some rows of a table.
pub(super) fn table(factors: &Factors, rows: &[u32]) -> Factors {
    let rows = rows.iter().filter_map(|&row| factors.row(row as usize));
    let values: Vec<f32> = rows.flatten().copied().collect();
    Factors::new(factors.dim(), values).expect("rows of a table are whole and finite")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landmarks_are_the_longest_of_each_part_in_whole_panels_and_nobody_is_lost() {
        let order: Vec<u32> = (0..1000).map(|at| at * 7 % 1000).collect();
        let square = |item: u32| (item * 31 % 97) as f32;
        for size in [0, 1, 16, 30, 63, 64, 2000] {
            let (chosen, others) = landmarks(&order, size, square);
            assert!(chosen.len().is_multiple_of(PANEL), "{size}");
            let parts = if size == 0 { Vec::new() } else { parts(&order, size) };
            assert_eq!(chosen.len(), parts.len() / PANEL * PANEL);
            for (part, one) in parts.iter().zip(&chosen) {
                assert!(
                    part.contains(one) && part.iter().all(|item| square(*item) <= square(*one))
                );
            }
            assert!(others.is_sorted_by_key(|item| order.iter().position(|other| other == item)));
            let mut all = [chosen, others].concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..1000), "{size}");
        }
    }
}
