//! The candidates for links between nodes.

use rayon::prelude::*;

use super::exact::by_score;
use super::order::{parts, tree_order};
use super::panels::Panels;
use super::vectors::{Vectors, table};
use crate::factors::Factors;

/// The maximum size of the parts of a tree that are compared exhaustively.
const PART: usize = 256;

/// The number of candidates that each node finds in its part.
const PER_PART: usize = 32;

/// The number of items near an asker that become each other's candidates.
const PER_ASKER: usize = 16;

/// The number of askers that share one pass over the vectors.
const BLOCK: usize = 480;

/// The maximum number of candidates per node; the best stay.
const MOST: usize = 64;

/// The candidates of every node with their inner products. None is in the head, which every search
/// scans anyway.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    vectors: &'a Vectors,
    lists: Vec<Vec<(f32, u32)>>,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(vectors: &'a Vectors) -> Self {
        Self { vectors, lists: vec![Vec::new(); vectors.len()] }
    }

    /// The candidates of each node: at most [`MOST`], distinct, in no particular order.
    pub(super) fn into_lists(self) -> Vec<Vec<(f32, u32)>> {
        self.lists
    }

    /// Compares all nodes within each part of a tree. O(n d (log n + part)).
    pub(super) fn add_tree(&mut self, seed: u64) {
        let vectors = self.vectors;
        let nodes = (0..vectors.len() as u32).collect();
        let order = tree_order(vectors.rows(), nodes, seed);
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &node)| place[node as usize] = at);
        let parts = parts(&order, PART).into_par_iter();
        let found: Vec<Vec<(f32, u32)>> =
            parts.flat_map_iter(|part| nearest(vectors, part)).collect();
        self.lists.par_iter_mut().zip(place).for_each(|(list, at)| add(list, &found[at]));
    }

    /// Makes items near the same asker each other's candidates. Queries lie elsewhere than items,
    /// so they need other links than those between items. O(askers n d).
    pub(super) fn add_askers(&mut self, askers: &Factors) {
        let panels = Panels::new(self.vectors.rows());
        let blocks = askers.values().par_chunks(BLOCK * askers.dim());
        let head = self.vectors.head() as u32;
        let found: Vec<Vec<(f32, u32)>> =
            blocks.flat_map_iter(|block| panels.top(block, PER_ASKER, &|_, _| true)).collect();
        let mut more = vec![Vec::new(); self.lists.len()];
        for near in &found {
            for &(_, node) in near {
                let others = near.iter().filter(|other| other.1 != node && other.1 >= head);
                let scored = others.map(|other| (self.vectors.score(node, other.1), other.1));
                more[node as usize].extend(scored);
            }
        }
        self.lists.par_iter_mut().zip(more).for_each(|(list, more)| add(list, &more));
    }
}

/// The nearest nodes of each node within a part, without those of the head.
fn nearest(vectors: &Vectors, part: &[u32]) -> Vec<Vec<(f32, u32)>> {
    let head = vectors.head() as u32;
    let rows = table(vectors.rows(), part);
    let accept = |query: usize, row: u32| query != row as usize && part[row as usize] >= head;
    let mut found = Panels::new(&rows).top(rows.values(), PER_PART, &accept);
    for (_, at) in found.iter_mut().flatten() {
        *at = part[*at as usize];
    }
    found
}

/// Merges into a list and keeps the best.
fn add(list: &mut Vec<(f32, u32)>, more: &[(f32, u32)]) {
    list.extend_from_slice(more);
    list.sort_unstable_by(by_score);
    list.dedup_by_key(|one| one.1);
    list.truncate(MOST);
}
