//! The walk through the frozen graph.

use super::columns::{IndexColumns, NO_LINK};
use super::exact::by_score;
use crate::factors::Factors;
use crate::kernel::{dot, prefetch};

/// A walk that scores more than one row in so many is given up: a scan reads rows in order and several times faster.
const GIVE_UP: usize = 4;

/// Scratch memory of a search; reused, it allocates nothing in the long run.
#[derive(Debug, Default)]
pub struct SearchScratch {
    /// The search that saw each row last.
    seen: Vec<u32>,
    epoch: u32,
    pool: Vec<Candidate>,
    found: Vec<(f32, u32)>,
    unseen: Vec<u32>,
}

/// A row that was scored.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    score: f32,
    row: u32,
    is_expanded: bool,
    is_accepted: bool,
}

impl Candidate {
    /// Whether this one comes before another in an answer.
    fn precedes(&self, other: &Self) -> bool {
        by_score(&(self.score, self.row), &(other.score, other.row)).is_lt()
    }
}

impl SearchScratch {
    fn start(&mut self, rows: usize) {
        if self.seen.len() < rows {
            self.seen.resize(rows, 0);
        }
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.seen.fill(0);
            self.epoch = 1;
        }
        self.pool.clear();
        self.found.clear();
    }

    /// Marks a row; whether it was new.
    fn see(&mut self, row: u32) -> bool {
        std::mem::replace(&mut self.seen[row as usize], self.epoch) != self.epoch
    }
}

/// One search.
pub(super) struct Walk<'a> {
    pub(super) columns: &'a IndexColumns,
    pub(super) factors: &'a Factors,
    pub(super) query: &'a [f32],
    pub(super) ef: usize,
    pub(super) accept: &'a dyn Fn(u32) -> bool,
}

impl Walk<'_> {
    /// The best accepted rows, in order; none where a scan would have been cheaper.
    pub(super) fn run<'s>(&self, scratch: &'s mut SearchScratch) -> Option<&'s [(f32, u32)]> {
        scratch.start(self.columns.rows());
        let entry = self.descend();
        scratch.see(entry);
        let mut pool = Pool { candidates: std::mem::take(&mut scratch.pool), accepted: 0 };
        pool.offer(self.score(entry), entry, self);
        let is_done = self.expand_all(&mut pool, scratch);
        let found = pool.candidates.iter().filter(|candidate| candidate.is_accepted);
        scratch.found.extend(found.map(|candidate| (candidate.score, candidate.row)));
        scratch.pool = pool.candidates;
        is_done.then_some(&scratch.found)
    }

    fn score(&self, row: u32) -> f32 {
        self.factors.row(row as usize).map_or(f32::NEG_INFINITY, |factor| dot(self.query, factor))
    }

    /// Climbs greedily through the upper layers.
    fn descend(&self) -> u32 {
        let mut best = (self.score(self.columns.entry), self.columns.entry);
        for layer in (0..self.columns.upper_layers()).rev() {
            while let Some(better) = self.step(layer, best) {
                best = better;
            }
        }
        best.1
    }

    /// The best neighbour on a layer, where it is better.
    fn step(&self, layer: usize, from: (f32, u32)) -> Option<(f32, u32)> {
        let links =
            self.columns.upper_row(layer, from.1).iter().take_while(|link| **link != NO_LINK);
        let best = links.map(|&link| (self.score(link), link)).min_by(by_score)?;
        (best.0 > from.0).then_some(best)
    }

    /// Expands the best unexpanded candidate until none is left; false where that touches too many rows.
    fn expand_all(&self, pool: &mut Pool, scratch: &mut SearchScratch) -> bool {
        let (mut at, mut scored) = (0, 0);
        while let Some(candidate) = pool.candidates.get_mut(at) {
            if candidate.is_expanded {
                at += 1;
                continue;
            }
            candidate.is_expanded = true;
            let row = candidate.row;
            self.look_around(row, scratch);
            scored += scratch.unseen.len();
            if scored * GIVE_UP > self.columns.rows() {
                return false;
            }
            for &row in &scratch.unseen {
                at = at.min(pool.offer(self.score(row), row, self));
            }
            if let Some(next) = pool.candidates.get(at) {
                prefetch(self.columns.row(next.row));
            }
        }
        true
    }

    /// Collects the neighbours that this search has not seen, and has their factors fetched.
    fn look_around(&self, row: u32, scratch: &mut SearchScratch) {
        scratch.unseen.clear();
        for &link in self.columns.row(row) {
            if link == NO_LINK {
                break;
            }
            if scratch.see(link) {
                scratch.unseen.push(link);
                self.factors.row(link as usize).into_iter().for_each(prefetch);
            }
        }
    }
}

/// The candidates in order, ending with the `ef`-th accepted one: the others between them are walked through.
struct Pool {
    candidates: Vec<Candidate>,
    accepted: usize,
}

impl Pool {
    /// Takes a row in where it is good enough; returns its place, or `usize::MAX`.
    fn offer(&mut self, score: f32, row: u32, walk: &Walk<'_>) -> usize {
        let new = Candidate { score, row, is_expanded: false, is_accepted: false };
        let is_full = self.accepted >= walk.ef;
        if is_full && self.candidates.last().is_some_and(|last| !new.precedes(last)) {
            return usize::MAX;
        }
        let is_accepted = (walk.accept)(row);
        let place = self.candidates.partition_point(|candidate| candidate.precedes(&new));
        self.candidates.insert(place, Candidate { is_accepted, ..new });
        self.accepted += usize::from(is_accepted);
        self.trim(walk.ef);
        place
    }

    /// Drops what lies behind the `ef`-th accepted candidate.
    fn trim(&mut self, ef: usize) {
        while self.accepted >= ef {
            match self.candidates.last() {
                Some(last) if !last.is_accepted => {}
                Some(_) if self.accepted > ef => self.accepted -= 1,
                _ => return,
            }
            self.candidates.pop();
        }
    }
}
