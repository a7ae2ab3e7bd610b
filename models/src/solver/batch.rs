//! Many rows at once: sixteen small systems are factored side by side, one in each lane of the vectors.
//!
//! A system of twenty unknowns is too small to keep a processor busy: every pivot waits for the one before it. Sixteen of them,
//! interleaved number by number, have no such waits and need no sums across lanes. What is left are the products that make the
//! systems, and the fetching of rows. The answers are those of [`RowSolver`] up to rounding, whatever rows share a batch.

use super::{PIVOT_FLOOR, RowProblem, RowSolver};
use crate::factors::Factors;
use crate::kernel::{self, LANES, PANEL};

/// Systems with more unknowns than this are solved one by one: they are large enough by themselves.
const LARGEST: usize = 64;

/// How many rows the primal system takes in at a time.
const BLOCK: usize = 8 * PANEL;

/// A row with what is its own in the spectrum.
#[derive(Clone, Copy, Debug)]
pub struct BatchRow<'a> {
    /// What is solved.
    pub problem: RowProblem<'a>,
    /// What the spectrum is multiplied with in this row (`b_i`).
    pub scale: f32,
}

/// Scratch memory for solving rows; reused, it allocates nothing in the long run.
#[derive(Debug, Default)]
pub struct BatchSolver {
    /// The matrices of the lanes, one after another, each row-major.
    matrices: Vec<f32>,
    /// The same, interleaved.
    lanes: Vec<f32>,
    /// Right sides and answers, interleaved.
    right: Vec<f32>,
    /// Diagonals before and pivots after factoring, interleaved.
    diagonals: Vec<f32>,
    pivots: Vec<f32>,
    /// From what the roots of the lane before were made.
    last: (f32, f32),
    /// Per lane: `D^1/2`, `b`, and the residuals `r`.
    roots: Vec<f32>,
    offsets: Vec<f32>,
    residuals: Vec<f32>,
    /// Per row of a gathered block: the root of its confidence, or its share in the answer.
    weights: Vec<f32>,
    panel: Vec<f32>,
    sums: Vec<f32>,
    transposed: Vec<f32>,
    order: Vec<(usize, usize)>,
    spectrum: Vec<f32>,
    single: RowSolver,
}

/// A batch: rows whose systems have the same padded size.
#[derive(Clone, Copy)]
struct Batch<'a> {
    factors: &'a Factors,
    spectrum: &'a [f32],
    rows: &'a [BatchRow<'a>],
    /// Which rows are in the lanes, with their class.
    members: &'a [(usize, usize)],
    size: usize,
    is_dual: bool,
}

impl Batch<'_> {
    fn row(&self, lane: usize) -> &BatchRow<'_> {
        &self.rows[self.members[lane].1]
    }
}

