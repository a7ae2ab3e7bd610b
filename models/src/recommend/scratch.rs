//! The working memory of a thread.

use super::page::Accumulator;
use crate::index::SearchScratch;
use crate::solver::RowSolver;

/// Working memory of one thread that answers queries. Reused, it stops allocating tables.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) solver: RowSolver,
    pub(super) search: SearchScratch,
    pub(super) sums: Accumulator,
    pub(super) friends: Accumulator,
    pub(super) second_hop: Accumulator,
}
