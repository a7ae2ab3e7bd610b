//! The vectors that a graph is built over, in the order of its nodes.

use rayon::prelude::*;

use super::PANEL;
use super::exact::by_score;
use super::order::tree_order;
use crate::factors::Factors;
use crate::kernel::dot;

/// The rows of a factor table that have a direction.
#[derive(Debug)]
pub(super) struct Vectors {
    /// The row of the factor table that each vector is.
    items: Vec<u32>,
    /// So many of them, the longest, come first, in descending order.
    head: usize,
    rows: Factors,
}

impl Vectors {
    /// All rows that are not zero: about `head` of the longest, then the others, near ones beside each other. O(n d log n).
    pub(super) fn new(factors: &Factors, head: usize, seed: u64) -> Self {
        let rows = factors.values().par_chunks_exact(factors.dim());
        let squares: Vec<f32> = rows.map(|row| dot(row, row)).collect();
        let squares = squares.into_iter().zip(0..).filter(|square| square.0 > 0.0);
        let mut longest: Vec<(f32, u32)> = squares.collect();
        let head = head.min(longest.len() / 2) / PANEL * PANEL;
        if head > 0 {
            longest.select_nth_unstable_by(head - 1, by_score);
            longest[..head].sort_unstable_by(by_score);
        }
        let mut items: Vec<u32> = longest.into_iter().map(|(_, item)| item).collect();
        items[head..].sort_unstable();
        let tree = tree_order(factors, items[head..].to_vec(), seed);
        items[head..].copy_from_slice(&tree);
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

/// Some rows of a table.
pub(super) fn table(factors: &Factors, rows: &[u32]) -> Factors {
    let rows = rows.iter().filter_map(|&row| factors.row(row as usize));
    let values: Vec<f32> = rows.flatten().copied().collect();
    Factors::new(factors.dim(), values).expect("rows of a table are whole and finite")
}