impl BatchSolver {
    /// Solves all rows: `out` takes `dim` numbers for each, `objectives` the least value of the row problem (without priors).
    ///
    /// Finite whatever the confidences are, and independent of which rows are solved together.
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
        order.extend(rows.iter().enumerate().map(|(at, row)| (class(row, factors.dim()), at)));
        // Rows of one length beside each other: they need the same pivots, and mostly the same roots.
        order.sort_unstable_by_key(|&(class, at)| (class, rows[at].problem.items.len(), at));
        for same in order.chunk_by(|a, b| a.0 == b.0) {
            let class = same[0].0;
            for members in same.chunks(LANES) {
                let (size, is_dual) =
                    if class == PRIMAL { (factors.dim(), false) } else { (class, true) };
                let batch = Batch { factors, spectrum, rows, members, size, is_dual };
                if class == ALONE {
                    self.solve_alone(batch, out, objectives);
                } else {
                    self.solve_batch(batch, out, objectives);
                }
            }
        }
        self.order = order;
    }

    fn solve_alone(&mut self, batch: Batch<'_>, out: &mut [f32], objectives: &mut [f64]) {
        let dim = batch.factors.dim();
        for lane in 0..batch.members.len() {
            let at = batch.members[lane].1;
            objectives[at] = self.solve_one(batch, lane, &mut out[at * dim..(at + 1) * dim]);
        }
    }

    /// Solves the row of one lane by itself.
    fn solve_one(&mut self, batch: Batch<'_>, lane: usize, out: &mut [f32]) -> f64 {
        let row = batch.row(lane);
        self.spectrum.clear();
        self.spectrum.extend(batch.spectrum.iter().map(|g| row.scale * g));
        self.single.solve(batch.factors, &self.spectrum, &row.problem, out);
        objective(batch.factors, &self.spectrum, &row.problem, out)
    }

    fn solve_batch(&mut self, batch: Batch<'_>, out: &mut [f32], objectives: &mut [f64]) {
        let size = batch.size;
        self.matrices.resize(LANES * size * size, 0.0);
        self.right.clear();
        self.right.resize(size * LANES, 0.0);
        self.residuals.clear();
        for lane in 0..batch.members.len() {
            fetch(batch, lane + 1);
            self.prepare(batch, lane);
        }
        self.lanes.resize(size * size * LANES, 0.0);
        kernel::interleave(&self.matrices, size, &mut self.lanes);
        self.factor(batch);
        for lane in 0..batch.members.len() {
            let at = batch.members[lane].1;
            let dim = batch.factors.dim();
            let out = &mut out[at * dim..(at + 1) * dim];
            objectives[at] =
                if self.is_sound(batch, lane) { self.write(batch, lane, out) } else { f64::NAN };
            if !(objectives[at].is_finite() && out.iter().all(|value| value.is_finite())) {
                objectives[at] = self.solve_one(batch, lane, out);
            }
        }
    }

    /// Makes the matrix and the right side of one lane.
    fn prepare(&mut self, batch: Batch<'_>, lane: usize) {
        let row = *batch.row(lane);
        let dim = batch.factors.dim();
        self.roots.resize(LANES * dim, 0.0);
        self.offsets.resize(LANES * dim, 0.0);
        let flat = row.problem.ridge + row.problem.prior();
        let (known, root) = self.roots.split_at_mut(lane * dim);
        let root = &mut root[..dim];
        if lane > 0 && self.last == (row.scale, flat) {
            root.copy_from_slice(&known[(lane - 1) * dim..]);
        } else {
            for (root, g) in root.iter_mut().zip(batch.spectrum) {
                *root = (row.scale * g + flat).sqrt().recip();
            }
        }
        self.last = (row.scale, flat);
        let offset = &mut self.offsets[lane * dim..(lane + 1) * dim];
        offset.fill(0.0);
        if row.problem.has_prior() {
            for ((b, root), m) in offset.iter_mut().zip(root).zip(row.problem.prior_mean) {
                *b = *root * *root * row.problem.prior_strength * m;
            }
        }
        if batch.is_dual {
            self.prepare_dual(batch, lane);
        } else {
            self.prepare_primal(batch, lane);
        }
    }

    fn prepare_dual(&mut self, batch: Batch<'_>, lane: usize) {
        let (size, dim) = (batch.size, batch.factors.dim());
        let n = batch.row(lane).problem.items.len();
        self.transposed.resize(dim * size, 0.0);
        self.panel.resize(PANEL * dim, 0.0);
        for from in (0..size).step_by(PANEL) {
            self.gather(batch, lane, from, PANEL);
            kernel::transpose(&self.panel, &mut self.transposed, size, from);
        }
        let matrix = &mut self.matrices[lane * size * size..(lane + 1) * size * size];
        let pivots = n.next_multiple_of(4);
        kernel::gram(&self.transposed, pivots, matrix, size);
        // Lanes with more unknowns go on here: nothing but zeros may be found.
        matrix[pivots * size..].fill(0.0);
        let residuals = &self.residuals[self.residuals.len() - size..];
        for (at, residual) in residuals.iter().take(n).enumerate() {
            self.right[at * LANES + lane] = *residual;
        }
    }

    fn prepare_primal(&mut self, batch: Batch<'_>, lane: usize) {
        let dim = batch.factors.dim();
        let n = batch.row(lane).problem.items.len();
        let matrix = lane * dim * dim..(lane + 1) * dim * dim;
        let mut right = std::mem::take(&mut self.sums);
        right.clear();
        right.resize(dim, 0.0);
        let mut squares = 0.0;
        for from in (0..n).step_by(BLOCK) {
            let height = BLOCK.min(n - from);
            self.panel.resize(BLOCK * dim, 0.0);
            let first = self.residuals.len();
            self.gather(batch, lane, from, height);
            let rows = &self.panel[..height * dim];
            let sum = if from == 0 { kernel::gram } else { kernel::add_gram };
            sum(rows, dim, &mut self.matrices[matrix.clone()], dim);
            for (row, residual) in rows.chunks_exact(dim).zip(&self.residuals[first..]) {
                kernel::axpy(*residual, row, &mut right);
                squares += residual * residual;
            }
            self.residuals.truncate(first);
        }
        for (at, value) in right.iter().enumerate() {
            self.right[at * LANES + lane] = *value;
        }
        // What the objective will need: the right side, and the squares of the residuals.
        self.residuals.extend_from_slice(&right);
        self.residuals.push(squares);
        self.sums = right;
    }

    /// Fills `height` rows of the panel with `C^1/2 y D^1/2` of the items from `from` on, zeros where there are no more, and adds
    /// their residuals `C^1/2 (t - y b)` to those there are.
    fn gather(&mut self, batch: Batch<'_>, lane: usize, from: usize, height: usize) {
        let (row, dim) = (batch.row(lane).problem, batch.factors.dim());
        let items = &row.items[from.min(row.items.len())..];
        let items = &items[..items.len().min(height)];
        self.weights.clear();
        self.weights.extend((0..items.len()).map(|at| row.confidence(from + at).sqrt()));
        for &item in row.items.iter().skip(from + height).take(PANEL) {
            batch.factors.row(item as usize).into_iter().for_each(kernel::prefetch);
        }
        let root = &self.roots[lane * dim..(lane + 1) * dim];
        let panel = &mut self.panel[..height * dim];
        kernel::gather(batch.factors.values(), items, &self.weights, root, panel);
        let offset = &self.offsets[lane * dim..(lane + 1) * dim];
        let explained = |item: u32| match batch.factors.row(item as usize) {
            Some(factor) if row.has_prior() => kernel::dot(factor, offset),
            _ => 0.0,
        };
        let rows = items.iter().zip(&self.weights).enumerate();
        let residuals =
            rows.map(|(at, (&item, weight))| weight * (row.target(from + at) - explained(item)));
        self.residuals.extend(residuals);
        self.residuals.resize(self.residuals.len() + height - items.len(), 0.0);
    }

    fn factor(&mut self, batch: Batch<'_>) {
        let size = batch.size;
        let lengths = (0..batch.members.len()).map(|lane| batch.row(lane).problem.items.len());
        let pivots = if batch.is_dual { lengths.max().unwrap_or(0) } else { size };
        self.diagonals.clear();
        for at in 0..pivots {
            let diagonal = &mut self.lanes[(at * size + at) * LANES..][..LANES];
            for value in diagonal.iter_mut() {
                *value += 1.0;
            }
            self.diagonals.extend_from_slice(diagonal);
        }
        self.pivots.resize(pivots * LANES, 0.0);
        kernel::solve_lanes(&mut self.lanes, size, &mut self.pivots, &mut self.right);
    }

    /// Whether no pivot of a lane lost too many digits.
    fn is_sound(&self, batch: Batch<'_>, lane: usize) -> bool {
        let dim = batch.factors.dim();
        let root = &self.roots[lane * dim..(lane + 1) * dim];
        let of_lane = |values: &'_ [f32], at: usize| values[at * LANES + lane];
        let n = self.pivots.len() / LANES;
        // Written so that what is not a number is not sound.
        (0..n).all(|at| {
            let pivot = of_lane(&self.pivots, at);
            pivot > PIVOT_FLOOR * of_lane(&self.diagonals, at) && pivot < f32::INFINITY
        }) && root.iter().all(|root| *root < 1e12)
    }

    /// Writes the answer of a lane; returns the objective.
    fn write(&mut self, batch: Batch<'_>, lane: usize, out: &mut [f32]) -> f64 {
        let (row, dim) = (batch.row(lane).problem, batch.factors.dim());
        let answer = |at: usize| self.right[at * LANES + lane];
        let root = &self.roots[lane * dim..(lane + 1) * dim];
        let offset = &self.offsets[lane * dim..(lane + 1) * dim];
        if batch.is_dual {
            let residuals = &self.residuals[lane * batch.size..(lane + 1) * batch.size];
            let n = row.items.len();
            self.weights.clear();
            self.weights.extend((0..n).map(|at| row.confidence(at).sqrt() * answer(at)));
            kernel::combine(batch.factors.values(), row.items, &self.weights, out);
            for ((out, root), b) in out.iter_mut().zip(root).zip(offset) {
                *out = b + root * root * *out;
            }
            return (0..n).map(|at| f64::from(residuals[at]) * f64::from(answer(at))).sum();
        }
        let kept = &self.residuals[lane * (dim + 1)..(lane + 1) * (dim + 1)];
        let explained: f64 = (0..dim).map(|at| f64::from(kept[at]) * f64::from(answer(at))).sum();
        for (at, ((out, root), b)) in out.iter_mut().zip(root).zip(offset).enumerate() {
            *out = b + root * answer(at);
        }
        f64::from(kept[dim]) - explained
    }
}

