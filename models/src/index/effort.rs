//! Calibration: measures how many candidates a search must keep, before the index is used.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::ItemIndex;
use super::columns::IndexColumns;
use super::panels::Panels;
use super::search::SearchScratch;
use super::vectors::table;
use crate::factors::Factors;

/// The maximum number of askers that shape a graph; each is compared with all items.
const KNOWN: usize = 10_000;

/// The number of items per asker that shapes a graph.
const ITEMS_PER_ASKER: usize = 10;

/// The number of askers that measure it.
const UNKNOWN: usize = 500;

/// The number of nearest items to find.
const K: usize = 10;

/// The values of `ef` to try, until the recall suffices.
const EFS: [u32; 10] = [16, 24, 32, 48, 64, 96, 128, 192, 256, 384];

/// The minimum recall; a graph below it is not used.
const LEAST: f32 = 0.95;

/// Askers for the builder, and others for the measurement.
pub(super) struct Sample {
    pub(super) known: Factors,
    pub(super) unknown: Factors,
}

impl Sample {
    /// Samples evenly from the askers that have a direction. Every second one measures; without
    /// any, items do.
    pub(super) fn new(items: &Factors, askers: &Factors) -> Self {
        let rows = if askers.dim() == items.dim() { with_direction(askers) } else { Vec::new() };
        let half =
            |first: usize| -> Vec<u32> { rows.iter().copied().skip(first).step_by(2).collect() };
        let (known, unknown) = (half(0), half(1));
        let most = KNOWN.min(items.rows() / ITEMS_PER_ASKER);
        let unknown = if unknown.is_empty() {
            table(items, &evenly(&with_direction(items), UNKNOWN))
        } else {
            table(askers, &evenly(&unknown, UNKNOWN))
        };
        Self { known: table(askers, &evenly(&known, most)), unknown }
    }
}

/// The rows that are not all zero.
fn with_direction(table: &Factors) -> Vec<u32> {
    let has_direction = |row: &u32| {
        table.row(*row as usize).is_some_and(|row| row.iter().any(|value| *value != 0.0))
    };
    (0..table.rows() as u32).filter(has_direction).collect()
}

/// At most `most` of the rows, at equal distances.
fn evenly(rows: &[u32], most: usize) -> Vec<u32> {
    let n = rows.len().min(most);
    (0..n).map(|at| rows[at * rows.len() / n]).collect()
}

/// The index with the smallest `ef` that finds `recall` of the exact top 10 of `queries`. It has no
/// graph if no `ef` suffices.
pub(super) fn measured(
    index: ItemIndex,
    factors: &Factors,
    queries: &Factors,
    recall: f32,
) -> ItemIndex {
    if index.is_exact() || queries.rows() == 0 {
        return index;
    }
    let panels = Panels::new(factors);
    let exact = panels.top(queries.values(), K, &|_, _| true);
    let found = |ef: u32| (ef, share_found(&index, factors, queries, ef as usize, &exact));
    let mut tried = EFS.into_iter().map(found);
    let enough = tried.by_ref().find(|one| one.1 >= recall);
    let best = enough.unwrap_or_else(|| found(EFS[EFS.len() - 1]));
    if best.1 < LEAST.min(recall) {
        return ItemIndex::default();
    }
    let (ef, recall) = best;
    ItemIndex { columns: IndexColumns { ef, recall, ..index.columns }, ..index }
}

/// The share of the exact results that searches find.
fn share_found(
    index: &ItemIndex,
    factors: &Factors,
    queries: &Factors,
    ef: usize,
    exact: &[Vec<(f32, u32)>],
) -> f32 {
    let hits = AtomicUsize::new(0);
    let queries = queries.values().par_chunks_exact(queries.dim()).zip(exact);
    queries.for_each_init(SearchScratch::default, |scratch, (query, exact)| {
        let found = index.search(factors, query, K, ef, &|_| true, scratch);
        let is_found = |one: &&(f32, u32)| found.iter().any(|other| other.1 == one.1);
        hits.fetch_add(exact.iter().filter(is_found).count(), Ordering::Relaxed);
    });
    let all: usize = exact.iter().map(Vec::len).sum();
    hits.into_inner() as f32 / all.max(1) as f32
}
