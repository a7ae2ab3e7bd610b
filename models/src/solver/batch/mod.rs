//! Batched solving: sixteen small systems are factored at once, one per vector lane.
//!
//! A system of twenty unknowns is too small to keep a processor busy, because every pivot waits for
//! the one before it. Sixteen interleaved systems have no such waits and need no sums across lanes.
//! The solutions equal those of [`RowSolver`] up to rounding, for any grouping of rows into
//! batches.

mod dual;
mod penalty;
mod primal;
mod systems;

use super::{RowProblem, RowSolver};
use crate::factors::Factors;
use crate::kernel::{self, LANES};
use dual::Dual;
use penalty::Penalty;
use primal::Primal;
use systems::Systems;

/// The maximum number of unknowns of a batched system. Larger ones are big enough to be solved one
/// by one.
const LARGEST: usize = 128;

/// A row with its own scale of the spectrum.
#[derive(Clone, Copy, Debug)]
pub struct BatchRow<'a> {
    /// The problem to solve.
    pub problem: RowProblem<'a>,
    /// The factor of the spectrum in this row (`b_i`).
    pub scale: f32,
}

/// Scratch memory for solving rows; once grown, it is reused without allocations.
#[derive(Debug, Default)]
pub struct BatchSolver {
    penalty: Penalty,
    dual: Dual,
    primal: Primal,
    systems: Systems,
    /// `z` or `W' z`, by lane.
    answers: Vec<f32>,
    order: Vec<Member>,
    single: RowSolver,
}

/// A row of the call: its length in the high half, its index in the low half.
///
/// Sorted, rows of one class are adjacent and mostly of equal length, so they need the same pivots
/// and ridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Member(u64);

impl Member {
    fn new(length: usize, row: usize) -> Self {
        Self((length as u64) << u32::BITS | row as u64)
    }

    fn length(self) -> usize {
        (self.0 >> u32::BITS) as usize
    }

    fn row(self) -> usize {
        self.0 as u32 as usize
    }
}

/// The method that solves a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Solved one by one.
    Alone,
    /// Batched, with one unknown per item.
    Dual,
    /// Batched, with one unknown per dimension.
    Primal,
}

impl Class {
    fn of(n: usize, dim: usize) -> Self {
        match n {
            0 => Self::Alone,
            _ if n <= dim && n <= LARGEST => Self::Dual,
            _ if n > dim && dim <= LARGEST => Self::Primal,
            _ => Self::Alone,
        }
    }
}

/// Rows whose systems are built in the same way, at most one per lane.
#[derive(Clone, Copy)]
struct Batch<'a> {
    factors: &'a Factors,
    spectrum: &'a [f32],
    rows: &'a [BatchRow<'a>],
    /// The rows in the lanes.
    members: &'a [Member],
    /// The rows after the batch.
    following: &'a [Member],
    class: Class,
}

impl<'a> Batch<'a> {
    fn row(&self, lane: usize) -> &'a BatchRow<'a> {
        &self.rows[self.members[lane].row()]
    }

    /// The number of unknowns of the largest dual system, rounded up to a multiple of 4; smaller
    /// systems are padded to it.
    fn unknowns(&self) -> usize {
        let longest = self.members.iter().map(|member| member.length()).max().unwrap_or(0);
        longest.next_multiple_of(4)
    }
}

impl BatchSolver {
    /// Solves all rows. `out` takes `dim` numbers per row, `objectives` the minimum of each row
    /// problem (without priors).
    ///
    /// The results are finite for any confidences, and independent of the grouping of rows.
    pub fn solve(
        &mut self,
        factors: &Factors,
        spectrum: &[f32],
        rows: &[BatchRow<'_>],
        out: &mut [f32],
        objectives: &mut Vec<f64>,
    ) {
        objectives.clear();
        objectives.resize(rows.len(), 0.0);
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend(
            rows.iter()
                .enumerate()
                .map(|(row, batch_row)| Member::new(batch_row.problem.items.len(), row)),
        );
        order.sort_unstable();
        let class_of = |member: Member| Class::of(member.length(), factors.dim());
        let mut left = &order[..];
        while let Some(first) = left.first() {
            let class = class_of(*first);
            let same = left.iter().take(LANES).take_while(|member| class_of(**member) == class);
            let (members, following) = left.split_at(same.count());
            let batch = Batch { factors, spectrum, rows, members, following, class };
            self.solve_batch(batch, out, objectives);
            left = following;
        }
        self.order = order;
    }

    fn solve_batch(&mut self, batch: Batch<'_>, out: &mut [f32], objectives: &mut [f64]) {
        let least = match batch.class {
            Class::Alone => [f32::NAN; LANES],
            Class::Dual | Class::Primal => self.solve_lanes(batch),
        };
        let dim = batch.factors.dim();
        for (lane, member) in batch.members.iter().enumerate() {
            let row = member.row();
            let out = &mut out[row * dim..(row + 1) * dim];
            objectives[row] = if least[lane].is_finite() && self.write(lane, out) {
                f64::from(least[lane])
            } else {
                self.single.solve_row(batch.factors, batch.spectrum, batch.row(lane), out)
            };
        }
    }

    /// Solves the systems of a batch. Returns the objectives, NaN if single precision was too
    /// coarse.
    fn solve_lanes(&mut self, batch: Batch<'_>) -> [f32; LANES] {
        let Self { penalty, dual, primal, systems, answers, .. } = self;
        penalty.prepare(batch);
        answers.resize(LANES * batch.factors.dim(), 0.0);
        let least = match batch.class {
            Class::Dual => dual.solve(batch, penalty, systems, answers),
            _ => primal.solve(batch, penalty, systems, answers),
        };
        let is_sound = systems.sound();
        let judged = |lane| is_sound[lane] && penalty.is_sound(lane);
        std::array::from_fn(|lane| if judged(lane) { least[lane] } else { f32::NAN })
    }

    /// Writes the solution of a lane. Returns false if it is not finite.
    fn write(&self, lane: usize, out: &mut [f32]) -> bool {
        let answers = &self.answers[lane * out.len()..(lane + 1) * out.len()];
        kernel::add_scaled(self.penalty.offset(lane), self.penalty.root(lane), answers, out)
    }
}