/// Fetches what the row of a lane gathers first.
fn fetch(batch: Batch<'_>, lane: usize) {
    let Some(&(_, at)) = batch.members.get(lane) else { return };
    for &item in batch.rows[at].problem.items.iter().take(PANEL) {
        batch.factors.row(item as usize).into_iter().for_each(kernel::prefetch);
    }
}

/// Rows that are solved one by one.
const ALONE: usize = 0;
/// Rows with more items than dimensions.
const PRIMAL: usize = usize::MAX;

/// The padded size of a row's system, or how else it is solved.
fn class(row: &BatchRow<'_>, dim: usize) -> usize {
    let n = row.problem.items.len();
    match n {
        0 => ALONE,
        _ if n <= dim && n <= LARGEST => n.next_multiple_of(PANEL),
        _ if n > dim && dim <= LARGEST => PRIMAL,
        _ => ALONE,
    }
}

/// `sum c (t - x.y)^2 + sum g x^2 + l |x|^2`.
fn objective(factors: &Factors, spectrum: &[f32], problem: &RowProblem<'_>, x: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (at, &item) in problem.items.iter().enumerate() {
        let product = factors.row(item as usize).map_or(0.0, |row| kernel::dot(x, row));
        let error = f64::from(problem.target(at) - product);
        sum += f64::from(problem.confidence(at)) * error * error;
    }
    let flat = f64::from(problem.ridge);
    let penalty =
        x.iter().zip(spectrum).map(|(x, g)| (f64::from(*g) + flat) * f64::from(*x) * f64::from(*x));
    sum + penalty.sum::<f64>()
}
